import type pg from 'pg';
import type { Letter } from '../../store/dead-letters/letter.ts';
import type { LetterFilter } from '../../store/dead-letters/letter-filter.ts';
import { readLetter } from '../../store/dead-letters/read-letter.ts';
import { requireRowId } from '../row-id.ts';
import { UsageError } from '../usage-error.ts';

/** The command that shows the ids of letters. */
export const LETTERS_LISTING = 'catalog-mirror dead-letters list';

/** Checks that an argument can be the id of a letter before the database is asked for it. */
export function requireLetterId(text: string): string {
  return requireRowId(text, 'letter', LETTERS_LISTING);
}

/**
 * Letters are named by their ids or by what they have in common, not by both; and never all of them by naming nothing.
 *
 * @param verb what is to be done with them: `discard`
 */
export function requireOneChoice(letterIds: readonly string[], filter: LetterFilter, verb: string): void {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (isFiltered !== letterIds.length > 0) return;
  throw new UsageError(
    isFiltered ? 'Ids and filters are given, which would be two choices.' : `Which letters to ${verb} is not said.`,
    `Name them by their ids, or by --class, --type, --organization, --level or --since: \`${LETTERS_LISTING}\` shows both.`,
  );
}

/** @throws UsageError where there is no letter of that id, or it cannot be one */
export async function requireLetter(pool: pg.Pool, letterId: string): Promise<Letter> {
  const letter = await readLetter(pool, letterId);
  if (letter !== null) return letter;
  throw new UsageError(`There is no letter ${letterId}.`, `Run \`${LETTERS_LISTING}\` to see the ids.`);
}
