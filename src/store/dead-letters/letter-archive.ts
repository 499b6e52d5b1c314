import type pg from 'pg';
import { letterJobSchema } from '../../letters/queued-letter.ts';
import type { LetterArchive } from '../../letters/types.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * The letters that nobody needs any more.
 *
 * @param options.keepDays how long a letter is kept after it was resolved or discarded; 0 keeps all of them
 * @param options.now the process's clock
 */
export function createLetterArchive(
  pool: pg.Pool,
  options: { readonly keepDays: number; readonly now: () => Date },
): LetterArchive {
  const { keepDays, now } = options;
  return {
    async expired(limit) {
      if (keepDays === 0) return [];
      const { rows } = await pool.query(
        `SELECT id::text AS "letterId", error_class AS "errorClass"
         FROM mirror.dead_letters
         WHERE closed_at < $1
         ORDER BY closed_at, dead_letters.id
         LIMIT $2`,
        [new Date(now().getTime() - keepDays * DAY_MS), limit],
      );
      return rows.map((row) => letterJobSchema.parse(row));
    },
    async remove(letterIds) {
      // A closed letter is never opened again: what was expired a moment ago still is.
      await pool.query("DELETE FROM mirror.dead_letters WHERE id = ANY ($1::bigint[]) AND state <> 'open'", [
        letterIds,
      ]);
    },
  };
}
