import type pg from 'pg';
import { letterJobSchema, queuedLetterSchema } from '../../letters/queued-letter.ts';
import type { LetterOutbox } from '../../letters/types.ts';
import { queryWatched } from '../connection.ts';
import { QUEUED_COLUMNS } from './queued-letter.ts';

/** Where PostgreSQL and the queues differ by what the mirror itself did: a crash between the two loses nothing. */
export function createLetterOutbox(pool: pg.Pool): LetterOutbox {
  return {
    async pending(limit) {
      const { rows } = await queryWatched(
        pool,
        `SELECT ${QUEUED_COLUMNS}
         FROM mirror.dead_letters
         WHERE queued_at IS DISTINCT FROM last_failed_at AND state = 'open'
         ORDER BY dead_letters.id
         LIMIT $1`,
        [limit],
      );
      return rows.map((row) => queuedLetterSchema.parse(row));
    },
    async markQueued(letters) {
      await queryWatched(
        pool,
        `UPDATE mirror.dead_letters AS letter SET queued_at = queued.at
         FROM unnest($1::bigint[], $2::timestamptz[]) AS queued (id, at) WHERE letter.id = queued.id`,
        [letters.map(({ letterId }) => letterId), letters.map(({ lastFailedAt }) => lastFailedAt)],
      );
    },
    async closed(limit) {
      const { rows } = await queryWatched(
        pool,
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
      await queryWatched(
        pool,
        "UPDATE mirror.dead_letters SET queued_at = NULL WHERE id = ANY ($1::bigint[]) AND state <> 'open'",
        [letterIds],
      );
    },
  };
}
