import type pg from 'pg';
import { FITS_FILTER, filterValues, type LetterFilter } from './letter-filter.ts';

/** The ids of the open letters that a filter fits, oldest first. */
export async function findOpenLetters(db: pg.Pool | pg.PoolClient, filter: LetterFilter): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT letter.id::text FROM mirror.dead_letters AS letter WHERE ${FITS_FILTER} ORDER BY letter.id`,
    [...filterValues({ ...filter, state: 'open' })],
  );
  return rows.map(({ id }) => id);
}
