import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { ClaimedRun, RunIdentity } from '../claim-run.ts';
import { countListed, type ListedCounts } from '../count-listed.ts';

/**
 * The counts of a run over what its first load has written and what is staged beside that. Whatever is loaded has an id of
 * its own, so that nothing needs to be looked at as long as nothing else is staged. Before the load there was nothing in
 * the scope.
 *
 * @param client the load's own connection
 * @param rows how many artifacts the load has written
 */
export async function countLoaded(
  client: pg.PoolClient,
  { runId }: ClaimedRun,
  scope: RunIdentity,
  rows: number,
): Promise<ListedCounts> {
  const { rows: others } = await client.query<{ any: boolean }>(
    `SELECT EXISTS (SELECT FROM mirror.staged_artifacts WHERE run_id = $1)
         OR EXISTS (SELECT FROM mirror.staged_pages WHERE run_id = $1 AND kept IS NULL AND cardinality(settled) > 0) AS any`,
    [runId],
  );
  if (others[0]?.any === false) {
    return { listed: rows, readings: rows, unsettled: 0, outside: 0, current: 0, unlisted: 0, lost: 0 };
  }
  return { ...(await countListed(drizzle(client), runId, scope)), current: 0 };
}
