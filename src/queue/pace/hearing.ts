import type { SharedQuiet } from '../../catalog/shared-pace.ts';
import type { Clock } from '../../clock.ts';

/**
 * What was heard of a quiet holds for so long, for all requests of a process: one that is under way cannot be called back
 * either, and asking before each of them took longer than reading a page of 200 that has not changed.
 */
export const HEARD_FOR_MS = 25;
/** After so long the next answer is asked for, whoever makes a request then, so that it need not wait for it. */
export const ASK_AGAIN_AFTER_MS = 10;
/** As long as requests come no further apart than this. */
export const ASK_ON_FOR_MS = 250;

interface Answer {
  readonly askedAtMs: number;
  readonly quiet: Promise<SharedQuiet | null>;
}

/** What a process has heard of a quiet, whichever of its requests asked. */
export interface Hearing {
  /** What was heard within the last HEARD_FOR_MS; null where the store could not be asked. */
  quiet(): Promise<SharedQuiet | null>;
  /** Has the next request ask: the process itself has told the store something else. */
  forget(): void;
}

/** @param ask asks the store; never rejects */
export function createHearing(clock: Clock, ask: () => Promise<SharedQuiet | null>): Hearing {
  const now = (): number => clock.now().getTime();
  let last: Answer | null = null;
  let next: Answer | null = null;
  let wantedAtMs = Number.NEGATIVE_INFINITY;
  const askNow = (): Answer => {
    const asked = { askedAtMs: now(), quiet: ask() };
    next = asked;
    void asked.quiet.finally(() => {
      if (next !== asked) return;
      last = asked;
      next = null;
      // In real time, as the store's clock is; and for no process that has nothing else to do.
      setTimeout(askOn, ASK_AGAIN_AFTER_MS, asked).unref();
    });
    return asked;
  };
  const askOn = (answer: Answer): void => {
    if (last === answer && next === null && now() - wantedAtMs <= ASK_ON_FOR_MS) askNow();
  };
  return {
    quiet() {
      wantedAtMs = now();
      const isFresh = last !== null && Math.abs(wantedAtMs - last.askedAtMs) <= HEARD_FOR_MS;
      return last !== null && isFresh ? last.quiet : (next ?? askNow()).quiet;
    },
    forget() {
      last = null;
      next = null;
    },
  };
}
