import type pg from 'pg';
import { countOf } from '../../src/terminal/format.ts';
import { countStaged } from '../../test/end-to-end/state-of-mirror.ts';
import type { TrailedRun } from '../trail.ts';
import { type Check, some } from './check.ts';

/** No two runs of one listing were open together, by the order of PostgreSQL's own transactions. */
export function checkOverlaps(runs: readonly TrailedRun[]): Check {
  const lastOf = new Map<string, TrailedRun>();
  const problems: string[] = [];
  for (const run of runs) {
    const before = lastOf.get(run.listing);
    if (before !== undefined && (before.closedAt === null || before.closedAt > run.openedAt)) {
      problems.push(`run ${run.id} of ${run.listing} was opened before run ${before.id} was closed`);
    }
    lastOf.set(run.listing, run);
  }
  return {
    claim: 'no two runs of one listing were open together',
    lookedAt: countOf(runs.length, 'run'),
    problems: some(problems),
  };
}

/** Nothing is left of a run that is over, and no run is left open. */
export async function checkLeftovers(pool: pg.Pool, runs: readonly TrailedRun[]): Promise<Check> {
  const problems = runs
    .filter(({ state }) => state === 'running')
    .map(({ id, listing }) => `run ${id} of ${listing} is still running`);
  const staged = await countStaged(pool);
  if (staged > 0) problems.push(`${countOf(staged, 'row')} are left in the staging tables`);
  return {
    claim: 'no run is left running, and staging is empty',
    lookedAt: countOf(runs.length, 'run'),
    problems: some(problems),
  };
}
