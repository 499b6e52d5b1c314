import { Failure } from '../catalog/failure.ts';
import { isLetterClosed } from '../letters/record-replay.ts';
import type { JobOutcome } from '../queue/await-jobs.ts';
import { SettingsError } from '../settings/mistakes.ts';
import { UsageError } from './usage-error.ts';

/** What the commands answer to the shell (design section 7). */
export const EXIT = {
  ok: 0,
  /** A defect; of `doctor`, that something is not well. */
  failure: 1,
  /** Wrong usage or settings, or a part that the settings name cannot be used: a database, a queue, a folder. */
  usage: 2,
  /** Some run is held, inexact or partial. */
  notCertified: 3,
  /** Some run failed; of `list`, the catalog did not answer as it should. */
  runFailed: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a command that ended with an error before it had any result. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof Failure) return error.class === 'internal' ? EXIT.failure : EXIT.usage;
  return error instanceof SettingsError || error instanceof UsageError ? EXIT.usage : EXIT.failure;
}

/** The exit code of `sync`: 4 where some run failed, else 3 where some is not certified or a replayed letter stays open, else 0. */
export function exitCodeOf(outcomes: readonly JobOutcome[]): ExitCode {
  const codes = outcomes.map(exitCodeOfOne);
  if (codes.includes(EXIT.runFailed)) return EXIT.runFailed;
  return codes.includes(EXIT.notCertified) ? EXIT.notCertified : EXIT.ok;
}

function exitCodeOfOne(outcome: JobOutcome): ExitCode {
  switch (outcome.status) {
    case 'closed':
      if (outcome.run.state === 'failed') return EXIT.runFailed;
      return outcome.run.state === 'certified' ? EXIT.ok : EXIT.notCertified;
    case 'replayed':
      return outcome.records.every(isLetterClosed) ? EXIT.ok : EXIT.notCertified;
    case 'failed':
    case 'removed':
      return EXIT.runFailed;
  }
}
