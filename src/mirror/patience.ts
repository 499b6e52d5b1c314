import type { Clock } from '../clock.ts';

/** How long nothing may succeed before the rest of a run is given up together, in milliseconds (design section 6). */
export const PATIENCE_MS = 60_000;

/** Watches whether a run still gets anywhere. Waiting because the catalog asked for it is not trying. */
export interface Patience {
  succeeded(): void;
  /** `milliseconds` will be spent waiting for a 429 to pass. */
  waits(milliseconds: number): void;
  isOver(): boolean;
}

export function createPatience(clock: Clock): Patience {
  let since = clock.now().getTime();
  let waited = 0;
  return {
    succeeded() {
      since = clock.now().getTime();
      waited = 0;
    },
    waits(milliseconds) {
      waited += milliseconds;
    },
    isOver: () => clock.now().getTime() - since - waited >= PATIENCE_MS,
  };
}
