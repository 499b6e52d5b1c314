import type pg from 'pg';
import { letterJobSchema } from '../../letters/queued-letter.ts';
import type { LetterArchive } from '../../letters/types.ts';
import { queryWatched } from '../connection.ts';

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
  const cutoff = (): Date => new Date(now().getTime() - keepDays * DAY_MS);
  return {
    async expired(limit) {
      if (keepDays === 0) return [];
      const { rows } = await queryWatched(
        pool,
        `SELECT id::text AS "letterId", error_class AS "errorClass"
         FROM mirror.dead_letters
         WHERE closed_at < $1
         ORDER BY closed_at, dead_letters.id
         LIMIT $2`,
        [cutoff(), limit],
      );
      return rows.map((row) => letterJobSchema.parse(row));
    },
    async remove(letterIds) {
      // A closed letter is never opened again: what was expired a moment ago still is.
      await queryWatched(pool, "DELETE FROM mirror.dead_letters WHERE id = ANY ($1::bigint[]) AND state <> 'open'", [
        letterIds,
      ]);
    },
    async removeFindings(limit) {
      if (keepDays === 0) return 0;
      const { rowCount } = await queryWatched(
        pool,
        `DELETE FROM mirror.run_absences AS absence
         USING (
           SELECT run_id, artifact_id FROM mirror.run_absences JOIN mirror.runs AS run ON run.id = run_id
           WHERE run.state IN ('held', 'inexact', 'partial') AND run.finished_at < $1
             AND NOT EXISTS (
               SELECT FROM mirror.dead_letters AS letter
               WHERE letter.run_id = run.id AND letter.error_class = 'suspicious_removal'
             )
           LIMIT $2
         ) AS old
         WHERE absence.run_id = old.run_id AND absence.artifact_id = old.artifact_id`,
        [cutoff(), limit],
      );
      return rowCount ?? 0;
    },
  };
}
