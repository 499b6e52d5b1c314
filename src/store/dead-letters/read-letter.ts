import type pg from 'pg';
import { LETTER_COLUMNS, type Letter, letterRowSchema } from './letter.ts';

/** One letter with its payload; null where there is none of that id. */
export async function readLetter(db: pg.Pool | pg.PoolClient, letterId: string): Promise<Letter | null> {
  const { rows } = await db.query(`SELECT ${LETTER_COLUMNS}, payload FROM mirror.dead_letters WHERE id = $1`, [
    letterId,
  ]);
  return rows.map((row) => letterRowSchema.parse(row))[0] ?? null;
}
