import pg from 'pg';
import { z } from 'zod';
import { inTransaction, withConnection } from '../store/connection.ts';
import { databaseFailure } from '../store/database-failure.ts';
import { type CountedDay, dailyRates } from './daily-rates.ts';
import { daysBefore } from './days.ts';
import type { Report } from './read-report.ts';

/** The days beside the rows of a report. */
export interface Trends {
  /** The last day of each trend, `YYYY-MM-DD`: the last one that any complete run covers. */
  readonly until: string;
  /** One number a day, for each row of the report in its order; null for a day that is not known. */
  readonly rows: readonly (readonly (number | null)[])[];
}

/** How many days a trend has. */
export const TREND_DAYS = 28;

/** Nobody waits longer for what is only beside the point; in a large mirror the views take longer than that. */
const PATIENCE_MS = 1_500;
const BROKEN_OFF = '57014';

/** By what a report names in each row: how the artifacts of a row are found. A place counts from 1. */
const WANTED = {
  artifacts: `SELECT id, place FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)`,
  // All names at once: they are found by block, and blocks that are new or hold several are gone through once.
  models: `WITH named AS MATERIALIZED (
      SELECT id, kind, owner, name FROM mirror.artifacts WHERE name = ANY ($3::text[])
    )
    SELECT id, place
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (kind, owner, name, place)
    JOIN named USING (kind, owner, name)`,
} as const;

const countedSchema = z.object({
  place: z.coerce.number(),
  day: z.string(),
  downloads: z.coerce.number().nullable(),
  daysCovered: z.coerce.number().nullable(),
});

/**
 * The downloads of the last days of what each row of a report is about, an artifact or a model over all its versions.
 *
 * @param options.patienceMs how long the reading may take; default 1,500
 * @returns null where the rows are of neither, where no day is covered, and where it would take long to read
 * @throws Failure (class `database`)
 */
export async function readTrends(
  pool: pg.Pool,
  report: Report,
  { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Promise<Trends | null> {
  const wanted = wantedOf(report);
  if (wanted === null || report.rows.length === 0) return null;
  try {
    return await withConnection(pool, async (client) => {
      const until = await lastCoveredDay(client);
      if (until === null) return null;
      const since = daysBefore(until, TREND_DAYS - 1);
      const counted = await withinPatience(client, patienceMs, wanted, since);
      if (counted === null) return null;
      const byPlace = new Map<number, CountedDay[]>(report.rows.map((_, index) => [index + 1, []]));
      for (const { place, ...day } of counted) byPlace.get(place)?.push(day);
      return { until, rows: [...byPlace.values()].map((days) => dailyRates(days, since, until)) };
    });
  } catch (error) {
    throw databaseFailure(error, 'read the days beside a report', `report.${report.name}`);
  }
}

interface Wanted {
  readonly sql: string;
  readonly values: readonly (readonly unknown[])[];
}

/** A report with days of its own needs none beside them. */
function wantedOf({ columns, rows }: Report): Wanted | null {
  const names = new Set(columns.map(({ name }) => name));
  const valuesOf = (...wanted: readonly string[]): readonly unknown[][] =>
    wanted.map((name) => rows.map((row) => row[name] ?? null));
  if (names.has('day')) return null;
  if (names.has('artifact_id')) return { sql: WANTED.artifacts, values: valuesOf('artifact_id') };
  if (!names.has('name') || !names.has('owner') || !names.has('kind')) return null;
  return { sql: WANTED.models, values: valuesOf('kind', 'owner', 'name') };
}

async function lastCoveredDay(client: pg.PoolClient): Promise<string | null> {
  const { rows } = await client.query<{ day: string | null }>(
    `SELECT max(day)::text AS day FROM mirror.runs WHERE state IN ('certified', 'held')`,
  );
  return rows[0]?.day ?? null;
}

async function withinPatience(client: pg.PoolClient, patienceMs: number, { sql, values }: Wanted, since: string) {
  try {
    return await inTransaction(client, async () => {
      await client.query(`SET LOCAL statement_timeout = ${patienceMs}`);
      // As an array rather than by a join: only so the view reads the days of these artifacts alone.
      const { rows } = await client.query(
        `WITH wanted AS (${sql})
         SELECT place, day::text AS day, sum(downloads) AS downloads, days_covered AS "daysCovered"
         FROM report.daily_downloads
         JOIN wanted ON wanted.id = artifact_id
         WHERE artifact_id = ANY (ARRAY(SELECT id FROM wanted)) AND day >= $${values.length + 1}::date
         GROUP BY place, day, days_covered`,
        [...values, since],
      );
      return z.array(countedSchema).parse(rows);
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === BROKEN_OFF) return null;
    throw error;
  }
}
