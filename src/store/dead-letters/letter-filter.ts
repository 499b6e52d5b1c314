import type { FailureClass } from '../../catalog/failure.ts';
import type { LetterLevel } from '../../letters/types.ts';
import type { LetterState } from './letter.ts';

/** Which letters are meant: those that every given field fits. */
export interface LetterFilter {
  readonly errorClass?: FailureClass | undefined;
  /** The API's own `type`, to the letter. */
  readonly errorType?: string | undefined;
  readonly organization?: string | undefined;
  readonly level?: LetterLevel | undefined;
  readonly state?: LetterState | undefined;
  /** Those that were met at this moment or later. */
  readonly since?: Date | undefined;
}

/** The condition of a filter, over `$1` to `$6` and the alias `letter`. */
export const FITS_FILTER = `
  ($1::text IS NULL OR letter.error_class = $1)
  AND ($2::text IS NULL OR letter.error_type = $2)
  AND ($3::text IS NULL OR letter.organization = $3)
  AND ($4::text IS NULL OR letter.level = $4)
  AND ($5::text IS NULL OR letter.state = $5)
  AND ($6::timestamptz IS NULL OR letter.last_failed_at >= $6)`;

/** The values of `$1` to `$6`. */
export function filterValues(filter: LetterFilter): readonly (string | Date | null)[] {
  const { errorClass, errorType, organization, level, state, since } = filter;
  return [errorClass, errorType, organization, level, state, since].map((value) => value ?? null);
}
