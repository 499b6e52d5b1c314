import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { ListedCounts } from './count-listed.ts';
import { artifacts } from './schema.ts';
import { isInScope, type Scope } from './scope.ts';

type Database = Pick<NodePgDatabase, 'execute'>;

/**
 * The counts of a run whose pages lie side by side, each in a stretch of its own, without a look at the ids that are
 * settled: within its stretch each page's look has counted what stood in the scope (`standing`), and nothing comes into the
 * scope of a run that is active. What stood there and was not settled must have been staged; if as many were, nothing is
 * unlisted, provided that nothing stands between the stretches. What was taken out of the scope since is not known:
 * `current` is what it was when the pages were entered, guests that are listed among it whatever the scope, and the apply
 * looks whether anything has left.
 *
 * With 10,000 of 200,000 items staged it takes a seventh of what it takes to look at each id.
 *
 * @returns null where that cannot be said: then each must be looked at
 */
export async function countByStretch(db: Database, runId: string, scope: Scope): Promise<ListedCounts | null> {
  const pages = await readPages(db, runId, scope);
  if (pages === null) return null;
  const staged = await readStaged(db, runId, scope);
  if (!staged.isOrderly || pages.standing - pages.settled !== staged.standing) return null;
  const listed = pages.settled + staged.items;
  const current = pages.settled + staged.standing;
  const outside = staged.items - staged.standing;
  return { listed, readings: listed, unsettled: staged.items, outside, current, unlisted: 0, lost: 0 };
}

interface Pages {
  readonly settled: number;
  readonly standing: number;
}

/** Null where two of them touch, one is out of order, something stands between them, or one was not looked for in the mirror. */
async function readPages(db: Database, runId: string, scope: Scope): Promise<Pages | null> {
  const { rows } = await db.execute<{ settled: number; standing: number }>(sql`
    WITH page AS MATERIALIZED (
      SELECT
        *, max(last) OVER (ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_before
      FROM (
        SELECT
          standing, cardinality(settled) AS settled, (summary ->> 'ascending')::boolean AS ascending,
          (summary ->> 'first')::timestamptz AS first, (summary ->> 'last')::timestamptz AS last
        FROM mirror.staged_pages
        WHERE run_id = ${runId}::bigint
      ) AS staged
    ), listed AS MATERIALIZED (
      SELECT
        sum(settled)::integer AS settled, sum(standing)::integer AS standing, max(last) AS last
      FROM page
      HAVING bool_and(standing IS NOT NULL AND ascending AND (last_before IS NULL OR last_before < first))
    ), gap AS (
      SELECT coalesce(last_before, '-infinity') AS after, first AS before FROM page
      UNION ALL
      SELECT last, 'infinity' FROM listed
    )
    SELECT settled, standing
    FROM listed
    WHERE NOT EXISTS (
      SELECT FROM gap
      CROSS JOIN LATERAL (
        SELECT FROM ${artifacts} AS artifact
        WHERE ${isInScope(scope)} AND artifact.created_at > gap.after AND artifact.created_at < gap.before
        -- That of the index: whoever expects to find one soon may else go through the whole table, for each gap in vain.
        ORDER BY artifact.created_at
        LIMIT 1
      ) AS artifact
    )`);
  return rows[0] ?? null;
}

interface StagedItems {
  readonly items: number;
  /** Of those the ones that stand in the scope. */
  readonly standing: number;
  /** Whether each has an id of its own, and none is known by another place than that of its page. */
  readonly isOrderly: boolean;
}

async function readStaged(db: Database, runId: string, scope: Scope): Promise<StagedItems> {
  const { rows } = await db.execute<{ items: number; standing: number; is_orderly: boolean }>(sql`
    SELECT
      count(*)::integer AS items,
      (count(*) FILTER (WHERE is_in_scope))::integer AS standing,
      count(DISTINCT id) = count(*) AND coalesce(bool_and(is_in_place), true) AS is_orderly
    FROM (
      SELECT item.id, known.is_in_scope, known.created_at BETWEEN page.first AND page.last AS is_in_place
      FROM (
        SELECT asked, array_agg(id) AS ids FROM mirror.staged_artifacts WHERE run_id = ${runId}::bigint GROUP BY asked
      ) AS staged
      -- Once for each page: to look for it with each of its items took twice as long.
      CROSS JOIN LATERAL (
        SELECT (summary ->> 'first')::timestamptz AS first, (summary ->> 'last')::timestamptz AS last
        FROM mirror.staged_pages AS page
        WHERE page.run_id = ${runId}::bigint AND page.asked = staged.asked
        OFFSET 0
      ) AS page
      CROSS JOIN unnest(staged.ids) AS item (id)
      LEFT JOIN LATERAL (
        SELECT artifact.created_at, ${isInScope(scope)} AS is_in_scope
        FROM ${artifacts} AS artifact
        WHERE artifact.id = item.id
        OFFSET 0
      ) AS known ON true
    ) AS item`);
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL returned no row for an aggregate');
  return { items: row.items, standing: row.standing, isOrderly: row.is_orderly };
}
