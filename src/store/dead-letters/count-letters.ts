import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES, type FailureClass } from '../../catalog/failure.ts';
import { FITS_FILTER, filterValues, type LetterFilter } from './letter-filter.ts';

/** How many letters of a class a filter fits. */
export interface ClassCount {
  readonly errorClass: FailureClass;
  readonly letters: number;
  /** Those of them that are open. */
  readonly open: number;
  /** How often their failures were met in all. */
  readonly occurrences: number;
}

const rowSchema = z.object({
  errorClass: z.enum(FAILURE_CLASSES),
  letters: z.number(),
  open: z.number(),
  occurrences: z.coerce.number(),
}) satisfies z.ZodType<ClassCount>;

/** The letters that a filter fits, counted by class, those with the most open ones first. */
export async function countLetters(db: pg.Pool | pg.PoolClient, filter: LetterFilter): Promise<readonly ClassCount[]> {
  const { rows } = await db.query(
    `SELECT error_class AS "errorClass", count(*)::integer AS letters,
            count(*) FILTER (WHERE state = 'open')::integer AS open, sum(occurrences) AS occurrences
     FROM mirror.dead_letters AS letter
     WHERE ${FITS_FILTER}
     GROUP BY error_class
     ORDER BY 3 DESC, 2 DESC, error_class`,
    [...filterValues(filter)],
  );
  return rows.map((row) => rowSchema.parse(row));
}
