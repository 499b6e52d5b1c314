import type { Clock } from '../clock.ts';

/**
 * Decides when a request may be sent, for all requests of one client in this process: a 429 that one of them meets
 * slows them all (design section 6), and `CATALOG_MAX_REQUESTS_PER_SECOND` spaces them.
 */
export interface RequestPacer {
  /** Resolves when it is this request's turn; rejects with the signal's reason when it aborts. */
  turn(signal?: AbortSignal): Promise<void>;
  /** The catalog asked for quiet: no turn within the next `milliseconds`. */
  slowDown(milliseconds: number): void;
  /** The catalog answered: whatever quiet it had asked for was enough. */
  answered(): void;
  /** For how long the catalog has been asking for quiet without answering any request, in milliseconds. */
  quietFor(): number;
}

export interface PacerOptions {
  readonly clock: Clock;
  /** The most requests in a second; undefined for no limit. Spaced evenly, so that no second of any cut has more. */
  readonly maxRequestsPerSecond?: number | undefined;
}

/** A quiet that ended this long ago without a word since is another matter: the night before, perhaps. */
const FORGOTTEN_AFTER_MS = 60_000;

export function createRequestPacer({ clock, maxRequestsPerSecond }: PacerOptions): RequestPacer {
  const interval = maxRequestsPerSecond === undefined ? 0 : 1000 / maxRequestsPerSecond;
  const now = (): number => clock.now().getTime();
  let quietUntil = Number.NEGATIVE_INFINITY;
  let quietSince: number | null = null;
  let nextSlot = Number.NEGATIVE_INFINITY;

  const isForgotten = (): boolean => now() > quietUntil + FORGOTTEN_AFTER_MS;

  /** Waits out the quiet, also one that is prolonged meanwhile. Trusts its sleep: a clock that jumps must not trap it. */
  const quiet = async (signal: AbortSignal | undefined): Promise<void> => {
    for (let until: number | null = null; until !== quietUntil && now() < quietUntil; ) {
      until = quietUntil;
      await clock.sleep(until - now(), signal);
    }
  };

  return {
    async turn(signal) {
      for (;;) {
        signal?.throwIfAborted();
        await quiet(signal);
        const known = quietUntil;
        const slot = Math.max(now(), nextSlot);
        nextSlot = slot + interval;
        if (slot > now()) await clock.sleep(slot - now(), signal);
        // A quiet that was asked for during the wait counts for this request too.
        if (known === quietUntil) return;
      }
    },
    slowDown(milliseconds) {
      if (isForgotten()) quietSince = null;
      quietUntil = Math.max(quietUntil, now() + milliseconds);
      quietSince ??= now();
    },
    answered() {
      quietSince = null;
    },
    quietFor() {
      return quietSince === null || isForgotten() ? 0 : now() - quietSince;
    },
  };
}
