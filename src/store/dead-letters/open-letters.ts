import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES } from '../../catalog/failure.ts';
import { queuedLetterSchema } from '../../letters/queued-letter.ts';
import type { OpenLetters } from '../../letters/types.ts';
import { queryWatched } from '../connection.ts';
import { QUEUED_COLUMNS } from './queued-letter.ts';

const countSchema = z.object({ errorClass: z.enum(FAILURE_CLASSES), letters: z.number() });

/** The open letters that a queue should show: those that were put into it once. */
export function createOpenLetters(pool: pg.Pool): OpenLetters {
  return {
    async counts() {
      const { rows } = await queryWatched(
        pool,
        `SELECT error_class AS "errorClass", count(*)::integer AS letters
         FROM mirror.dead_letters
         WHERE state = 'open' AND queued_at IS NOT NULL
         GROUP BY error_class`,
      );
      return new Map(rows.map((row) => countSchema.parse(row)).map(({ errorClass, letters }) => [errorClass, letters]));
    },
    async queued(errorClass, afterId, limit) {
      const { rows } = await queryWatched(
        pool,
        `SELECT ${QUEUED_COLUMNS}
         FROM mirror.dead_letters
         WHERE state = 'open' AND queued_at IS NOT NULL AND error_class = $1 AND id > $2::bigint
         ORDER BY dead_letters.id
         LIMIT $3`,
        [errorClass, afterId, limit],
      );
      return rows.map((row) => queuedLetterSchema.parse(row));
    },
    async openAmong(letterIds) {
      const { rows } = await queryWatched<{ id: string }>(
        pool,
        "SELECT id::text FROM mirror.dead_letters WHERE id = ANY ($1::bigint[]) AND state = 'open'",
        [letterIds],
      );
      return new Set(rows.map(({ id }) => id));
    },
  };
}
