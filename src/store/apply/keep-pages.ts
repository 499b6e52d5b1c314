import { sql } from 'drizzle-orm';
import { knownPages } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';

/** Fewer are read as soon as they are looked up. */
const FEWEST_PAGES = 8;

/**
 * Keeps what the next run may know the pages of the list by, once a certified run has ended all that it did not list: of
 * the pages that were not known, those in whose stretch, from the first item to the last, nothing stands in the scope but
 * what they list, as they list it. That is so where no other read of the run reaches into the stretch, and no bad record
 * has a part in it: whatever stands there was listed, in its place, and so on this page alone. Where as many stand there
 * as the page has items, it is all of them (enterKnown).
 */
export async function keepPages(tx: Transaction, { runId, scope }: ApplyContext): Promise<void> {
  if (!(await isWorthKeeping(tx, runId))) return;
  await tx.execute(sql`
    WITH page AS MATERIALIZED (
      SELECT
        *,
        max(last) OVER (ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_before,
        lead(first) OVER (ORDER BY first, last) AS first_behind
      FROM (
        SELECT
          asked, page, list, (summary ->> 'items')::integer AS items, (summary ->> 'ascending')::boolean AS ascending,
          (summary ->> 'first')::timestamptz AS first, (summary ->> 'last')::timestamptz AS last, summary ->> 'ids' AS ids
        FROM mirror.staged_pages
        WHERE run_id = ${runId}::bigint
      ) AS staged
      WHERE first IS NOT NULL
    ), spoilt AS MATERIALIZED (
      -- Where the artifacts of bad records stand: in one value, which is searched by halves.
      SELECT coalesce(range_agg(tstzrange(artifact.created_at, artifact.created_at, '[]')), '{}') AS places
      FROM mirror.staged_bad_records AS bad
      CROSS JOIN LATERAL (SELECT * FROM mirror.artifacts AS each WHERE each.id = bad.artifact_id OFFSET 0) AS artifact
      WHERE bad.run_id = ${runId}::bigint
    ), dropped AS (
      DELETE FROM ${knownPages}
      WHERE kind = ${scope.kind} AND organization = ${scope.organization} AND page NOT IN (SELECT page FROM page)
    )
    INSERT INTO ${knownPages} (kind, organization, page, list, items, first, last, ids, run_id)
    SELECT DISTINCT ON (page)
      ${scope.kind}, ${scope.organization}, page, list, items, first, last, ids, ${runId}::bigint
    FROM page
    WHERE list IS NOT NULL AND ascending
      AND (last_before IS NULL OR last_before < first) AND (first_behind IS NULL OR last < first_behind)
      AND NOT (SELECT places FROM spoilt) && tstzrange(first, last, '[]')
    ORDER BY page, asked DESC
    ON CONFLICT (kind, organization, page) DO UPDATE
    SET list = excluded.list, items = excluded.items, first = excluded.first, last = excluded.last, ids = excluded.ids,
        run_id = excluded.run_id`);
}

/** Whether the list has pages enough, and any of them was not known. */
async function isWorthKeeping(tx: Transaction, runId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ is_worth_it: boolean }>(sql`
    SELECT count(*) >= ${FEWEST_PAGES} AND count(list) > 0 AS is_worth_it
    FROM mirror.staged_pages WHERE run_id = ${runId}::bigint`);
  return rows[0]?.is_worth_it ?? false;
}
