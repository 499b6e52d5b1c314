import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES } from '../../catalog/failure.ts';
import { LETTER_LEVELS, type LetterOutbox, type QueuedLetter } from '../../letters/types.ts';

const pendingSchema = z.object({
  letterId: z.string(),
  errorClass: z.enum(FAILURE_CLASSES),
  level: z.enum(LETTER_LEVELS),
  organization: z.string(),
  kind: z.string(),
  runId: z.string().nullable(),
  detail: z.string(),
}) satisfies z.ZodType<QueuedLetter>;

/** The letters that PostgreSQL holds and no queue shows yet: a crash between the two loses none. */
export function createLetterOutbox(pool: pg.Pool, now: () => Date): LetterOutbox {
  return {
    async pending(limit) {
      const { rows } = await pool.query(
        `SELECT id::text AS "letterId", error_class AS "errorClass", level, organization, kind,
                run_id::text AS "runId", detail
         FROM mirror.dead_letters
         WHERE queued_at IS NULL AND state = 'open'
         ORDER BY dead_letters.id
         LIMIT $1`,
        [limit],
      );
      return rows.map((row) => pendingSchema.parse(row));
    },
    async markQueued(letterIds) {
      await pool.query('UPDATE mirror.dead_letters SET queued_at = $2 WHERE id = ANY ($1::bigint[])', [
        letterIds,
        now(),
      ]);
    },
  };
}
