import { type SQL, sql } from 'drizzle-orm';
import { artifacts, dailyStale, dailySteps, downloadObservations } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';
import type { Cover, Covers } from './cover.ts';
import { ofCover } from './daily.ts';
import { knownIds } from './known.ts';

/**
 * Adds the artifacts that the mirror has never seen, each with its baseline observation. One whose owner is mirrored is
 * left to the owner's own run (design section 2). A bad record is never added.
 *
 * Without ON CONFLICT: it has PostgreSQL insert every row on trial, which takes a sixth longer. Runs that may add the same
 * take turns (takeTurn); should two meet all the same, that is a unique violation, which repeats the transaction. In the
 * order of the list, not of the ids: what a page lists then lies side by side, where the next night looks for it.
 *
 * @param listed what the run listed (listedBy)
 * @param areAllNew whether it is known that the mirror knows none of it
 * @param covers what the run covers; null where it covers nothing
 * @returns how many were added
 */
export async function insertArrivals(
  tx: Transaction,
  context: ApplyContext,
  listed: SQL,
  areAllNew: boolean,
  covers: Covers | null,
): Promise<number> {
  const { runId, scope, mirrored } = context;
  const isGuest = sql`coalesce(owner, ${scope.organization}) <> ${scope.organization}`;
  const ofItsCover = (value: (cover: Cover) => SQL) =>
    sql`CASE WHEN download_count IS NOT NULL THEN ${ofCover(covers, isGuest, value)} END`;
  const { rows } = await tx.execute<{ added: number }>(sql`
    WITH known AS MATERIALIZED (${areAllNew ? sql`SELECT NULL::uuid AS id WHERE false` : knownIds(listed)}), added AS (
      INSERT INTO ${artifacts}
        (id, kind, name, owner, mirrored_by, version, framework, is_public, download_count, origin, created_at, extra,
         first_seen_at, changed_at, first_run_id, changed_run_id, run_order, digest,
         baseline_cover_id, lull_after_cover_id)
      SELECT
        id, ${scope.kind}, name, coalesce(owner, ${scope.organization}), ${scope.organization}, version, framework,
        is_public, download_count, origin, created_at, extra, arrived_at, arrived_at, ${runId}::bigint,
        ${runId}::bigint, ${runId}::bigint, digest,
        ${ofItsCover((cover) => sql`CASE WHEN NOT ${isNew(cover)} THEN ${cover.id}::bigint END`)},
        ${ofItsCover((cover) => sql`CASE WHEN ${isNew(cover)} THEN ${cover.id} ELSE ${cover.beforeId ?? '0'} END::bigint`)}
      FROM (${listed}) AS listed
      WHERE good
        -- Looked up before the first row is added: a join would go through all that is added, again and again.
        AND id NOT IN (SELECT id FROM known)
        AND (owner IS NULL OR owner = ${scope.organization} OR owner <> ALL (${sql.param(mirrored)}::text[]))
      RETURNING id, owner, first_seen_at, download_count, baseline_cover_id, lull_after_cover_id
    ), baseline AS (
      INSERT INTO ${downloadObservations} (artifact_id, observed_at, run_id, download_count)
      SELECT id, first_seen_at, ${runId}::bigint, download_count
      FROM added
      -- In the order of their key: it takes a third less.
      ORDER BY id
    )${countFromZero(scope.organization, covers)}${waitForCover(covers)}
    SELECT count(*)::integer AS added FROM added`);
  return rows[0]?.added ?? 0;
}

/** Whether it was created after the complete run before this one began: then all its downloads are of the days since. */
function isNew({ before }: Cover): SQL {
  return before === null ? sql`false` : sql`(created_at > ${before.startedAt}::timestamptz)`;
}

/**
 * The first days of those that are new, as a CTE: the lull that such a one is in begins behind that day. Those of the
 * others are baselines, which their rows say.
 */
function countFromZero(organization: string, covers: Covers | null): SQL {
  if (covers === null || (covers.own.before === null && (covers.guests?.before ?? null) === null)) return sql``;
  const days = ofCover(covers, sql`owner <> ${organization}`, ({ day, before }) =>
    before === null ? sql`NULL` : sql`greatest(${day}::date - ${before.day}::date, 1)`,
  );
  return sql`, steps AS (
      INSERT INTO ${dailySteps} (cover_id, artifact_id, downloads, days_covered, reset, download_count)
      SELECT lull_after_cover_id, id, download_count, ${days}, false, download_count
      FROM added
      WHERE lull_after_cover_id IS NOT NULL AND baseline_cover_id IS NULL
      ORDER BY lull_after_cover_id, id
    )`;
}

/** Those whose day this run does not cover, as a CTE: the next one that does works their days out. */
function waitForCover(covers: Covers | null): SQL {
  if (covers !== null && covers.guests !== null) return sql``;
  return sql`, waiting AS (
      INSERT INTO ${dailyStale} (artifact_id)
      SELECT id FROM added WHERE lull_after_cover_id IS NULL AND download_count IS NOT NULL
      ORDER BY id
    )`;
}
