import { type SQL, sql } from 'drizzle-orm';
import { artifactEvents, artifacts, downloadObservations } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';
import type { Covers } from './cover.ts';
import { dailyOfKnown } from './daily.ts';

export interface KnownChanges {
  /** Artifacts with an event `changed`. */
  readonly changed: number;
  readonly restored: number;
  /** New observations, without the arrivals' baselines. */
  readonly counted: number;
}

/**
 * Brings the rows of known artifacts to what the run listed, in id order, and writes history and events for them. A row
 * that does not differ is not touched, not even with a lock. The run speaks for an artifact that it mirrors, for one that
 * its organization owns (a takeover), and for one that has ended (design section 2); it leaves the others alone. It takes
 * nothing from a run that comes after it in run order, which every reader goes by: its own next run does. A bad record
 * changes nothing but the counter and the fact that the artifact is listed.
 *
 * Each artifact is looked up by its id, whatever the statistics say: they are of other runs. Where some may be new, first
 * without a lock, because nearly all of a first load are; then in id order with one.
 *
 * A row without a digest gets that of a record that is equal to it, and nothing else: the next night knows it by that.
 *
 * @param listed what the run listed (listedBy)
 * @param areAllKnown whether all that is listed stands in the mirror: then it is looked up once. For 10,000 that moved among
 *   200,000 that takes an eighth off
 * @param covers what the run covers; null where it covers nothing
 */
export async function updateKnown(
  tx: Transaction,
  context: ApplyContext,
  listed: SQL,
  areAllKnown: boolean,
  covers: Covers | null,
): Promise<KnownChanges> {
  const { runId, scope, day, at } = context;
  const moment = at.toISOString();
  const isToWrite = sql`
    artifact.kind = ${scope.kind}
    AND (
      artifact.mirrored_by = ${scope.organization}
      OR artifact.ended_at IS NOT NULL
      OR CASE WHEN listed.good THEN listed.owner ELSE artifact.owner END = ${scope.organization}
    )
    AND artifact.first_run_id <> ${runId}::bigint
    AND (artifact.mirrored_by = ${scope.organization} OR artifact.run_order <= ${runId}::bigint)
    AND (
      artifact.ended_at IS NOT NULL
      OR artifact.absent_since IS NOT NULL
      OR artifact.mirrored_by <> ${scope.organization}
      OR artifact.download_count IS DISTINCT FROM listed.download_count
      OR (listed.good AND (
        (artifact.digest IS NULL AND listed.digest IS NOT NULL)
        OR (artifact.name, artifact.owner, artifact.version, artifact.framework, artifact.is_public,
            artifact.created_at, artifact.extra)
          <> (listed.name, listed.speaker, listed.version, listed.framework, listed.is_public,
              listed.created_at, listed.extra)
        OR artifact.origin IS DISTINCT FROM listed.origin
      ))
    )`;
  // A name without an owner belongs to the organization that lists it, but is no reason to take it from another.
  const spoken = sql`SELECT *, coalesce(owner, ${scope.organization}) AS speaker FROM (${listed}) AS staged`;
  const met = areAllKnown
    ? sql`met AS NOT MATERIALIZED (${spoken})`
    : sql`met AS MATERIALIZED (
      SELECT listed.*
      FROM (${spoken}) AS listed
      CROSS JOIN LATERAL (
        SELECT FROM ${artifacts} AS artifact WHERE artifact.id = listed.id AND ${isToWrite} OFFSET 0
      ) AS artifact
    )`;
  const { rows } = await tx.execute<{ changed: number; restored: number; counted: number }>(sql`
    WITH ${met}, before AS MATERIALIZED (
      SELECT
        artifact.id,
        artifact.ended_at IS NOT NULL AS had_ended,
        artifact.ended_at IS NULL AND artifact.absent_since IS NOT NULL AS was_absent,
        artifact.mirrored_by <> ${scope.organization} AS taken_over,
        artifact.download_count IS DISTINCT FROM listed.download_count AS moved,
        artifact.name, artifact.owner, artifact.mirrored_by, artifact.version, artifact.framework, artifact.is_public,
        artifact.origin, artifact.created_at, artifact.extra, artifact.download_count, artifact.baseline_cover_id,
        artifact.lull_after_cover_id,
        CASE WHEN listed.good THEN listed.name ELSE artifact.name END AS new_name,
        CASE WHEN listed.good THEN listed.speaker ELSE artifact.owner END AS new_owner,
        CASE WHEN listed.good THEN listed.version ELSE artifact.version END AS new_version,
        CASE WHEN listed.good THEN listed.framework ELSE artifact.framework END AS new_framework,
        CASE WHEN listed.good THEN listed.is_public ELSE artifact.is_public END AS new_is_public,
        CASE WHEN listed.good THEN listed.origin ELSE artifact.origin END AS new_origin,
        CASE WHEN listed.good THEN listed.created_at ELSE artifact.created_at END AS new_created_at,
        CASE WHEN listed.good THEN listed.extra ELSE artifact.extra END AS new_extra,
        -- A bad record has none, and what it changes makes the old one void.
        CASE
          WHEN listed.good THEN listed.digest
          WHEN artifact.mirrored_by = ${scope.organization} AND artifact.download_count = listed.download_count
            THEN artifact.digest
        END AS new_digest,
        listed.download_count AS new_download_count,
        listed.arrived_at
      FROM (SELECT * FROM met ORDER BY id) AS listed
      CROSS JOIN LATERAL (
        SELECT * FROM ${artifacts} AS artifact WHERE artifact.id = listed.id AND ${isToWrite} FOR UPDATE
      ) AS artifact
    ), ${dailyOfKnown(context, covers)}, difference AS MATERIALIZED (
      SELECT before.id, jsonb_object_agg(field, jsonb_build_array(was, now)) AS changes
      FROM (
        -- Most have but another counter: to take all fields apart took a quarter of the statement.
        SELECT * FROM before
        WHERE (name, owner, mirrored_by, version, framework, is_public, origin, created_at, extra) IS DISTINCT FROM
          (new_name, new_owner, ${scope.organization}::text, new_version, new_framework, new_is_public, new_origin,
           new_created_at, new_extra)
      ) AS before
      CROSS JOIN LATERAL (VALUES
        ('name', to_jsonb(name), to_jsonb(new_name)),
        ('owner', to_jsonb(owner), to_jsonb(new_owner)),
        ('mirrored_by', to_jsonb(mirrored_by), to_jsonb(${scope.organization}::text)),
        ('version', to_jsonb(version), to_jsonb(new_version)),
        ('framework', to_jsonb(framework), to_jsonb(new_framework)),
        ('is_public', to_jsonb(is_public), to_jsonb(new_is_public)),
        ('origin', origin, new_origin),
        ('created_at', to_jsonb(created_at), to_jsonb(new_created_at)),
        ('extra', extra, new_extra)
      ) AS pair (field, was, now)
      WHERE was IS DISTINCT FROM now
      GROUP BY before.id
    ), updated AS (
      UPDATE ${artifacts} AS artifact
      SET name = new_name, owner = new_owner, mirrored_by = ${scope.organization}, version = new_version,
          framework = new_framework, is_public = new_is_public, origin = new_origin, created_at = new_created_at,
          extra = new_extra, digest = new_digest, download_count = new_download_count, ended_at = NULL, ending = NULL,
          absent_since = NULL, lull_after_cover_id = coalesce(now_after_cover_id, artifact.lull_after_cover_id),
          changed_at = CASE WHEN is_changed THEN ${moment}::timestamptz ELSE changed_at END,
          changed_run_id = CASE WHEN is_changed THEN ${runId}::bigint ELSE changed_run_id END,
          run_order = ${runId}::bigint
      FROM (
        SELECT
          before.*,
          before.had_ended OR before.was_absent OR difference.id IS NOT NULL AS is_changed,
          plain.cover_id AS now_after_cover_id
        FROM before
        LEFT JOIN difference USING (id)
        LEFT JOIN plain USING (id)
      ) AS after
      WHERE artifact.id = after.id
    ), counted AS (
      -- Whoever speaks from now on says so with an observation, also where the counter is the same.
      INSERT INTO ${downloadObservations} (artifact_id, observed_at, run_id, download_count)
      SELECT id, arrived_at, ${runId}::bigint, new_download_count
      FROM before
      WHERE moved OR taken_over
      RETURNING artifact_id
    ), events AS (
      INSERT INTO ${artifactEvents} (artifact_id, run_id, at, day, event, changes, run_order)
      SELECT id, ${runId}::bigint, ${moment}::timestamptz, ${day}::date, event, changes, ${runId}::bigint
      FROM (
        SELECT id, 1 AS place, CASE WHEN had_ended THEN 'restored' ELSE 'returned' END AS event, NULL::jsonb AS changes
        FROM before
        WHERE had_ended OR was_absent
        UNION ALL
        SELECT id, 2, 'changed', changes FROM difference
      ) AS happened
      ORDER BY id, place
    )
    SELECT
      (SELECT count(*)::integer FROM difference) AS changed,
      (SELECT count(*)::integer FROM before WHERE had_ended) AS restored,
      (SELECT count(*)::integer FROM counted) AS counted`);
  return rows[0] ?? { changed: 0, restored: 0, counted: 0 };
}
