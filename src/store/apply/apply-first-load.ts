import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { ClaimedRun } from '../claim-run.ts';
import type { ListedCounts } from '../count-listed.ts';
import { applyOnce, type CompleteNight } from './apply-night.ts';
import type { WalkFigures } from './close-run.ts';
import type { ApplyContext } from './context.ts';
import type { Covers } from './cover.ts';

/** What a first load has written before the night is applied, in the same transaction. */
export interface Loaded {
  readonly covers: Covers;
  /** How many artifacts. */
  readonly rows: number;
  /** Over all that was listed. */
  readonly counts: ListedCounts;
}

/**
 * Applies a night whose artifacts are there already: what a first load has written into the transaction of `client` while
 * the walk was reading. All else is done as in applyNight, and the transaction is over.
 *
 * @returns false where the run was taken over or closed meanwhile: nothing was written
 * @throws the driver's error; nothing was written, unless it came with the answer to COMMIT
 */
export async function applyFirstLoad(
  client: pg.PoolClient,
  run: ClaimedRun,
  context: ApplyContext,
  night: CompleteNight,
  walk: WalkFigures,
  { covers, rows, counts }: Loaded,
): Promise<boolean> {
  // The apply waits for its turn, as any other does.
  await client.query('SET LOCAL lock_timeout TO DEFAULT');
  const begun = { covers, added: rows, counts };
  const isApplied = await applyOnce(drizzle(client), run, context, { night, walk, counted: null, begun });
  await client.query(isApplied ? 'COMMIT' : 'ROLLBACK');
  return isApplied;
}
