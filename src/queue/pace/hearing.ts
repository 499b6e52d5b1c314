import type { SharedQuiet } from '../../catalog/shared-pace.ts';
import type { Clock } from '../../clock.ts';

/**
 * What was heard of a quiet holds for so long, for all requests of a process: one that is under way cannot be called back
 * either, and asking before each of them took longer than reading a page of 200 that has not changed.
 */
export const HEARD_FOR_MS = 50;
/** From then on the next answer is asked for, so that nobody has to wait for it. */
const ASK_AHEAD_AFTER_MS = 20;

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
  let last: Answer | null = null;
  let next: Answer | null = null;
  const age = ({ askedAtMs }: Answer): number => Math.abs(clock.now().getTime() - askedAtMs);
  const askNow = (): Answer => {
    const asked = { askedAtMs: clock.now().getTime(), quiet: ask() };
    next = asked;
    void asked.quiet.finally(() => {
      if (next !== asked) return;
      last = asked;
      next = null;
    });
    return asked;
  };
  return {
    quiet() {
      if (last === null || age(last) > HEARD_FOR_MS) return (next ?? askNow()).quiet;
      if (next === null && age(last) > ASK_AHEAD_AFTER_MS) askNow();
      return last.quiet;
    },
    forget() {
      last = null;
      next = null;
    },
  };
}
