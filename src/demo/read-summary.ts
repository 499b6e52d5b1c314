import type pg from 'pg';
import { z } from 'zod';
import { RUN_STATES } from '../mirror/types.ts';
import { dailyRates } from '../report/daily-rates.ts';
import type { DemoSummary } from './summary.ts';

const MOVERS = 8;

const overviewSchema = z.object({
  first_day: z.string(),
  last_day: z.string(),
  nights: z.number(),
  current: z.number(),
  arrived: z.number(),
  withdrawn: z.number(),
  superseded: z.number(),
  restored: z.number(),
  counted: z.coerce.number(),
  resets: z.number(),
  covered_days: z.number(),
  uncovered_days: z.array(z.string()),
});

/** Everything the last screen tells, from the views that every user has. */
const OVERVIEW = `
  WITH span AS (
    SELECT min(day) AS first_day, max(day) AS last_day, count(DISTINCT day)::integer AS nights FROM report.run_history
  ), days AS (
    SELECT day, bool_and(covered) AS covered FROM report.coverage GROUP BY day
  )
  SELECT
    span.first_day::text, span.last_day::text, span.nights,
    (SELECT count(*)::integer FROM report.artifacts) AS current,
    (SELECT count(*)::integer FROM mirror.artifacts AS artifact JOIN mirror.runs AS run ON run.id = artifact.first_run_id
     WHERE run.day > span.first_day) AS arrived,
    (SELECT sum(withdrawn)::integer FROM report.run_history) AS withdrawn,
    (SELECT sum(superseded)::integer FROM report.run_history) AS superseded,
    (SELECT sum(restored)::integer FROM report.run_history) AS restored,
    (SELECT coalesce(sum(downloads), 0)::text FROM report.organization_daily_downloads) AS counted,
    (SELECT coalesce(sum(resets), 0)::integer FROM report.organization_daily_downloads) AS resets,
    (SELECT count(*)::integer FROM days WHERE covered) AS covered_days,
    ARRAY(SELECT day::text FROM days WHERE NOT covered ORDER BY day) AS uncovered_days
  FROM span`;

const dailySchema = z.array(
  z.object({ day: z.string(), downloads: z.number().nullable(), daysCovered: z.number().nullable() }),
);

const organizationSchema = z.object({
  organization: z.string(),
  artifacts: z.number(),
  guests: z.number(),
  downloads: z.coerce.number().nullable(),
  daily: dailySchema,
});

const ORGANIZATIONS = `
  WITH daily AS (
    SELECT organization, day, sum(downloads) AS downloads, max(days_covered) AS days_covered
    FROM report.daily_downloads
    GROUP BY organization, day
  ), series AS (
    SELECT organization, sum(downloads)::text AS downloads,
      jsonb_agg(jsonb_build_object('day', day, 'downloads', downloads, 'daysCovered', days_covered) ORDER BY day) AS daily
    FROM daily
    GROUP BY organization
  )
  SELECT organization, count(*)::integer AS artifacts,
    count(*) FILTER (WHERE owner <> organization)::integer AS guests, series.downloads, series.daily
  FROM report.artifacts
  JOIN series USING (organization)
  GROUP BY organization, series.downloads, series.daily
  ORDER BY artifacts DESC, organization`;

const moverSchema = z.object({
  name: z.string(),
  downloads: z.coerce.number(),
  previous: z.coerce.number().nullable(),
  daily: dailySchema,
});

/** Downloads of the last seven days and of the seven before, by name. */
const WEEKS_MOVERS = `
  WITH two_weeks AS (
    SELECT name, day, sum(downloads) AS downloads, max(days_covered) AS days_covered
    FROM report.daily_downloads
    WHERE day > $1::date - 14
    GROUP BY name, day
  )
  SELECT name,
    sum(downloads) FILTER (WHERE day > $1::date - 7)::text AS downloads,
    sum(downloads) FILTER (WHERE day <= $1::date - 7)::text AS previous,
    jsonb_agg(jsonb_build_object('day', day, 'downloads', downloads, 'daysCovered', days_covered) ORDER BY day) AS daily
  FROM two_weeks
  GROUP BY name
  HAVING sum(downloads) FILTER (WHERE day > $1::date - 7) > 0
  ORDER BY sum(downloads) FILTER (WHERE day > $1::date - 7) DESC, name
  LIMIT $2`;

const stateSchema = z.object({ state: z.enum(RUN_STATES), count: z.number() });

/** What a played month looks like in the mirror. At least one run must be over. */
export async function readDemoSummary(pool: pg.Pool): Promise<Omit<DemoSummary, 'elapsedMs' | 'nextSteps'>> {
  const overview = overviewSchema.parse((await pool.query(OVERVIEW)).rows[0]);
  const { first_day: firstDay, last_day: lastDay } = overview;
  const states = await pool.query('SELECT state, count(*)::integer AS count FROM report.run_history GROUP BY state');
  const organizations = await pool.query(ORGANIZATIONS);
  const movers = await pool.query(WEEKS_MOVERS, [lastDay, MOVERS]);
  const twoWeeksAgo = new Date(Date.parse(`${lastDay}T00:00:00Z`) - 13 * 24 * 60 * 60 * 1000)
    .toISOString()
    .slice(0, 10);
  return {
    firstDay,
    lastDay,
    nights: overview.nights,
    runs: states.rows.map((row) => stateSchema.parse(row)),
    artifacts: {
      current: overview.current,
      arrived: overview.arrived,
      withdrawn: overview.withdrawn,
      superseded: overview.superseded,
      restored: overview.restored,
    },
    downloads: { counted: overview.counted, resets: overview.resets },
    coveredDays: overview.covered_days,
    uncoveredDays: overview.uncovered_days,
    organizations: organizations.rows.map((row) => {
      const { daily, ...organization } = organizationSchema.parse(row);
      return { ...organization, daily: dailyRates(daily, firstDay, lastDay) };
    }),
    movers: movers.rows.map((row) => {
      const { daily, previous, ...mover } = moverSchema.parse(row);
      return { ...mover, previousDownloads: previous, daily: dailyRates(daily, twoWeeksAgo, lastDay) };
    }),
  };
}
