import type { Clock } from '../clock.ts';

/** How long nothing may succeed before the rest of a run is given up together, in milliseconds (design section 6). */
export const PATIENCE_MS = 60_000;

/**
 * Watches whether a run still gets anywhere, over the attempts of its job. Waiting because the catalog asked for it is
 * not trying, and neither is the time between two attempts.
 */
export interface Patience {
  succeeded(): void;
  /** `milliseconds` will be spent waiting for a 429 to pass. */
  waits(milliseconds: number): void;
  isOver(): boolean;
  /** How long has been tried since a page succeeded, in milliseconds: for the next attempt. */
  triedInVainMs(): number;
}

/** @param beforeMs what earlier attempts of the run tried in vain, in milliseconds */
export function createPatience(clock: Clock, beforeMs = 0): Patience {
  let since = clock.now().getTime();
  /** Of the time since then, what waits have taken or will have taken by `waitingUntil`. */
  let waited = 0;
  let waitingUntil = since;
  let before = beforeMs;
  const triedInVainMs = (): number => {
    const now = clock.now().getTime();
    const waitedSoFar = waited - Math.max(0, waitingUntil - now);
    return before + now - since - waitedSoFar;
  };
  return {
    succeeded() {
      since = clock.now().getTime();
      waited = Math.max(0, waitingUntil - since);
      before = 0;
    },
    waits(milliseconds) {
      // Pages that wait side by side wait for the same time: only what goes beyond the others' waits is new.
      const now = clock.now().getTime();
      const from = Math.max(now, waitingUntil);
      const until = Math.max(from, now + milliseconds);
      waited += until - from;
      waitingUntil = until;
    },
    isOver: () => triedInVainMs() >= PATIENCE_MS,
    triedInVainMs,
  };
}
