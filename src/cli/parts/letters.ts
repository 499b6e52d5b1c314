import type pg from 'pg';
import type { Letter } from '../../store/dead-letters/letter.ts';
import { readLetter } from '../../store/dead-letters/read-letter.ts';
import { requireRowId } from '../row-id.ts';
import { UsageError } from '../usage-error.ts';

/** The command that shows the ids of letters. */
export const LETTERS_LISTING = 'catalog-mirror dead-letters list';

/** Checks that an argument can be the id of a letter before the database is asked for it. */
export function requireLetterId(text: string): string {
  return requireRowId(text, 'letter', LETTERS_LISTING);
}

/** @throws UsageError where there is no letter of that id, or it cannot be one */
export async function requireLetter(pool: pg.Pool, letterId: string): Promise<Letter> {
  const letter = await readLetter(pool, letterId);
  if (letter !== null) return letter;
  throw new UsageError(`There is no letter ${letterId}.`, `Run \`${LETTERS_LISTING}\` to see the ids.`);
}
