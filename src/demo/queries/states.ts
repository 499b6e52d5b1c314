import type pg from 'pg';
import { z } from 'zod';
import { RUN_STATES } from '../../mirror/types.ts';
import type { DemoSummary } from '../summary.ts';

const stateSchema = z.object({ state: z.enum(RUN_STATES), count: z.number() });

const STATES =
  'SELECT state, count(*)::integer AS count FROM report.run_history GROUP BY state ORDER BY count DESC, state';

/** How many runs ended how; states without a run are left out. */
export async function readStates(db: pg.Pool | pg.PoolClient): Promise<DemoSummary['runs']> {
  return z.array(stateSchema).parse((await db.query(STATES)).rows);
}
