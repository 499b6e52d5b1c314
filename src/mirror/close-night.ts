import type { Failure } from '../catalog/failure.ts';
import type { Night } from '../store/apply/apply-night.ts';
import type { WalkFigures } from '../store/apply/close-run.ts';
import type { ApplyContext } from '../store/apply/context.ts';
import { failRun } from '../store/apply/fail-run.ts';
import type { RunSession } from '../store/run-session.ts';
import type { Staging } from '../store/staging.ts';
import type { PageFailure } from '../walk/reading.ts';
import type { WalkResult } from '../walk/walk.ts';
import { isHeld } from './gate.ts';
import { organizationLetter, pageLetter, removalLetter } from './letters.ts';
import type { Walked } from './walk-listing.ts';

/**
 * Closes a run whose walk is over, in the state that it has earned (design section 3, "Ends of a run").
 *
 * @param maxRemoval the share of a listing that may be withdrawn without a person, 0 to 1
 * @param spent requests and retries of this attempt
 * @returns false where another worker took the run over: nothing was written
 */
export async function closeNight(
  session: RunSession,
  staging: Staging,
  { result, counts }: Walked,
  context: ApplyContext,
  maxRemoval: number,
  spent: { readonly requests: number; readonly retries: number },
): Promise<boolean> {
  const figures: WalkFigures = {
    passes: result.status === 'read' ? result.passes.length : result.passes,
    ...spent,
  };
  if (result.status === 'broken' && result.staged === 0) {
    const [first] = result.failures;
    return first === undefined ? false : closeFailed(session, first.failure, context, figures);
  }
  const night = nightOf(result, maxRemoval);
  return staging.apply(context, night, figures, counts);
}

/** Closes a run as `failed`: nothing could be read, or the store failed. */
export async function closeFailed(
  session: RunSession,
  failure: Failure,
  context: ApplyContext,
  figures: WalkFigures,
): Promise<boolean> {
  const letter = organizationLetter(failure);
  const end = { state: 'failed', error: `${letter.detail}; ${failure.hint}`, errorClass: failure.class } as const;
  return session.exclusively((client) => failRun(client, session.run, context, { end, letter }, figures));
}

function nightOf(result: WalkResult, maxRemoval: number): Night {
  if (result.status === 'broken') {
    return {
      complete: false,
      proof: null,
      end: {
        state: 'partial',
        error: describeFailures(result.failures),
        errorClass: result.failures[0]?.failure.class ?? null,
      },
      unproved: result.unlisted,
      letters: result.failures.map(pageLetter),
    };
  }
  if (!result.verdict.complete) {
    return {
      complete: false,
      proof: result.proof,
      end: { state: 'inexact', error: result.verdict.reason, errorClass: null },
      unproved: result.proof.unproved,
      letters: [],
    };
  }
  const listed = result.passes.at(-1)?.pages.reduce((sum, page) => sum + page.items, 0) ?? 0;
  return {
    complete: true,
    proof: result.proof,
    provedBy: result.verdict.by === 'one-read' || result.verdict.by === 'two-passes' ? 'list' : 'witnesses',
    isHeld: (removal) => isHeld(removal, listed, maxRemoval),
    heldLetter: removalLetter,
  };
}

function describeFailures(failures: readonly PageFailure[]): string {
  const [first] = failures;
  if (first === undefined) return '';
  const rest = failures.length - 1;
  const others = rest === 0 ? '' : ` (and ${rest} more ${rest === 1 ? 'failure' : 'failures'}: see dead-letters list)`;
  return `${first.failure.message}${others}`;
}
