import type pg from 'pg';
import { z } from 'zod';
import { DEMO_CHANGES, type DemoChange, type DemoChangeCounts } from '../summary.ts';

const changeSchema = z.object({
  change: z.enum(DEMO_CHANGES),
  count: z.number(),
  added_new: z.number(),
  day: z.iso.date(),
  name: z.string(),
  version: z.string(),
  downloads: z.coerce.number().nullable(),
});

/** A first night adds all there is: nothing of it arrived. */
const CHANGES = `
  WITH began AS (
    SELECT kind, organization, min(day) AS day FROM report.coverage GROUP BY kind, organization
  ), counted AS (
    SELECT artifact_id, sum(downloads) AS downloads FROM report.daily_downloads GROUP BY artifact_id
  ), change AS (
    SELECT
      each.change, each.day, each.name, each.version, each.artifact_id, counted.downloads,
      count(*) OVER same AS count,
      count(*) FILTER (WHERE each.details ->> 'new' = 'true') OVER same AS added_new,
      row_number() OVER (same ORDER BY counted.downloads DESC NULLS LAST, each.day, each.name, each.artifact_id) AS place
    FROM report.changes AS each
    JOIN began USING (kind, organization)
    LEFT JOIN counted USING (artifact_id)
    WHERE each.day > began.day
    WINDOW same AS (PARTITION BY each.change)
  )
  SELECT change, count::integer, added_new::integer, day::text, name, version, downloads::text
  FROM change
  WHERE change = ANY ($1) AND place <= $2
  ORDER BY array_position($1, change), place`;

export interface Changes {
  readonly counts: DemoChangeCounts;
  readonly most: readonly DemoChange[];
}

/**
 * How much arrived, went and came back after the first night, and the most downloaded of each by name.
 *
 * @param most how many of each to name, at least 1
 */
export async function readChanges(db: pg.Pool | pg.PoolClient, most: number): Promise<Changes> {
  const changes = z.array(changeSchema).parse((await db.query(CHANGES, [[...DEMO_CHANGES], most])).rows);
  const of = (change: DemoChange['change']) => changes.find((row) => row.change === change);
  return {
    counts: {
      arrived: of('added')?.count ?? 0,
      arrivedNew: of('added')?.added_new ?? 0,
      withdrawn: of('withdrawn')?.count ?? 0,
      superseded: of('superseded')?.count ?? 0,
      restored: of('restored')?.count ?? 0,
    },
    most: changes.map(({ change, day, name, version, downloads }) => ({ change, day, name, version, downloads })),
  };
}
