import pLimit from 'p-limit';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { Failure } from '../catalog/failure.ts';
import type { QueueBackend } from './backend.ts';
import { type EnqueuedMirror, enqueueMirrors } from './enqueue.ts';
import { workersWithOtherTargets } from './live-workers.ts';
import { isAsWanted, setSchedule, type WantedSchedule } from './set-schedule.ts';
import { storedSchedules } from './stored-schedules.ts';
import { type MirrorTarget, type ScheduledOrganization, targetId, targetsOf } from './targets.ts';

/**
 * What reconciling did.
 * - `reconciled`: the schedules in the queue are those of the settings now.
 * - `refused`: another worker is alive that mirrors other organizations; nothing was touched.
 */
export type Reconciliation =
  | {
      readonly status: 'reconciled';
      readonly unchanged: readonly MirrorTarget[];
      readonly added: readonly MirrorTarget[];
      readonly changed: readonly MirrorTarget[];
      readonly removed: readonly MirrorTarget[];
    }
  | { readonly status: 'refused'; readonly reason: string };

/** A schedule as it is in the queue. */
export interface ListedSchedule extends MirrorTarget {
  readonly cron: string;
  readonly timeZone: string;
  readonly next: Date | null;
  /** When it last put its job on the queue, as far as the queue remembers. */
  readonly lastFire: Date | null;
}

/** The schedules that the settings want, in their order. */
export function wantedSchedules(organizations: readonly ScheduledOrganization[]): readonly WantedSchedule[] {
  return organizations.flatMap(({ organization, kinds, cron, timeZone }) =>
    kinds.map((kind) => ({ organization, kind, cron, timeZone })),
  );
}

/** A thousand schedules, one after the other, would be a thousand waits for a disk. */
const SET_SIDE_BY_SIDE = 8;

/**
 * Makes the schedules in the queue those of the settings (design section 7). An unchanged one is left untouched, because
 * BullMQ drops a fire that is due when a schedule is set again; a changed one that was due fires once all the same; one
 * that the settings no longer name is removed. The worker that asks must exist already, so that of two that start
 * together at least one sees the other.
 */
export async function reconcileSchedules(
  backend: QueueBackend,
  organizations: readonly ScheduledOrganization[],
): Promise<Reconciliation> {
  const targets = targetsOf(organizations);
  const others = await workersWithOtherTargets(backend, targets);
  if (others === null) backend.log('the queue does not list its workers: their settings cannot be compared');
  if (others !== null && others > 0) return { status: 'refused', reason: refusal(others) };

  const stored = new Map((await storedSchedules(backend)).map((schedule) => [schedule.id, schedule]));
  const limit = pLimit(SET_SIDE_BY_SIDE);
  const wanted = wantedSchedules(organizations);
  const statuses = await limit.map(wanted, async (schedule) => {
    const old = stored.get(targetId(schedule));
    return old !== undefined && isAsWanted(old, schedule) ? 'unchanged' : setSchedule(backend, schedule);
  });
  for (const target of targets) stored.delete(targetId(target));
  for (const id of stored.keys()) await backend.queue(mirrorOrganization.name).removeJobScheduler(id);
  const of = (status: (typeof statuses)[number]) => targets.filter((_target, at) => statuses[at] === status);
  return {
    status: 'reconciled',
    unchanged: of('unchanged'),
    added: of('added'),
    changed: of('changed'),
    removed: [...stored.values()].map(({ target }) => target),
  };
}

/**
 * Reconciles as soon as no worker with other organizations is alive: at once, or when the last of them is gone, as after
 * a change of the settings that reaches one worker after the other. Says once why it waits.
 * @param options.signal ends the waiting; then null is returned
 * @param options.everyMs how often it looks; default 30,000
 */
export async function reconcileWhenAlone(
  backend: QueueBackend,
  organizations: readonly ScheduledOrganization[],
  options: { readonly signal: AbortSignal; readonly everyMs?: number },
): Promise<Reconciliation | null> {
  const { signal, everyMs = 30_000 } = options;
  for (let tries = 0; !signal.aborted; tries += 1) {
    const result = await reconcileSchedules(backend, organizations);
    if (result.status === 'reconciled') return result;
    if (tries === 0) backend.log(result.reason);
    await backend.clock.sleep(everyMs, signal).catch(() => undefined);
  }
  return null;
}

function refusal(others: number): string {
  const subject =
    others === 1 ? 'another worker is alive that mirrors' : `${others} other workers are alive that mirror`;
  return `${subject} other organizations, so the schedules stay as they are; give all workers the same settings, or stop the others`;
}

/** Every schedule in the queue, the next to fire first. */
export async function listSchedules(backend: QueueBackend): Promise<readonly ListedSchedule[]> {
  const lastFires = await lastFiresById(backend);
  return (await storedSchedules(backend)).map(({ id, target, cron, timeZone, next }) => ({
    ...target,
    cron,
    timeZone,
    next: next === null ? null : new Date(next),
    lastFire: lastFires.get(id) ?? null,
  }));
}

/** The jobs of schedules that are at work or over say when they were due. */
async function lastFiresById(backend: QueueBackend): Promise<ReadonlyMap<string, Date>> {
  const jobs = await backend.queue(mirrorOrganization.name).getJobs(['active', 'completed', 'failed', 'wait']);
  const fires = new Map<string, Date>();
  for (const job of jobs) {
    const id = job?.repeatJobKey;
    const due = job?.opts.prevMillis;
    if (id === undefined || due === undefined) continue;
    const known = fires.get(id);
    if (known === undefined || known.getTime() < due) fires.set(id, new Date(due));
  }
  return fires;
}

/**
 * Puts the jobs of an organization's schedules on the queue now, as the schedules would.
 * @throws Failure `not_found` where the queue has no schedule for it
 */
export async function runScheduleNow(backend: QueueBackend, organization: string): Promise<readonly EnqueuedMirror[]> {
  const targets = (await storedSchedules(backend))
    .map(({ target }) => target)
    .filter((target) => target.organization === organization);
  if (targets.length === 0) {
    throw new Failure({
      class: 'not_found',
      operation: 'run the schedule',
      subject: organization,
      detail: 'the queue has no schedule for this organization',
      hint: 'Start a worker that has it in its settings, or use `sync` to mirror it here and now.',
    });
  }
  return enqueueMirrors(backend, targets, { trigger: 'schedule', syncId: null });
}
