import type pg from 'pg';
import { z } from 'zod';

/** How many artifacts an organization's listing of one kind speaks for. */
export interface SpokenFor {
  readonly organization: string;
  readonly kind: string;
  /** Its own and guests. */
  readonly current: number;
  /** Those that ended when a person retired it, and that nobody has listed since. */
  readonly outOfScope: number;
}

const rowsSchema = z.array(
  z.object({ organization: z.string(), kind: z.string(), current: z.number(), outOfScope: z.number() }),
) satisfies z.ZodType<SpokenFor[]>;

/** Of every listing that speaks for an artifact, or did. Reads each artifact once. */
export async function countSpokenFor(db: pg.Pool | pg.PoolClient): Promise<readonly SpokenFor[]> {
  const { rows } = await db.query(
    `SELECT mirrored_by AS organization, kind,
            count(*) FILTER (WHERE ended_at IS NULL)::integer AS current,
            count(*) FILTER (WHERE ending = 'out_of_scope')::integer AS "outOfScope"
     FROM mirror.artifacts
     GROUP BY mirrored_by, kind`,
  );
  return rowsSchema.parse(rows);
}
