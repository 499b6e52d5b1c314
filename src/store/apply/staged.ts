import { type SQL, sql } from 'drizzle-orm';
import type { ListedCounts } from '../count-listed.ts';
import { artifacts } from '../schema.ts';
import type { Scope } from '../scope.ts';

/** How often the reads of a run listed what. */
type Readings = Pick<ListedCounts, 'listed' | 'readings' | 'unsettled' | 'lost'>;

/** Whether a run listed anything that does not stand in the mirror just so. */
export function hasUnsettled({ unsettled, lost }: Readings): boolean {
  return unsettled > 0 || lost > 0;
}

/**
 * What a run listed of what is not settled, one row an id, as a subquery: where reads listed an artifact more than once,
 * the reading that arrived last. A bad record stands here with what could be read of it.
 *
 * What was settled when it was listed, and has been taken over or ended by another run since, stands here as a bad record
 * does: with nothing but the fact that it is listed, and the counter that the mirror knows.
 *
 * Where no id was listed twice, the rows are taken as they are: sorting 200,000 of them takes 0.2 s.
 */
export function listedBy(runId: string, scope: Scope, readings: Readings): SQL {
  const isListedOnce = readings.readings === readings.listed;
  if (isListedOnce && readings.lost === 0) return unsettled(runId);
  const last = sql`
    SELECT DISTINCT ON (id) *
    FROM (${unsettled(runId)} UNION ALL ${settled(runId)}) AS reading
    ORDER BY id, arrived_at DESC, asked DESC, position DESC`;
  if (readings.lost === 0) return sql`SELECT * FROM (${last}) AS last WHERE NOT is_settled`;
  return sql`
    SELECT
      last.id, last.good, last.arrived_at, last.name, last.owner, last.version, last.framework, last.is_public,
      last.origin, last.created_at, last.digest, last.extra,
      CASE WHEN last.is_settled THEN known.download_count ELSE last.download_count END AS download_count
    FROM (${last}) AS last
    LEFT JOIN ${artifacts} AS known ON last.is_settled AND known.id = last.id
    WHERE NOT last.is_settled OR known.mirrored_by <> ${scope.organization} OR known.ended_at IS NOT NULL`;
}

function unsettled(runId: string): SQL {
  return sql`
    SELECT
      id, good, arrived_at, name, owner, version, framework, is_public, download_count, origin, created_at, digest,
      coalesce(extra, '{}') AS extra, asked, position, false AS is_settled
    FROM mirror.staged_artifacts
    WHERE run_id = ${runId}::bigint AND id IS NOT NULL`;
}

function settled(runId: string): SQL {
  return sql`
    SELECT
      item.id, false, page.arrived_at, NULL, NULL, NULL, NULL, NULL::boolean, NULL::bigint, NULL::jsonb,
      NULL::timestamptz, NULL::uuid, NULL::jsonb, page.asked, 0, true
    FROM mirror.staged_pages AS page
    CROSS JOIN unnest(page.settled) AS item (id)
    WHERE page.run_id = ${runId}::bigint`;
}
