import type pg from 'pg';
import { z } from 'zod';

const overviewSchema = z.object({
  firstDay: z.iso.date(),
  lastDay: z.iso.date(),
  nights: z.number(),
  current: z.number(),
  guests: z.number(),
  gone: z.number(),
  coveredDays: z.number(),
});

export type Overview = z.infer<typeof overviewSchema>;

/** A day is covered where every organization that had begun by then has a complete run of it. */
const OVERVIEW = `
  SELECT
    span.first_day::text AS "firstDay",
    span.last_day::text AS "lastDay",
    span.nights,
    artifact.current,
    artifact.guests,
    past.gone,
    cover.days AS "coveredDays"
  FROM (
    SELECT min(day) AS first_day, max(day) AS last_day, count(DISTINCT day)::integer AS nights FROM report.run_history
  ) AS span, (
    SELECT count(*)::integer AS current, count(*) FILTER (WHERE owner <> organization)::integer AS guests
    FROM report.artifacts
  ) AS artifact, (
    SELECT count(*)::integer AS gone
    FROM (
      SELECT DISTINCT ON (artifact_id) change
      FROM report.changes
      WHERE change IN ('withdrawn', 'superseded', 'out_of_scope', 'restored')
      ORDER BY artifact_id, at DESC
    ) AS latest
    WHERE change <> 'restored'
  ) AS past, (
    SELECT count(*)::integer AS days
    FROM (SELECT day FROM report.coverage GROUP BY day HAVING bool_and(covered)) AS covered
  ) AS cover`;

/** Over all that was mirrored, but for what was downloaded: organizations.ts reads that. At least one run must be over. */
export async function readOverview(db: pg.Pool | pg.PoolClient): Promise<Overview> {
  return overviewSchema.parse((await db.query(OVERVIEW)).rows[0]);
}
