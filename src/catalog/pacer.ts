import type { Clock } from '../clock.ts';
import { createLine } from './line.ts';
import { createQuiet } from './quiet.ts';
import type { SharedPace } from './shared-pace.ts';

/**
 * Decides when a request may be sent, for all requests with one token: a 429 that one of them meets slows them all
 * (design section 6), and `CATALOG_MAX_REQUESTS_PER_SECOND` spaces them. With a shared pace both hold over all processes
 * that share it, without one in this process alone.
 */
export interface RequestPacer {
  /**
   * Resolves when it is this request's turn; rejects with the signal's reason when it aborts.
   *
   * @param onQuiet called before each wait because of a 429, whoever met it, with its length in milliseconds
   */
  turn(signal?: AbortSignal, onQuiet?: (milliseconds: number) => void): Promise<void>;
  /** The catalog asked for quiet: no turn within the next `milliseconds`. */
  slowDown(milliseconds: number): void;
  /** The catalog answered: whatever quiet it had asked for was enough. */
  answered(): void;
  /** For how long the catalog has been asking for quiet without answering any request, in milliseconds. */
  quietFor(): number;
}

export interface PacerOptions {
  readonly clock: Clock;
  /** The most requests in a second, wherever it is cut; undefined for no limit. They are spaced evenly. */
  readonly maxRequestsPerSecond?: number | undefined;
  readonly shared?: SharedPace | undefined;
}

/**
 * Over how many milliseconds the requests of a second are spread: one that is sent or arrives up to 20 ms later than its
 * turn makes no second fuller than allowed.
 */
const SPREAD_MS = 1_020;

export function createRequestPacer({ clock, maxRequestsPerSecond, shared }: PacerOptions): RequestPacer {
  const interval = maxRequestsPerSecond === undefined ? 0 : SPREAD_MS / maxRequestsPerSecond;
  const now = (): number => clock.now().getTime();
  const quiet = createQuiet(clock);
  const inLine = createLine();
  let nextSlot = Number.NEGATIVE_INFINITY;

  const ownSlot = async (signal: AbortSignal | undefined): Promise<void> => {
    const slot = Math.max(now(), nextSlot);
    nextSlot = slot + interval;
    if (slot > now()) await clock.sleep(slot - now(), signal);
  };

  // Of each process one request at a time has a slot: one that dies, or hands its work back, takes no more with it.
  const sharedSlot = (pace: SharedPace, signal: AbortSignal | undefined): Promise<void> =>
    inLine(async () => {
      const inMs = await pace.takeSlot(interval);
      if (inMs === null) await ownSlot(signal);
      else if (inMs > 0) await clock.sleep(inMs, signal);
    }, signal);

  /** Hears of a quiet that another process met, and of an answer that one got. */
  const hear = async (pace: SharedPace): Promise<void> => {
    const heard = await pace.quiet();
    if (heard === null) return;
    if (heard.lastedMs > 0 || heard.endsInMs > 0) quiet.prolong(heard.endsInMs, heard.lastedMs);
    else quiet.answered();
  };

  return {
    async turn(signal, onQuiet) {
      for (;;) {
        signal?.throwIfAborted();
        await quiet.over(signal, onQuiet);
        const known = quiet.until;
        if (interval > 0) await (shared === undefined ? ownSlot(signal) : sharedSlot(shared, signal));
        if (shared !== undefined) await hear(shared);
        // A quiet that was asked for during the wait counts for this request too.
        if (quiet.until === known || quiet.until <= now()) break;
      }
      signal?.throwIfAborted();
    },
    slowDown(milliseconds) {
      quiet.prolong(milliseconds);
      void shared?.slowDown(milliseconds);
    },
    answered() {
      if (quiet.lasted() > 0) void shared?.answered();
      quiet.answered();
    },
    quietFor: () => quiet.lasted(),
  };
}
