import { isReachable } from '../store/look.ts';
import { CONNECTION_PATIENCE } from '../store/watch-connection.ts';
import type { MirrorDependencies } from './dependencies.ts';

/**
 * How long an attempt that lost PostgreSQL waits for it, in milliseconds. A restart takes less; three attempts of a job
 * that find nobody still end within the two minutes of design section 6.
 */
const WAIT_MS = 15_000;
const LOOK_EVERY_MS = 500;

/** Where nobody waits for the job it comes back after so long, in milliseconds, until PostgreSQL is there again. */
export const AWAY_RETRY_MS = 5_000;

/**
 * Waits until PostgreSQL takes connections again, so that an attempt that lost it costs one attempt, and the next one
 * finds it there.
 *
 * @returns whether it does
 * @throws the signal's reason where the worker must stop
 */
export async function untilReachable(
  { pool, clock, connectionPatience = CONNECTION_PATIENCE }: MirrorDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  const until = clock.now().getTime() + WAIT_MS;
  while (!(await isReachable(pool, connectionPatience.lookMs))) {
    if (clock.now().getTime() >= until) return false;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  return true;
}
