import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { artifacts, downloadObservations } from '../schema.ts';
import { MARK_AGAIN } from './load-rows.ts';

/** Pages that a load has written, and that it has to do without. */
export interface Doubles {
  readonly asked: readonly number[];
  /** How many rows of the load were theirs. */
  readonly rows: number;
}

const NONE: Doubles = { asked: [], rows: 0 };

/**
 * Takes the pages back out of a load that list what another page lists too: which of the two readings counts, the merge of
 * what is staged decides (listedBy). The others are staged already, because an artifact is loaded only once.
 *
 * @param client the load's own connection
 */
export async function takeDoublesBack(client: pg.PoolClient, runId: string): Promise<Doubles> {
  const db = drizzle(client);
  const staged = await db.execute(
    sql`SELECT FROM mirror.staged_artifacts WHERE run_id = ${runId}::bigint AND id IS NOT NULL LIMIT 1`,
  );
  if (staged.rows.length === 0) return NONE;
  const { rows } = await db.execute<{ asked: number }>(sql`
    SELECT asked
    FROM mirror.staged_pages AS page
    WHERE run_id = ${runId}::bigint AND kept IS NOT NULL AND EXISTS (
      SELECT FROM unnest(page.settled) AS item (id)
      -- IS TRUE keeps it a look into a table of hashes: a join may go through all that is staged for each item.
      WHERE (item.id IN (
        SELECT id FROM mirror.staged_artifacts WHERE run_id = ${runId}::bigint AND id IS NOT NULL
      )) IS TRUE
    )
    ORDER BY asked`);
  if (rows.length === 0) return NONE;
  const asked = rows.map((row) => row.asked);
  const ids = sql`ARRAY(
    SELECT unnest(settled) FROM mirror.staged_pages
    WHERE run_id = ${runId}::bigint AND asked = ANY (${sql.param(asked)}::integer[])
  )`;
  await db.execute(
    sql`DELETE FROM ${downloadObservations} WHERE artifact_id = ANY (${ids}) AND run_id = ${runId}::bigint`,
  );
  const { rowCount } = await db.execute(
    sql`DELETE FROM ${artifacts} WHERE id = ANY (${ids}) AND first_run_id = ${runId}::bigint`,
  );
  // Going back for a page that comes later is not to bring them back.
  await client.query(MARK_AGAIN);
  return { asked, rows: rowCount ?? 0 };
}
