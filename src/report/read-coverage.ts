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

/** Nobody reads more of them. */
const MOST_TOLD = 500;

const summarySchema = z.object({
  first: z.string().nullable(),
  last: z.string().nullable(),
  covered_days: z.number(),
  uncovered_days: z.number(),
});

const SUMMARY = `
  WITH listing AS (
    SELECT day, covered FROM report.coverage WHERE $1::text IS NULL OR organization = $1
  ), asked AS (
    SELECT day, bool_and(covered) AS covered
    FROM listing
    WHERE ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day <= $3)
    GROUP BY day
  )
  SELECT
    (SELECT min(day)::text FROM listing) AS first,
    (SELECT max(day)::text FROM listing) AS last,
    (SELECT count(*)::integer FROM asked WHERE covered) AS covered_days,
    (SELECT count(*)::integer FROM asked WHERE NOT covered) AS uncovered_days`;

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
  WITH asked AS (
    SELECT kind, organization, day, covered, NOT bool_or(covered) OVER (PARTITION BY day) AS by_none
    FROM report.coverage
    WHERE ($1::text IS NULL OR organization = $1)
      AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day <= $3)
  ), latest AS (
    SELECT * FROM asked WHERE NOT covered ORDER BY day DESC, organization, kind LIMIT $4
  )
  SELECT latest.day::text AS day, latest.organization, latest.kind, run.id::text AS run_id, run.state, run.error, by_none
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
  const asked = [organization ?? null, since ?? null, until ?? null];
  const summary = summarySchema.parse((await db.query(SUMMARY, asked)).rows[0]);
  const { first, last, covered_days: coveredDays, uncovered_days: uncoveredDays } = summary;
  const { rows } = uncoveredDays === 0 ? { rows: [] } : await db.query(UNCOVERED, [...asked, MOST_TOLD]);
  return {
    span: first === null || last === null ? null : { first, last },
    coveredDays,
    uncovered: rows.map((row) => uncoveredSchema.parse(row)),
    uncoveredDays,
  };
}
