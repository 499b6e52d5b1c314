import type pg from 'pg';
import { letterJobSchema, queuedLetterSchema } from '../../letters/queued-letter.ts';
import type { LetterOutbox } from '../../letters/types.ts';
import { QUEUED_COLUMNS } from './queued-letter.ts';

/** Where PostgreSQL and the queues differ by what the mirror itself did: a crash between the two loses nothing. */
export function createLetterOutbox(pool: pg.Pool, now: () => Date): LetterOutbox {
  return {
    async pending(limit) {
      const { rows } = await pool.query(
        `SELECT ${QUEUED_COLUMNS}
         FROM mirror.dead_letters
         WHERE queued_at IS NULL AND state = 'open'
         ORDER BY dead_letters.id
         LIMIT $1`,
        [limit],
      );
      return rows.map((row) => queuedLetterSchema.parse(row));
    },
    async markQueued(letterIds) {
      await pool.query('UPDATE mirror.dead_letters SET queued_at = $2 WHERE id = ANY ($1::bigint[])', [
        letterIds,
        now(),
      ]);
    },
    async closed(limit) {
      const { rows } = await pool.query(
        `SELECT id::text AS "letterId", error_class AS "errorClass"
         FROM mirror.dead_letters
         WHERE queued_at IS NOT NULL AND state <> 'open'
         ORDER BY dead_letters.id
         LIMIT $1`,
        [limit],
      );
      return rows.map((row) => letterJobSchema.parse(row));
    },
    async markUnqueued(letterIds) {
      await pool.query(
        "UPDATE mirror.dead_letters SET queued_at = NULL WHERE id = ANY ($1::bigint[]) AND state <> 'open'",
        [letterIds],
      );
    },
  };
}
