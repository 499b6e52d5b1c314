import { setMaxListeners } from 'node:events';
import type { Listing } from './catalog/ledger.ts';
import type { FaultName, PlannedFault } from './plan.ts';
import { type Ground, strike } from './strikes.ts';

/** A fault that was given. Times in milliseconds since 1970. */
export interface GivenFault {
  readonly name: FaultName;
  readonly what: string;
  /** Null where it befell more than one. */
  readonly listing: Listing | null;
  readonly from: number;
  readonly to: number;
}

/**
 * Gives the faults of a plan at their times, and ends each at its own. Resolves when all are over.
 *
 * @param options.log told each fault as it begins, with the seconds since the start
 * @param options.signal ends what is under way at once, and begins nothing more
 * @throws where a fault could not be given or ended: then the soak shows nothing
 */
export async function runFaults(
  plan: readonly PlannedFault[],
  ground: Ground,
  options: { readonly log: (line: string) => void; readonly signal: AbortSignal },
): Promise<readonly GivenFault[]> {
  const { log, signal } = options;
  const startedAt = Date.now();
  // Every fault that is under way waits for it.
  setMaxListeners(0, signal);
  const given: GivenFault[] = [];
  const give = async (fault: PlannedFault): Promise<void> => {
    const from = Date.now();
    const { what, listing = null, end } = await strike(fault, ground);
    log(`${fault.name}: ${what}${fault.seconds >= 1 ? `, for ${Math.round(fault.seconds)} s` : ''}`);
    await pause(fault.seconds * 1_000, signal);
    await end();
    given.push({ name: fault.name, what, listing, from, to: Date.now() });
  };
  const underWay: Promise<void>[] = [];
  for (const fault of plan) {
    await pause(startedAt + fault.at * 1_000 - Date.now(), signal);
    if (signal.aborted) break;
    underWay.push(give(fault));
  }
  for (const settled of await Promise.allSettled(underWay)) if (settled.status === 'rejected') throw settled.reason;
  return given.sort((a, b) => a.from - b.from);
}

/** Resolves after a time, or when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true || milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal?.addEventListener('abort', over, { once: true });
  });
}
