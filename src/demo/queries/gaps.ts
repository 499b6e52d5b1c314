import type pg from 'pg';
import { z } from 'zod';
import { RUN_STATES } from '../../mirror/types.ts';
import type { DemoGap } from '../summary.ts';

const gapSchema = z.object({
  day: z.iso.date(),
  organizations: z.array(z.string()),
  states: z.array(z.enum(RUN_STATES)),
});

const GAPS = `
  SELECT
    coverage.day::text,
    array_agg(DISTINCT coverage.organization ORDER BY coverage.organization) AS organizations,
    coalesce(array_agg(DISTINCT run.state ORDER BY run.state) FILTER (WHERE run.state IS NOT NULL), '{}') AS states
  FROM report.coverage AS coverage
  LEFT JOIN report.run_history AS run
    ON run.kind = coverage.kind AND run.organization = coverage.organization AND run.day = coverage.day
  WHERE NOT coverage.covered
  GROUP BY coverage.day
  ORDER BY coverage.day`;

/** The days that are not covered, whose, and how the runs of these ended; the earliest first. */
export async function readGaps(db: pg.Pool | pg.PoolClient): Promise<readonly DemoGap[]> {
  return z.array(gapSchema).parse((await db.query(GAPS)).rows);
}
