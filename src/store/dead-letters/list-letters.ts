import type pg from 'pg';
import { LETTER_COLUMNS, type Letter, letterRowSchema } from './letter.ts';
import { FITS_FILTER, filterValues, type LetterFilter } from './letter-filter.ts';

/**
 * The newest failures first, without their payloads.
 *
 * @param limit the most letters; null for all
 */
export async function listLetters(
  db: pg.Pool | pg.PoolClient,
  filter: LetterFilter,
  limit: number | null,
): Promise<readonly Letter[]> {
  const { rows } = await db.query(
    `SELECT ${LETTER_COLUMNS}, NULL AS payload
     FROM mirror.dead_letters AS letter
     WHERE ${FITS_FILTER}
     ORDER BY letter.last_failed_at DESC, letter.id DESC
     LIMIT $7`,
    [...filterValues(filter), limit],
  );
  return rows.map((row) => letterRowSchema.parse(row));
}
