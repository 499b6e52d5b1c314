import type { Clock } from '../clock.ts';

/** The quiet that a catalog asks for with a 429, as one process knows it. */
export interface Quiet {
  /** Until when, by the process's clock, in milliseconds; changes whenever the quiet is prolonged. */
  readonly until: number;
  /**
   * Waits it out, also where it is prolonged meanwhile. Trusts its sleep: a clock that jumps must not trap it.
   *
   * @param onQuiet called before each wait, with its length in milliseconds
   * @throws the signal's reason when it aborts
   */
  over(signal: AbortSignal | undefined, onQuiet: ((milliseconds: number) => void) | undefined): Promise<void>;
  /**
   * Prolongs it, never shortens it.
   *
   * @param endsInMs from now on; negative for one that is over and after which the catalog has not answered yet
   * @param lastedMs for how long it has been asked for already, where another process met it first
   */
  prolong(endsInMs: number, lastedMs?: number): void;
  /** The catalog answered: whatever quiet it had asked for was enough. */
  answered(): void;
  /** For how long the catalog has been asking for it without answering any request, in milliseconds. */
  lasted(): number;
}

/** A quiet that ended this long ago without a word since is another matter: the night before, perhaps. */
export const FORGOTTEN_AFTER_MS = 60_000;

export function createQuiet(clock: Clock): Quiet {
  const now = (): number => clock.now().getTime();
  let until = Number.NEGATIVE_INFINITY;
  let since: number | null = null;
  const isForgotten = (): boolean => now() > until + FORGOTTEN_AFTER_MS;
  return {
    get until() {
      return until;
    },
    async over(signal, onQuiet) {
      for (let waitedFor: number | null = null; waitedFor !== until && now() < until; ) {
        waitedFor = until;
        const milliseconds = until - now();
        onQuiet?.(milliseconds);
        await clock.sleep(milliseconds, signal);
      }
    },
    prolong(endsInMs, lastedMs = 0) {
      if (isForgotten()) since = null;
      until = Math.max(until, now() + endsInMs);
      since = Math.min(since ?? now(), now() - lastedMs);
    },
    answered() {
      since = null;
    },
    lasted() {
      return since === null || isForgotten() ? 0 : now() - since;
    },
  };
}
