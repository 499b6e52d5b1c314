import type pg from 'pg';

/** What a test wants of a letter otherwise than usual, by the columns' names. */
export type LetterRow = Readonly<Record<string, string | number | Date | null>>;

let written = 0;

/** Writes a letter of its own identity as a run would have filed it, and returns its id. */
export async function writeLetter(pool: pg.Pool, row: LetterRow = {}): Promise<string> {
  written += 1;
  const at = new Date('2025-01-15T03:00:00Z');
  const columns: LetterRow = {
    error_class: 'timeout',
    level: 'page',
    organization: 'acme',
    kind: 'models',
    run_id: 1,
    detail: 'the catalog did not answer in time',
    attempts: 5,
    first_failed_at: at,
    last_failed_at: at,
    identity: `identity ${written}`,
    ...row,
  };
  const names = Object.keys(columns);
  const { rows } = await pool.query<{ id: string }>(
    `INSERT INTO mirror.dead_letters (${names.join(', ')}) VALUES (${names.map((_, n) => `$${n + 1}`).join(', ')})
     RETURNING id::text`,
    Object.values(columns),
  );
  const [letter] = rows;
  if (letter === undefined) throw new Error('PostgreSQL returned no row for a letter it wrote');
  return letter.id;
}
