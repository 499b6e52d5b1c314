import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { QueueBackend } from './backend.ts';
import { isConnectionLoss, reasonOf } from './connection-log.ts';
import { workersWithOtherTargets } from './live-workers.ts';
import { type ReadRunsSince, repeatLostFires } from './lost-fires.ts';
import { type Reconciliation, reconcileWhenAlone, wantedSchedules } from './schedules.ts';
import { setSchedule, type WantedSchedule } from './set-schedule.ts';
import { storedSchedules } from './stored-schedules.ts';
import { type ScheduledOrganization, targetId } from './targets.ts';

/** Between two tries to reconcile with a queue that is away, in milliseconds. */
const TRY_AGAIN_MS = 1_000;

export interface KeepSchedulesOptions {
  /** Ends the keeping. */
  readonly signal: AbortSignal;
  readonly readRunsSince: ReadRunsSince;
  /** Called once, when the schedules in the queue are those of the settings. */
  readonly onReconciled?: (result: Reconciliation) => void;
  /** How often it looks whether they are still there, in milliseconds; default 60,000. */
  readonly everyMs?: number;
}

/**
 * Reconciles the schedules with the settings (design section 7), and then sees to it that they stay: a queue that loses
 * them, as a Redis that is emptied does, would never fire again. What it had fired and nobody had mirrored is made up for.
 * A queue that is away when the worker starts is waited for.
 *
 * @throws what the queue throws before the schedules are reconciled, where it is not away; later it tries again
 */
export async function keepSchedules(
  backend: QueueBackend,
  organizations: readonly ScheduledOrganization[],
  options: KeepSchedulesOptions,
): Promise<void> {
  const { signal, readRunsSince, onReconciled, everyMs = 60_000 } = options;
  const result = await reconcileWhenThere(backend, organizations, signal);
  if (result === null) return;
  onReconciled?.(result);
  const wanted = wantedSchedules(organizations);
  const since = backend.clock.now();
  while (!signal.aborted) {
    await backend.clock.sleep(everyMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await restoreSchedules(backend, wanted, { since, readRunsSince });
    } catch (error) {
      // That the queue is away is told already, and once.
      if (!isConnectionLoss(error)) backend.log(`schedules: ${reasonOf(error)}; looking again later`);
    }
  }
}

/** Null where the signal ended it. */
async function reconcileWhenThere(
  backend: QueueBackend,
  organizations: readonly ScheduledOrganization[],
  signal: AbortSignal,
): Promise<Reconciliation | null> {
  while (!signal.aborted) {
    try {
      return await reconcileWhenAlone(backend, organizations, { signal });
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      await backend.clock.sleep(TRY_AGAIN_MS, signal).catch(() => undefined);
    }
  }
  return null;
}

/**
 * Sets again what the queue has lost, and makes up for the fires that it lost since a moment. What is there is left
 * untouched, whatever it says: that is reconcileSchedules()'s.
 */
async function restoreSchedules(
  backend: QueueBackend,
  wanted: readonly WantedSchedule[],
  fires: { readonly since: Date; readonly readRunsSince: ReadRunsSince },
): Promise<void> {
  // Their number is known at a glance; to read a thousand of them each minute would not be.
  if ((await backend.queue(mirrorOrganization.name).getJobSchedulersCount()) >= wanted.length) return;
  const others = await workersWithOtherTargets(backend, wanted);
  if (others !== null && others > 0) return;
  const present = new Set((await storedSchedules(backend)).map(({ id }) => id));
  const missing = wanted.filter((schedule) => !present.has(targetId(schedule)));
  // The fires first: a worker that dies between the two leaves both to the next.
  const made = await repeatLostFires(backend, missing, fires);
  for (const schedule of missing) await setSchedule(backend, schedule);
  backend.log(`schedules: ${missing.length} were gone from the queue, as where it was emptied, and are set again`);
  if (made > 0) backend.log(`schedules: ${made} of them had fired, and their runs were not over: they run now`);
}
