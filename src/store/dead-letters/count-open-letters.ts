import type pg from 'pg';
import { z } from 'zod';

/** How many letters of an organization's listing of one kind are open. */
export interface OpenLetters {
  readonly organization: string;
  readonly kind: string;
  readonly open: number;
}

const rowsSchema = z.array(
  z.object({ organization: z.string(), kind: z.string(), open: z.number() }),
) satisfies z.ZodType<OpenLetters[]>;

/** Of every listing that has an open letter. */
export async function countOpenLetters(db: pg.Pool | pg.PoolClient): Promise<readonly OpenLetters[]> {
  const { rows } = await db.query(
    `SELECT organization, kind, count(*)::integer AS open
     FROM mirror.dead_letters
     WHERE state = 'open'
     GROUP BY organization, kind`,
  );
  return rowsSchema.parse(rows);
}
