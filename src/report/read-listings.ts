import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES, type FailureClass } from '../catalog/failure.ts';
import { RUN_STATES, type RunState } from '../store/run.ts';

/** How the runs of one organization's listing of one kind stand. */
export interface ListingRuns {
  readonly organization: string;
  readonly kind: string;
  /** Of its first run and of its last, whatever became of them: the span of report.coverage. */
  readonly firstDay: string;
  readonly lastDay: string;
  /** The first day that a complete run covers; null where none ever did. */
  readonly coveredSince: string | null;
  /** Days of the span that a complete run covers. */
  readonly coveredDays: number;
  /** In run order. */
  readonly lastRun: ListingRun;
  /** The last run that is certified or held, in run order; null where none ever was. */
  readonly lastComplete: { readonly runId: string; readonly day: string } | null;
}

export interface ListingRun {
  readonly runId: string;
  readonly day: string;
  readonly state: RunState;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Why it is not certified; null where it is, or while it is running. */
  readonly error: string | null;
  readonly errorClass: FailureClass | null;
  /** It is running by its row, and no worker says so any more. */
  readonly isForsaken: boolean;
}

const rowSchema = z
  .object({
    organization: z.string(),
    kind: z.string(),
    first_day: z.string(),
    last_day: z.string(),
    covered_since: z.string().nullable(),
    covered_days: z.number(),
    run_id: z.string(),
    day: z.string(),
    state: z.enum(RUN_STATES),
    started_at: z.date(),
    finished_at: z.date().nullable(),
    error: z.string().nullable(),
    error_class: z.enum(FAILURE_CLASSES).nullable(),
    is_forsaken: z.boolean(),
    complete_run_id: z.string().nullable(),
    complete_day: z.string().nullable(),
  })
  .transform(
    (row): ListingRuns => ({
      organization: row.organization,
      kind: row.kind,
      firstDay: row.first_day,
      lastDay: row.last_day,
      coveredSince: row.covered_since,
      coveredDays: row.covered_days,
      lastRun: {
        runId: row.run_id,
        day: row.day,
        state: row.state,
        startedAt: row.started_at.toISOString(),
        finishedAt: row.finished_at?.toISOString() ?? null,
        error: row.error,
        errorClass: row.error_class,
        isForsaken: row.is_forsaken,
      },
      lastComplete:
        row.complete_run_id === null || row.complete_day === null
          ? null
          : { runId: row.complete_run_id, day: row.complete_day },
    }),
  );

/**
 * Every listing that was ever mirrored, or those of one organization, by organization and kind. A run that only replayed
 * bad records is none of the last ones: it reads no page, and says nothing of how the listing stands.
 */
export async function readListings(
  db: pg.Pool | pg.PoolClient,
  organization: string | null = null,
): Promise<readonly ListingRuns[]> {
  const { rows } = await db.query(
    `WITH listing AS (
       SELECT
         kind,
         organization,
         min(day) AS first_day,
         max(day) AS last_day,
         min(day) FILTER (WHERE state IN ('certified', 'held')) AS covered_since,
         count(DISTINCT day) FILTER (WHERE state IN ('certified', 'held'))::integer AS covered_days,
         coalesce(max(id) FILTER (WHERE NOT (trigger = 'replay' AND state = 'partial' AND requests = 0)), max(id)) AS last_id,
         max(id) FILTER (WHERE state IN ('certified', 'held')) AS complete_id
       FROM mirror.runs
       WHERE $1::text IS NULL OR organization = $1
       GROUP BY kind, organization
     )
     SELECT
       listing.organization, listing.kind, first_day::text, last_day::text, covered_since::text, covered_days,
       last.id::text AS run_id, last.day::text AS day, last.state, last.started_at, last.finished_at, last.error,
       last.error_class,
       last.state = 'running' AND last.lease_expires_at < clock_timestamp() AS is_forsaken,
       complete.id::text AS complete_run_id, complete.day::text AS complete_day
     FROM listing
     JOIN mirror.runs AS last ON last.id = last_id
     LEFT JOIN mirror.runs AS complete ON complete.id = complete_id
     ORDER BY listing.organization, listing.kind`,
    [organization],
  );
  return rows.map((row) => rowSchema.parse(row));
}
