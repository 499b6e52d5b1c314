import type { JobOutcome } from '../queue/await-jobs.ts';

/** What the commands answer to the shell (design section 7). */
export const EXIT = {
  ok: 0,
  /** A defect, or a part that could not be used. */
  failure: 1,
  /** Wrong usage or settings. */
  usage: 2,
  /** Some run is held, inexact or partial. */
  notCertified: 3,
  /** Some run failed. */
  runFailed: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of `sync`: 4 where some run failed, else 3 where some is not certified, else 0. */
export function exitCodeOf(outcomes: readonly JobOutcome[]): ExitCode {
  const isFailed = (outcome: JobOutcome): boolean => outcome.status !== 'closed' || outcome.run.state === 'failed';
  if (outcomes.some(isFailed)) return EXIT.runFailed;
  return outcomes.every((outcome) => outcome.status === 'closed' && outcome.run.state === 'certified')
    ? EXIT.ok
    : EXIT.notCertified;
}
