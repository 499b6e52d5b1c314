import type pg from 'pg';
import { z } from 'zod';
import { RUN_STATES, type RunState } from '../store/run.ts';
import type { ReportFilter } from './report-filter.ts';

/** Which of the days that somebody asks for are covered, over the listings that he asks for. */
export interface Coverage {
  /** The first and the last day on which any of the listings has a run; null where none ever had. */
  readonly span: { readonly first: string; readonly last: string } | null;
  /** Days of the span asked for on which each listing that has begun is covered. */
  readonly coveredDays: number;
  /** The others, in the order of time, and why; the latest ones where they are very many. */
  readonly uncovered: readonly UncoveredDay[];
  /** How many others there are, whatever of them is told. */
  readonly uncoveredDays: number;
}

/** A day on which a listing has no complete run. */
export interface UncoveredDay {
  readonly day: string;
  readonly organization: string;
  readonly kind: string;
  /** How the last run of that day ended; null where there is none. */
  readonly run: { readonly runId: string; readonly state: RunState; readonly error: string | null } | null;
  /** No listing that was asked for is covered on that day. */
  readonly byNone: boolean;
}

/** Nobody reads more of them: days, and listings of them. */
const MOST_TOLD = 500;

const summarySchema = z.object({
  first: z.string().nullable(),
  last: z.string().nullable(),
  covered_days: z.number(),
  uncovered_days: z.number(),
  latest: z.array(z.string()),
  latest_by_none: z.array(z.string()),
});

/**
 * The same days as in report.coverage, counted without a row for each listing and day: over a thousand listings and a year
 * that took three times as long.
 */
const SUMMARY = `
  WITH night AS MATERIALIZED (
    SELECT kind, organization, day, bool_or(state IN ('certified', 'held')) AS covered
    FROM mirror.runs
    WHERE $1::text IS NULL OR organization = $1
    GROUP BY kind, organization, day
  ), span AS MATERIALIZED (
    SELECT min(day) AS first_day, max(day) AS last_day FROM night GROUP BY kind, organization
  ), asked AS (
    SELECT
      calendar.day::date AS day,
      (SELECT count(*) FROM span WHERE calendar.day::date BETWEEN first_day AND last_day) AS listings
    FROM generate_series(
      greatest((SELECT min(first_day) FROM span), $2::date)::timestamp,
      least((SELECT max(last_day) FROM span), $3::date)::timestamp,
      interval '1 day'
    ) AS calendar (day)
  ), counted AS (
    SELECT day, listings, coalesce(covered, 0) AS covered
    FROM asked
    LEFT JOIN (SELECT day, count(*) AS covered FROM night WHERE covered GROUP BY day) AS proved USING (day)
    WHERE listings > 0
  ), latest AS (
    -- As many days as hold what is told, and no more.
    SELECT day, covered
    FROM (
      SELECT day, covered, sum(listings - covered) OVER (ORDER BY day DESC) - (listings - covered) AS told_before
      FROM counted
      WHERE covered < listings
    ) AS uncovered
    WHERE told_before < $4
  )
  SELECT
    (SELECT min(first_day)::text FROM span) AS first,
    (SELECT max(last_day)::text FROM span) AS last,
    (SELECT count(*)::integer FROM counted WHERE covered = listings) AS covered_days,
    (SELECT count(*)::integer FROM counted WHERE covered < listings) AS uncovered_days,
    ARRAY(SELECT day::text FROM latest ORDER BY day) AS latest,
    ARRAY(SELECT day::text FROM latest WHERE covered = 0 ORDER BY day) AS latest_by_none`;

const uncoveredSchema = z
  .object({
    day: z.string(),
    organization: z.string(),
    kind: z.string(),
    run_id: z.string().nullable(),
    state: z.enum(RUN_STATES).nullable(),
    error: z.string().nullable(),
    by_none: z.boolean(),
  })
  .transform(
    ({ run_id: runId, state, error, by_none: byNone, ...rest }): UncoveredDay => ({
      ...rest,
      run: runId === null || state === null ? null : { runId, state, error },
      byNone,
    }),
  );

const UNCOVERED = `
  WITH span AS (
    SELECT kind, organization, min(day) AS first_day, max(day) AS last_day
    FROM mirror.runs
    WHERE $1::text IS NULL OR organization = $1
    GROUP BY kind, organization
  ), uncovered AS (
    SELECT span.kind, span.organization, asked.day
    FROM unnest($2::date[]) AS asked (day)
    JOIN span ON asked.day BETWEEN first_day AND last_day
    EXCEPT
    SELECT kind, organization, day
    FROM mirror.runs
    WHERE day = ANY ($2::date[]) AND state IN ('certified', 'held') AND ($1::text IS NULL OR organization = $1)
  ), latest AS (
    SELECT * FROM uncovered ORDER BY day DESC, organization, kind LIMIT $4
  )
  SELECT
    latest.day::text AS day, latest.organization, latest.kind, run.id::text AS run_id, run.state, run.error,
    latest.day = ANY ($3::date[]) AS by_none
  FROM latest
  LEFT JOIN LATERAL (
    SELECT id, state, error
    FROM mirror.runs
    WHERE runs.kind = latest.kind AND runs.organization = latest.organization AND runs.day = latest.day
      -- One that replayed single records read no page: it says nothing of the day.
      AND NOT (runs.trigger = 'replay' AND runs.state = 'partial' AND runs.requests = 0)
    ORDER BY id DESC
    LIMIT 1
  ) AS run ON true
  ORDER BY latest.day, latest.organization, latest.kind`;

/** Reads which of the days asked for are covered, and of those that are not, what became of their last run. */
export async function readCoverage(
  db: pg.Pool | pg.PoolClient,
  { organization, since, until }: Omit<ReportFilter, 'limit'>,
): Promise<Coverage> {
  const asked = [organization ?? null, since ?? null, until ?? null, MOST_TOLD];
  const summary = summarySchema.parse((await db.query(SUMMARY, asked)).rows[0]);
  const { first, last, covered_days: coveredDays, uncovered_days: uncoveredDays } = summary;
  const { rows } = await db.query(UNCOVERED, [organization ?? null, summary.latest, summary.latest_by_none, MOST_TOLD]);
  return {
    span: first === null || last === null ? null : { first, last },
    coveredDays,
    uncovered: rows.map((row) => uncoveredSchema.parse(row)),
    uncoveredDays,
  };
}
