import type pg from 'pg';
import { z } from 'zod';

const rowSchema = z.object({ count: z.number() });

/**
 * How many artifacts a run proved absent: what a replay of a held run's letter approves.
 *
 * @param runId `runs.id`
 */
export async function countProvedAbsent(db: pg.Pool, runId: string): Promise<number> {
  const { rows } = await db.query(
    "SELECT count(*)::integer AS count FROM mirror.run_absences WHERE run_id = $1 AND finding = 'absent'",
    [runId],
  );
  return rowSchema.parse(rows[0]).count;
}
