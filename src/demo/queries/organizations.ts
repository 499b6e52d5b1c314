import type pg from 'pg';
import { z } from 'zod';
import { dailyRates } from '../../report/daily-rates.ts';
import type { DemoOrganizationSummary } from '../summary.ts';
import { countedDaysSchema } from './counted-days.ts';

const organizationSchema = z.object({
  organization: z.string(),
  artifacts: z.number(),
  guests: z.number(),
  coveredDays: z.number(),
  days: z.number(),
  downloads: z.coerce.number().nullable(),
  resets: z.number(),
  daily: countedDaysSchema,
});

/** By coverage, so that one whose every run failed is not left out. */
const ORGANIZATIONS = `
  WITH mirrored AS (
    SELECT organization, count(DISTINCT day)::integer AS days,
      (count(DISTINCT day) - count(DISTINCT day) FILTER (WHERE NOT covered))::integer AS covered_days
    FROM report.coverage
    GROUP BY organization
  ), listed AS (
    SELECT organization, count(*)::integer AS artifacts,
      count(*) FILTER (WHERE owner <> organization)::integer AS guests
    FROM report.artifacts
    GROUP BY organization
  ), daily AS (
    SELECT organization, day, days_covered, sum(downloads) AS downloads, count(*) FILTER (WHERE reset) AS resets
    FROM report.daily_downloads
    GROUP BY organization, day, days_covered
  ), series AS (
    SELECT organization, sum(downloads)::text AS downloads, sum(resets)::integer AS resets,
      jsonb_agg(jsonb_build_object('day', day, 'downloads', downloads, 'daysCovered', days_covered)) AS daily
    FROM daily
    GROUP BY organization
  )
  SELECT organization, coalesce(artifacts, 0) AS artifacts, coalesce(guests, 0) AS guests,
    covered_days AS "coveredDays", days, downloads, coalesce(resets, 0) AS resets, daily
  FROM mirrored
  LEFT JOIN listed USING (organization)
  LEFT JOIN series USING (organization)
  ORDER BY artifacts DESC, organization`;

/** Each organization and what it was downloaded on each day of a stretch; the largest first. */
export async function readOrganizations(
  db: pg.Pool | pg.PoolClient,
  { firstDay, lastDay }: { readonly firstDay: string; readonly lastDay: string },
): Promise<readonly DemoOrganizationSummary[]> {
  const { rows } = await db.query(ORGANIZATIONS);
  return rows.map((row) => {
    const { daily, ...organization } = organizationSchema.parse(row);
    return { ...organization, daily: dailyRates(daily, firstDay, lastDay) };
  });
}
