import type pg from 'pg';
import { z } from 'zod';
import { dailyRates } from '../../report/daily-rates.ts';
import { daysBefore } from '../../report/days.ts';
import type { DemoMover } from '../summary.ts';
import { countedDaysSchema } from './counted-days.ts';

/** Both windows of a mover. */
const DAYS = 14;

const moverSchema = z.object({
  name: z.string(),
  downloads: z.coerce.number(),
  previousDownloads: z.coerce.number(),
  change: z.coerce.number(),
  daily: countedDaysSchema,
});

/** The daily rows are read once for all movers, and so is the view: it costs the same for one of them as for all. */
const MOVERS = `
  WITH mover AS MATERIALIZED (
    SELECT kind, owner, name, downloads, previous_downloads, change
    FROM report.movers
    WHERE window_days = 7 AND change <> 0
    ORDER BY abs(change) DESC, name, kind, owner
    LIMIT $2
  ), daily AS (
    SELECT kind, owner, name, daily.day, daily.days_covered, sum(daily.downloads) AS downloads
    FROM report.daily_downloads AS daily
    JOIN mover USING (kind, owner, name)
    WHERE daily.day >= $1
    GROUP BY kind, owner, name, daily.day, daily.days_covered
  ), series AS (
    SELECT kind, owner, name,
      jsonb_agg(jsonb_build_object('day', day, 'downloads', downloads, 'daysCovered', days_covered)) AS daily
    FROM daily
    GROUP BY kind, owner, name
  )
  SELECT name, mover.downloads::text, mover.previous_downloads::text AS "previousDownloads", mover.change::text, daily
  FROM mover
  LEFT JOIN series USING (kind, owner, name)
  ORDER BY mover.change DESC, name, kind, owner`;

/**
 * The models whose downloads of the last seven days differ most from those of the seven before, whichever way: what
 * gained most first, what lost most last. None of which either week is unknown.
 */
export async function readMovers(
  db: pg.Pool | pg.PoolClient,
  lastDay: string,
  limit: number,
): Promise<readonly DemoMover[]> {
  const firstDay = daysBefore(lastDay, DAYS - 1);
  const { rows } = await db.query(MOVERS, [firstDay, limit]);
  return rows.map((row) => {
    const { daily, ...mover } = moverSchema.parse(row);
    return { ...mover, daily: dailyRates(daily, firstDay, lastDay) };
  });
}
