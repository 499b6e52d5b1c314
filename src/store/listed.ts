import { type SQL, sql } from 'drizzle-orm';

/**
 * The ids that a run listed, one row for each time: those that were settled stand in the ledger, the others with their
 * fields. As a subquery.
 *
 * @param pass only those of one reading of the list; null: of all reads of the run
 */
export function listedIds(runId: string, pass: number | null = null): SQL {
  const ofPass = pass === null ? sql`` : sql`AND pass = ${pass}`;
  const askedInPass =
    pass === null
      ? sql``
      : sql`AND asked IN (SELECT asked FROM mirror.staged_pages WHERE run_id = ${runId}::bigint AND pass = ${pass})`;
  return sql`
    SELECT unnest(settled) AS id, true AS is_settled
    FROM mirror.staged_pages WHERE run_id = ${runId}::bigint ${ofPass}
    UNION ALL
    SELECT id, false
    FROM mirror.staged_artifacts WHERE run_id = ${runId}::bigint AND id IS NOT NULL ${askedInPass}`;
}

/**
 * What a run listed and where, one row for each item: answer, id and created_at. What was settled has the created_at that
 * the mirror knows, which is the listed one. As a subquery.
 */
export function listedItems(runId: string): SQL {
  return sql`
    SELECT page.asked, item.id, known.created_at
    FROM mirror.staged_pages AS page
    CROSS JOIN unnest(page.settled) AS item (id)
    JOIN mirror.artifacts AS known ON known.id = item.id
    WHERE page.run_id = ${runId}::bigint
    UNION ALL
    SELECT asked, id, created_at FROM mirror.staged_artifacts WHERE run_id = ${runId}::bigint`;
}
