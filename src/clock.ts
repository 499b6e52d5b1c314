import { setTimeout } from 'node:timers/promises';

/**
 * Time and chance as the program sees them. Passed in wherever they are needed, so that a test (and the demo, which
 * replays a recorded month) decides what time it is and nobody has to wait for real.
 */
export interface Clock {
  /** The moment it is. Every time that is stored comes from here, never from the database's now(). */
  now(): Date;
  /** Resolves after `milliseconds`, or rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1), for jitter. */
  random(): number;
}

/** The process's own clock. */
export function createSystemClock(): Clock {
  return {
    now: () => new Date(),
    sleep: async (milliseconds, signal) => {
      await setTimeout(milliseconds, undefined, signal === undefined ? undefined : { signal });
    },
    random: Math.random,
  };
}
