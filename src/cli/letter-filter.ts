import { FAILURE_CLASSES } from '../catalog/failure.ts';
import { LETTER_LEVELS } from '../letters/types.ts';
import { LETTER_STATES } from '../store/dead-letters/letter.ts';
import type { LetterFilter } from '../store/dead-letters/letter-filter.ts';
import { UsageError } from './usage-error.ts';

/** The options that say which letters are meant, as they were typed. */
export interface LetterFilterOptions {
  readonly class?: string;
  readonly type?: string;
  readonly organization?: string;
  readonly level?: string;
  /** `all` for letters in any state. */
  readonly state?: string;
  readonly since?: string;
}

/**
 * Reads the options that say which letters are meant.
 *
 * @param now what an age in `since` counts from
 * @throws UsageError naming what may be written
 */
export function letterFilterOf(options: LetterFilterOptions, now: Date): LetterFilter {
  const { class: errorClass, type: errorType, organization, level, state, since } = options;
  return {
    errorClass: oneOf(FAILURE_CLASSES, errorClass, ['class', 'The classes are']),
    errorType,
    organization,
    level: oneOf(LETTER_LEVELS, level, ['level', 'The levels are']),
    state: state === 'all' ? undefined : oneOf(LETTER_STATES, state, ['letter state', 'The states are'], ', or all'),
    since: since === undefined ? undefined : momentOf(since, now),
  };
}

function oneOf<Value extends string>(
  values: readonly Value[],
  text: string | undefined,
  [what, introduction]: readonly [what: string, introduction: string],
  more = '',
): Value | undefined {
  if (text === undefined) return undefined;
  const value = values.find((one) => one === text);
  if (value !== undefined) return value;
  throw new UsageError(`There is no ${what} "${text}".`, `${introduction}: ${values.join(', ')}${more}.`);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 60 * 60_000,
  d: 24 * 60 * 60_000,
  w: 7 * 24 * 60 * 60_000,
};

/** A date, which begins at midnight UTC, or an age. */
function momentOf(text: string, now: Date): Date {
  const [, amount, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) {
    return new Date(now.getTime() - Number(amount) * (UNIT_MS[unit] ?? 0));
  }
  const date = new Date(`${text}T00:00:00Z`);
  // JavaScript makes the 2nd of March of a 30th of February.
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && date.getTime() > 0 && date.toISOString().startsWith(text)) return date;
  throw new UsageError(
    `"${text}" is neither a date nor an age.`,
    'Write a date such as 2025-01-08 (midnight UTC), or an age such as 30m, 12h, 7d or 4w.',
  );
}
