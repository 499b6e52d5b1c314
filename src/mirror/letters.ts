import type { Failure } from '../catalog/failure.ts';
import type { LetterLevel } from '../letters/types.ts';
import type { Removal } from '../store/apply/apply-night.ts';
import type { NewLetter } from '../store/apply/file-letters.ts';
import type { PageFailure } from '../walk/reading.ts';

/** The letter of a page that was given up. */
export function pageLetter({ page, failure }: PageFailure): NewLetter {
  return letterOf(failure, 'page', page);
}

/** The letter of an organization of which nothing could be read or stored. */
export function organizationLetter(failure: Failure): NewLetter {
  return letterOf(failure, 'organization', null);
}

/** The letter of a held run: which artifacts it would have withdrawn. */
export function removalLetter(removal: Removal, absentIds: readonly string[]): NewLetter {
  return {
    errorClass: 'suspicious_removal',
    errorType: null,
    level: 'organization',
    page: null,
    status: null,
    detail:
      `${removal.withdrawn} of ${removal.currentBefore} artifacts are proved absent, more than may go without a ` +
      'person: check in the catalog whether they are meant to be gone, and approve it with dead-letters replay',
    payload: JSON.stringify({ absent: absentIds }),
    attempts: 1,
  };
}

function letterOf(failure: Failure, level: LetterLevel, page: number | null): NewLetter {
  return {
    errorClass: failure.class,
    errorType: failure.type,
    level,
    page,
    status: failure.status,
    detail: `could not ${failure.operation} (${failure.subject}): ${failure.detail}`,
    payload: failure.payload,
    attempts: failure.attempts,
  };
}
