import { type SQL, sql } from 'drizzle-orm';
import { artifacts, dailyLulls, dailyStale, dailySteps } from '../schema.ts';
import type { ApplyContext, Transaction } from './context.ts';
import type { Cover, Covers } from './cover.ts';

/**
 * What each run adds to the days of its artifacts (drizzle/0007_daily.sql), written with the rows it belongs to. Here only
 * what is plain: a counter that moved, an arrival, an ending. For all else the artifact is named in `daily_stale`, and
 * worked out anew from everything that is known of it.
 */

/** A bigint of the cover that a row belongs to; null where the run does not cover its day. */
export function ofCover(covers: Covers | null, isGuest: SQL, value: (cover: Cover) => SQL): SQL {
  const own = covers === null ? sql`NULL` : value(covers.own);
  const guests = covers === null || covers.guests === null ? sql`NULL` : value(covers.guests);
  return sql`(CASE WHEN ${isGuest} THEN ${guests} ELSE ${own} END)::bigint`;
}

/**
 * The days of known artifacts that `before` has locked (updateKnown), as CTEs: `plain` are those whose counter moved since
 * the covered day before, and nothing else that matters. All others that the run changes are worked out anew: at the end
 * of its transaction where it covers their day, or changes what earlier days say; else by the next run that covers one.
 */
export function dailyOfKnown({ runId, scope }: ApplyContext, covers: Covers | null): SQL {
  const isGuest = sql`new_owner <> ${scope.organization}`;
  const ofItsCover = (value: (cover: Cover) => SQL) => ofCover(covers, isGuest, value);
  const isAgain = covers !== null && (covers.own.isAgain || covers.guests?.isAgain === true);
  return sql`turn AS MATERIALIZED (
      SELECT
        before.*,
        ${isGuest} AS guests,
        ${ofItsCover(({ id }) => sql`${id}::bigint`)} AS cover_id,
        ${ofItsCover(({ beforeId }) => sql`${beforeId}::bigint`)} AS before_cover_id,
        ${ofItsCover(({ days }) => sql`${days}`)} AS days,
        new_download_count - download_count AS downloads,
        moved AND NOT had_ended AND NOT was_absent AND NOT taken_over AND owner = new_owner
          AND created_at = new_created_at AND download_count IS NOT NULL AND new_download_count IS NOT NULL
          AND lull_after_cover_id IS NOT NULL
          AND ${ofItsCover(({ id }) => sql`${id}::bigint`)} IS NOT NULL AS is_plain
      FROM before
      WHERE moved OR had_ended OR was_absent OR taken_over OR owner <> new_owner OR created_at <> new_created_at
    ), plain AS MATERIALIZED (
      -- A baseline stays one, whatever is counted later on its day.
      SELECT * FROM turn WHERE is_plain AND baseline_cover_id IS DISTINCT FROM cover_id
    ), steps AS (
      INSERT INTO ${dailySteps} AS step (cover_id, artifact_id, downloads, days_covered, reset, download_count)
      SELECT cover_id, id, CASE WHEN downloads >= 0 THEN downloads END, days, downloads < 0, new_download_count
      FROM plain
      ORDER BY cover_id, id
      ${
        isAgain
          ? sql`ON CONFLICT (cover_id, artifact_id) DO UPDATE
      SET downloads = CASE WHEN NOT step.reset AND NOT excluded.reset THEN step.downloads + excluded.downloads END,
          reset = step.reset OR excluded.reset, download_count = excluded.download_count`
          : sql``
      }
    ), lulls AS (
      INSERT INTO ${dailyLulls} (artifact_id, kind, organization, guests, after_cover_id, before_cover_id, download_count)
      SELECT id, ${scope.kind}, ${scope.organization}, guests, lull_after_cover_id, cover_id, download_count
      FROM plain
      WHERE before_cover_id > lull_after_cover_id
    ), stale AS (
      INSERT INTO ${dailyStale} AS stale (artifact_id, run_id)
      SELECT
        id,
        CASE
          WHEN cover_id IS NOT NULL OR taken_over OR owner <> new_owner OR created_at <> new_created_at
            THEN ${runId}::bigint
        END
      FROM turn
      WHERE NOT is_plain
      ORDER BY id
      ON CONFLICT (artifact_id) DO UPDATE SET run_id = coalesce(excluded.run_id, stale.run_id)
    )`;
}

/**
 * Ends the lulls of artifacts that have no rows any more from this run on, as a CTE behind the one that ends them; a lull
 * without a day too, which marks where the rows end. Where an earlier run covered the day, its rows for that day are to go
 * as well: then all their days are worked out anew, as are those that wait for it.
 *
 * @param ended the name of a CTE with the ids of the artifacts
 */
export function endLulls({ runId, scope }: ApplyContext, covers: Covers, ended: SQL): SQL {
  if (covers.own.isAgain || covers.guests?.isAgain === true) {
    return sql`stale AS (
      INSERT INTO ${dailyStale} (artifact_id, run_id)
      SELECT id, ${runId}::bigint FROM ${ended} AS ended ORDER BY id
      ON CONFLICT (artifact_id) DO UPDATE SET run_id = excluded.run_id
    )`;
  }
  const isGuest = sql`artifact.owner <> artifact.mirrored_by`;
  return sql`lulls AS (
      INSERT INTO ${dailyLulls} (artifact_id, kind, organization, guests, after_cover_id, before_cover_id, download_count)
      SELECT
        artifact.id, ${scope.kind}, ${scope.organization}, ${isGuest}, artifact.lull_after_cover_id,
        ${ofCover(covers, isGuest, ({ id }) => sql`${id}::bigint`)}, artifact.download_count
      FROM ${ended} AS ended
      -- As it was before.
      JOIN ${artifacts} AS artifact ON artifact.id = ended.id
      WHERE artifact.lull_after_cover_id IS NOT NULL AND artifact.id NOT IN (SELECT artifact_id FROM ${dailyStale})
    )`;
}

/**
 * Works out anew, at the end of a run's transaction, the days that it left to that.
 *
 * @param isComplete whether the run covers its day
 * @param covers null where a complete run could not say so day after day (openCovers)
 */
export async function settleDaily(
  tx: Transaction,
  { runId, scope }: Pick<ApplyContext, 'runId' | 'scope'>,
  isComplete: boolean,
  covers: Covers | null,
): Promise<void> {
  if (isComplete && covers === null) {
    await tx.execute(sql`SELECT mirror.rebuild_listing(${scope.kind}, ${scope.organization}, ${runId}::bigint)`);
    return;
  }
  const sinceRunId = covers === null ? null : coveredBefore(runId, covers);
  await tx.execute(
    sql`SELECT mirror.settle_daily(${runId}::bigint, ${scope.kind}, ${scope.organization}, ${scope.includePublic}, ${sinceRunId}::bigint)`,
  );
}

/** Behind which run others may have changed what this one covers: the one that covered the day before it, else itself. */
function coveredBefore(runId: string, { own, guests }: Covers): string {
  const again = [own, guests].flatMap((cover) => (cover?.isAgain === true ? [cover.before?.runId ?? runId] : []));
  return again.reduce((first, each) => (BigInt(each) < BigInt(first) ? each : first), runId);
}
