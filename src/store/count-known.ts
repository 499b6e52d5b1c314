import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { ListedCounts } from './count-listed.ts';
import { artifacts } from './schema.ts';
import { isInScope, type Scope } from './scope.ts';

/**
 * The counts of a run that has listed nothing but known pages (enterKnown) without looking at any id again: where their
 * stretches do not touch, each artifact was listed once, and where nothing stands in the scope between them, nothing is
 * unlisted, since nothing comes into the scope of a run that is active. What was taken out of it meanwhile is not counted:
 * `current` is what it was when the pages were entered, and the apply looks whether it still is.
 *
 * @returns null where that cannot be said: then each must be counted
 */
export async function countKnown(
  db: Pick<NodePgDatabase, 'execute'>,
  runId: string,
  scope: Scope,
): Promise<ListedCounts | null> {
  const { rows } = await db.execute<{ listed: number | null }>(sql`
    WITH page AS MATERIALIZED (
      SELECT
        first, last, items, is_known,
        max(last) OVER (ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_before
      FROM (
        SELECT
          is_known, (summary ->> 'items')::integer AS items, (summary ->> 'first')::timestamptz AS first,
          (summary ->> 'last')::timestamptz AS last
        FROM mirror.staged_pages
        WHERE run_id = ${runId}::bigint
      ) AS staged
    ), listed AS MATERIALIZED (
      SELECT sum(items)::integer AS items, max(last) AS last
      FROM page
      HAVING bool_and(is_known AND (last_before IS NULL OR last_before < first))
    ), gap AS (
      SELECT coalesce(last_before, '-infinity') AS after, first AS before FROM page
      UNION ALL
      SELECT last, 'infinity' FROM listed
    )
    SELECT CASE
      WHEN NOT EXISTS (
        SELECT FROM gap
        CROSS JOIN LATERAL (
          SELECT FROM ${artifacts} AS artifact
          WHERE ${isInScope(scope)} AND artifact.created_at > gap.after AND artifact.created_at < gap.before
          LIMIT 1
        ) AS artifact
      ) THEN items
    END AS listed
    FROM listed`);
  const listed = rows[0]?.listed ?? null;
  if (listed === null) return null;
  return { listed, readings: listed, unsettled: 0, current: listed, unlisted: 0, lost: 0 };
}
