import type pg from 'pg';
import { z } from 'zod';
import { countOf } from '../../src/terminal/format.ts';
import type { Ledger } from '../catalog/ledger.ts';
import { type Check, some } from './check.ts';

const sumSchema = z.object({
  id: z.string(),
  first: z.coerce.number(),
  last: z.coerce.number(),
  sum: z.coerce.number(),
});

/** Daily downloads add up to the last value minus the first, are never negative, and stand on covered days alone. */
export async function checkSums(pool: pg.Pool): Promise<Check> {
  const { rows } = await pool.query(`
    WITH first_run AS (
      SELECT DISTINCT ON (organization, kind) id FROM mirror.runs WHERE state = 'certified'
      ORDER BY organization, kind, id
    )
    SELECT daily.artifact_id AS id, min(observation.download_count) AS first, min(artifact.download_count) AS last,
           coalesce(sum(daily.downloads), 0) AS sum
    FROM report.daily_downloads AS daily
    JOIN mirror.artifacts AS artifact ON artifact.id = daily.artifact_id AND artifact.ended_at IS NULL
    JOIN mirror.download_observations AS observation
      ON observation.artifact_id = daily.artifact_id AND observation.run_id IN (SELECT id FROM first_run)
    GROUP BY daily.artifact_id
    HAVING NOT bool_or(daily.reset)`);
  const sums = rows.map((row) => sumSchema.parse(row));
  const problems = sums
    .filter(({ first, last, sum }) => sum !== last - first)
    .map(({ id, first, last, sum }) => `the days of ${id} add up to ${sum}, and it went from ${first} to ${last}`);
  const strange = await pool.query<{ artifact_id: string; day: string; downloads: string | null }>(`
    SELECT artifact_id, day::text AS day, downloads::text AS downloads FROM report.daily_downloads AS daily
    WHERE downloads < 0 OR NOT EXISTS (
      SELECT FROM mirror.runs AS run
      WHERE run.organization = daily.organization AND run.kind = daily.kind AND run.day = daily.day
        AND run.state IN ('certified', 'held'))`);
  for (const { artifact_id: id, day, downloads } of strange.rows) {
    problems.push(`${id} has ${downloads} downloads on ${day}, a day that is not covered or a sum below zero`);
  }
  if (sums.length === 0) problems.push('no artifact has days to add up');
  return {
    claim: 'daily downloads telescope, none is negative, no day is invented',
    lookedAt: countOf(sums.length, 'artifact'),
    problems: some(problems),
  };
}

const observationSchema = z.object({
  id: z.string(),
  runId: z.string(),
  count: z.coerce.number().nullable(),
  before: z.coerce.number().nullable(),
  isFirst: z.boolean(),
  /** It came back, or has another speaker, who says so with an observation. */
  mayRepeat: z.boolean(),
});

/** Each observation was shown by the catalog, and differs from the one before it. */
export async function checkObservations(pool: pg.Pool, ledger: Ledger): Promise<Check> {
  const { rows } = await pool.query(`
    SELECT artifact_id AS id, run_id::text AS "runId", download_count AS count,
           lag(download_count) OVER later AS before, row_number() OVER later = 1 AS "isFirst",
           EXISTS (SELECT FROM mirror.artifact_events AS event
                   WHERE event.artifact_id = observation.artifact_id AND event.run_id = observation.run_id
                     AND (event.event IN ('restored', 'returned') OR event.changes ? 'mirrored_by')) AS "mayRepeat"
    FROM mirror.download_observations AS observation
    WINDOW later AS (PARTITION BY artifact_id ORDER BY run_id)`);
  const observations = rows.map((row) => observationSchema.parse(row));
  const problems: string[] = [];
  for (const { id, runId, count, before, isFirst, mayRepeat } of observations) {
    if (count !== null && ledger.wasCounted(id, count) === false) {
      problems.push(`run ${runId} observed ${count} downloads of ${id}, which the catalog never showed`);
    }
    if (!isFirst && !mayRepeat && count === before)
      problems.push(`run ${runId} observed ${count} of ${id} a second time`);
  }
  const twice = await pool.query<{ artifact_id: string; run_id: string; event: string }>(`
    SELECT artifact_id, run_id::text AS run_id, event FROM mirror.artifact_events
    GROUP BY artifact_id, run_id, event HAVING count(*) > 1`);
  for (const { artifact_id: id, run_id: runId, event } of twice.rows) {
    problems.push(`run ${runId} says twice that ${id} is ${event}`);
  }
  return {
    claim: 'every observation was shown by the catalog, and nothing was applied twice',
    lookedAt: countOf(observations.length, 'observation'),
    problems: some(problems),
  };
}
