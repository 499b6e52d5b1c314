import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { type History, writeHistory } from './history.ts';
import { expectedMovers } from './movers-oracle.ts';
import { useScratch } from './scratch.ts';
import { type Plan, plans, simulate } from './simulation.ts';

const scratch = useScratch();

/** The same nights further apart, so that they reach over four windows, and far beyond them. */
function stretched(plan: Plan, factor: number): Plan {
  const first = Date.parse(plan.runs[0]?.day ?? '');
  const stretch = (day: string) => new Date(first + (Date.parse(day) - first) * factor).toISOString().slice(0, 10);
  return { ...plan, runs: plan.runs.map((run) => ({ ...run, day: stretch(run.day) })) };
}

/** Counters that rise from sight to sight, so that windows without a reset are common: only a 0 is a fall. */
function rising(plan: Plan): Plan {
  const artifacts = plan.artifacts.map((artifact) => {
    let count = 0;
    const sights = artifact.sights.map((sight) => {
      if (typeof sight !== 'number') return sight;
      count = sight === 0 ? 0 : count + sight;
      return count;
    });
    return { ...artifact, sights };
  });
  return { ...plan, artifacts };
}

/** Asks within a savepoint, so that one transaction serves all histories; planned once, which takes longer than to run. */
async function askOnce(history: History): Promise<unknown[][]> {
  await scratch.client.query('SAVEPOINT history');
  try {
    await writeHistory(scratch.client, history);
    const { rows } = await scratch.client.query({
      name: 'movers',
      text: `SELECT name, organization, window_days, downloads::integer, previous_downloads::integer, change::integer
             FROM report.movers ORDER BY name COLLATE "C", window_days`,
      rowMode: 'array',
    });
    return rows;
  } finally {
    await scratch.client.query('ROLLBACK TO SAVEPOINT history');
  }
}

describe.skipIf(!postgresAvailable)('report.movers, over any history', () => {
  it('has the rows, and no other, that the counters on the days of each window give', { timeout: 60_000 }, async () => {
    const seen = { known: 0, unknown: 0, previous: 0, ofMany: 0 };
    await fc.assert(
      fc.asyncProperty(
        plans(['acme', 'bob'], { minRuns: 3 }),
        fc.constantFrom(1, 2, 3, 4, 12),
        fc.nat(2),
        async (plan, factor, grouping) => {
          const { history, expected } = simulate(stretched(rising(plan), factor));
          // The simulation gives each artifact a name; here they share names and are versions of few models.
          const versions = history.artifacts.map((artifact, index) => {
            const name = artifact.name ?? '';
            const owner = name.slice(0, name.indexOf('/'));
            const model = `${owner}/${grouping === 0 ? index : 'model'}`;
            return {
              artifact: { ...artifact, name: model, version: String(index) },
              owner,
              rows: expected.filter((row) => row.name === name),
            };
          });
          const rows = await askOnce({ ...history, artifacts: versions.map(({ artifact }) => artifact) });
          const movers = [...expectedMovers(history.runs, versions)];
          for (const { name, downloads, previous_downloads: previous } of movers) {
            seen[downloads === null ? 'unknown' : 'known'] += 1;
            if (previous !== null) seen.previous += 1;
            if (downloads !== null && versions.filter(({ artifact }) => artifact.name === name).length > 1)
              seen.ofMany += 1;
          }
          expect(rows).toEqual(
            movers
              .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.window_days - b.window_days))
              .map(({ name, organization, window_days, downloads, previous_downloads: previous }) => [
                name,
                organization,
                window_days,
                downloads,
                previous,
                downloads === null || previous === null ? null : downloads - previous,
              ]),
          );
        },
      ),
      { numRuns: 600 },
    );
    // Enough of each was met that agreeing means something.
    expect(Math.min(seen.known, seen.unknown, seen.previous, seen.ofMany)).toBeGreaterThan(20);
  });
});
