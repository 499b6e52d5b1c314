import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES, type FailureClass } from '../../catalog/failure.ts';
import { LETTER_LEVELS, type LetterLevel } from '../../letters/types.ts';
import { LETTER_STATES, type LetterState } from './letter.ts';

/** A letter, as far as the run that met it last tells of it. */
export interface RunLetter {
  readonly id: string;
  readonly errorClass: FailureClass;
  readonly level: LetterLevel;
  readonly page: number | null;
  readonly state: LetterState;
}

const rowSchema = z
  .object({
    id: z.string(),
    error_class: z.enum(FAILURE_CLASSES),
    level: z.enum(LETTER_LEVELS),
    page: z.number().nullable(),
    state: z.enum(LETTER_STATES),
    count: z.number(),
  })
  .transform(({ error_class: errorClass, ...row }) => ({ ...row, errorClass }));

/**
 * The letters that a run was the last to meet, those of the whole listing first, then by page.
 *
 * @param limit the most letters
 * @returns `count`: how many there are in all
 */
export async function readRunLetters(
  db: pg.Pool,
  runId: string,
  limit: number,
): Promise<{ readonly letters: readonly RunLetter[]; readonly count: number }> {
  const { rows } = await db.query(
    `SELECT id::text, error_class, level, page, state, count(*) OVER ()::integer AS count
     FROM mirror.dead_letters
     WHERE run_id = $1
     ORDER BY array_position($3::text[], level), dead_letters.page, dead_letters.id
     LIMIT $2`,
    [runId, limit, LETTER_LEVELS],
  );
  const letters = rows.map((row) => rowSchema.parse(row));
  return { letters, count: letters[0]?.count ?? 0 };
}
