import type { JobDefinition } from '../../jobs/job.ts';

/** The name of the backoff that every worker of ours knows. */
const FULL_JITTER = 'full-jitter';

/** What a definition says, in BullMQ's words. */
export function jobOptions<Payload, Result>(definition: JobDefinition<Payload, Result>) {
  return {
    attempts: definition.attempts,
    backoff: { type: FULL_JITTER, delay: definition.backoffMs },
    removeOnComplete: { ...definition.keepCompleted },
    removeOnFail: { ...definition.keepFailed },
    stackTraceLimit: 1,
  };
}

/**
 * The wait before the next try, in whole milliseconds: at random between 0 and `backoffMs` · 2^(attemptsMade - 1), so
 * that many jobs that failed together do not come back together.
 * @param attemptsMade tries that failed so far, at least 1
 * @param random a number in [0, 1)
 */
export function fullJitter(backoffMs: number, attemptsMade: number, random: number): number {
  return Math.floor(random * backoffMs * 2 ** (attemptsMade - 1));
}
