import type pg from 'pg';

/**
 * Whether two answers of a run show that the list changed between them: an item that one of them lists, inside what the
 * other one covers and not on it. Only pairs with an extra read in them are looked at, in both directions. Items without
 * an id or a created_at show nothing.
 */
export async function showsChange(client: pg.PoolClient, runId: string): Promise<boolean> {
  const { rows } = await client.query<{ changed: boolean }>(
    `SELECT EXISTS (
       SELECT
       FROM mirror.staged_pages AS one
       JOIN mirror.staged_artifacts AS item ON item.run_id = $1 AND item.asked = one.asked
       JOIN mirror.staged_pages AS other
         ON other.run_id = $1 AND other.asked <> one.asked AND (one.pass IS NULL OR other.pass IS NULL)
         AND other.covers_after < item.created_at AND item.created_at < other.covers_before
       WHERE one.run_id = $1 AND item.id IS NOT NULL
         AND NOT EXISTS (
           SELECT FROM mirror.staged_artifacts AS same
           WHERE same.run_id = $1 AND same.asked = other.asked AND same.id = item.id
         )
     ) AS changed`,
    [runId],
  );
  return rows[0]?.changed ?? false;
}
