import type { Clock } from '../clock.ts';
import { Failure } from './failure.ts';
import type { RequestPacer } from './pacer.ts';
import { policyOf } from './policy.ts';

/** How long and how often a read is tried. All times in milliseconds. */
export interface RetryLimits {
  /** Tries in all, the first included; those that met a 429 do not count. */
  readonly tries: number;
  /** Spent on tries and the pauses between them before it is given up; waits for a 429 do not count. */
  readonly totalMs: number;
  /** The pause before the second try is at most this, before each further one at most twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** In all, waiting because of 429. */
  readonly rateLimitMs: number;
}

/** Design section 6; the 15 minutes too. */
export const DEFAULT_LIMITS: RetryLimits = {
  tries: 5,
  totalMs: 60_000,
  firstPauseMs: 500,
  longestPauseMs: 15_000,
  rateLimitMs: 15 * 60_000,
};

/** What was spent on one read so far. */
export interface RetryState {
  /** Failed tries that count. */
  readonly tries: number;
  /** Answers 429. */
  readonly rateLimited: number;
  readonly spentMs: number;
  readonly waitedMs: number;
  /** How long the catalog has answered nothing but 429, to anybody who uses the same pacer. */
  readonly quietForMs: number;
}

export type RetryDecision =
  | { readonly again: true; readonly waitMs: number; readonly because: 'backoff' | 'rate_limited' }
  /** `reason` is a sentence part, or null where the class is never tried again. */
  | { readonly again: false; readonly reason: string | null };

/** The longest pause before try number `failed` + 1. */
function ceiling(failed: number, limits: RetryLimits): number {
  return Math.min(limits.longestPauseMs, limits.firstPauseMs * 2 ** (failed - 1));
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`;

/**
 * What follows a failure. Pure.
 *
 * @param state with this failure counted
 * @param random in [0, 1), for the jitter
 */
export function decideRetry(failure: Failure, state: RetryState, limits: RetryLimits, random: number): RetryDecision {
  const { retry } = policyOf(failure.class);
  if (retry === 'never') return { again: false, reason: null };
  if (retry === 'wait') {
    // A server that does not say how long, or says 0, is asked again after a pause that grows and is never nothing:
    // these waits cost no try, so that without a pause they would have no end.
    const pause = ceiling(state.rateLimited, limits) * (0.5 + random / 2);
    const waitMs = failure.retryAfterMs === null || failure.retryAfterMs <= 0 ? pause : failure.retryAfterMs;
    const wouldHaveWaited = Math.max(state.waitedMs, state.quietForMs) + waitMs;
    if (wouldHaveWaited <= limits.rateLimitMs) return { again: true, waitMs, because: 'rate_limited' };
    const asked = failure.retryAfterMs === null ? '' : ` and asks for ${seconds(failure.retryAfterMs)} more`;
    return {
      again: false,
      reason: `it has kept us waiting for ${seconds(Math.max(state.waitedMs, state.quietForMs))}${asked}; the most is ${seconds(limits.rateLimitMs)}`,
    };
  }
  if (state.tries >= limits.tries) return { again: false, reason: `given up after ${state.tries} tries` };
  const waitMs = ceiling(state.tries, limits) * random;
  if (state.spentMs + waitMs < limits.totalMs) return { again: true, waitMs, because: 'backoff' };
  const tries = state.tries === 1 ? 'one try' : `${state.tries} tries`;
  return { again: false, reason: `given up after ${tries} in ${seconds(state.spentMs)}` };
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Shared by all that use the same token, so that a 429 slows them all. */
  readonly pacer: RequestPacer;
  readonly limits?: RetryLimits | undefined;
  /** Called before each request: how many were made is how often this was called. */
  readonly onRequest?: (() => void) | undefined;
  /** Called before each pause, with the failure that made it necessary. */
  readonly onRetry?: ((failure: Failure, waitMs: number) => void) | undefined;
  /** Called before each wait that a 429 asked for, also one that another read met, with its length in milliseconds. */
  readonly onQuiet?: ((milliseconds: number) => void) | undefined;
}

/**
 * Calls `attempt` until it succeeds or trying again cannot help (design section 6): exponential backoff with full
 * jitter, bounded in tries and in time; a 429 waits as long as Retry-After says, costs no try, and is bounded in total.
 *
 * @throws the last Failure, with how often it was tried; the signal's reason when it aborts; anything else that
 *   `attempt` throws, at once
 */
export async function readWithRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, pacer, limits = DEFAULT_LIMITS } = options;
  let state: RetryState = { tries: 0, rateLimited: 0, spentMs: 0, waitedMs: 0, quietForMs: 0 };
  for (let requests = 1; ; requests += 1) {
    await pacer.turn(signal, options.onQuiet);
    options.onRequest?.();
    const startedAt = clock.now().getTime();
    try {
      const value = await attempt();
      pacer.answered();
      return value;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      signal?.throwIfAborted();
      const rateLimited = error.class === 'rate_limited';
      // Any other answer with a status ends the quiet too; a network that fails says nothing about it.
      if (!rateLimited && error.status !== null) pacer.answered();
      state = {
        tries: state.tries + (rateLimited ? 0 : 1),
        rateLimited: state.rateLimited + (rateLimited ? 1 : 0),
        spentMs: state.spentMs + Math.max(0, clock.now().getTime() - startedAt),
        waitedMs: state.waitedMs,
        quietForMs: pacer.quietFor(),
      };
      const decision = decideRetry(error, state, limits, clock.random());
      if (!decision.again) throw error.givenUp(requests, decision.reason);
      options.onRetry?.(error, decision.waitMs);
      if (decision.because === 'rate_limited') {
        // The pacer does the waiting, for this read and for all others.
        pacer.slowDown(decision.waitMs);
        state = { ...state, waitedMs: state.waitedMs + decision.waitMs };
      } else {
        await clock.sleep(decision.waitMs, signal);
        state = { ...state, spentMs: state.spentMs + decision.waitMs };
      }
    }
  }
}
