import { isDeepStrictEqual } from 'node:util';
import { type MirrorPayload, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { Failure } from '../catalog/failure.ts';
import type { QueueBackend } from './backend.ts';
import { type EnqueuedMirror, enqueueMirrors } from './enqueue.ts';
import { jobOptions } from './job-options.ts';
import { workersWithOtherTargets } from './live-workers.ts';
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

interface StoredSchedule {
  readonly id: string;
  readonly target: MirrorTarget;
  readonly cron: string;
  readonly timeZone: string;
  readonly next: number | null;
  readonly data: unknown;
  readonly options: unknown;
}

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

  const queue = backend.queue(mirrorOrganization.name);
  const stored = new Map((await storedSchedules(backend)).map((schedule) => [schedule.id, schedule]));
  const unchanged: MirrorTarget[] = [];
  const added: MirrorTarget[] = [];
  const changed: MirrorTarget[] = [];
  const removed: MirrorTarget[] = [];
  for (const { organization, kinds, cron, timeZone } of organizations) {
    for (const kind of kinds) {
      const target = { organization, kind };
      const id = targetId(target);
      const old = stored.get(id);
      stored.delete(id);
      const wanted = { cron, timeZone, data: payloadOf(target), options: jobOptions(mirrorOrganization) };
      if (old !== undefined && isDeepStrictEqual(wanted, pick(old))) {
        unchanged.push(target);
        continue;
      }
      const wasDue = old !== undefined && old.next !== null && old.next <= Date.now();
      await queue.upsertJobScheduler(
        id,
        { pattern: cron, tz: timeZone },
        { name: mirrorOrganization.name, data: wanted.data, opts: wanted.options },
      );
      if (wasDue) await enqueueMirrors(backend, [target], { trigger: 'schedule', syncId: null });
      (old === undefined ? added : changed).push(target);
    }
  }
  for (const { id, target } of stored.values()) {
    await queue.removeJobScheduler(id);
    removed.push(target);
  }
  return { status: 'reconciled', unchanged, added, changed, removed };
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

function pick({ cron, timeZone, data, options }: StoredSchedule) {
  return { cron, timeZone, data, options };
}

function payloadOf({ organization, kind }: MirrorTarget): MirrorPayload {
  return { organization, kind, trigger: 'schedule', runId: null, syncId: null, approves: null, records: [] };
}

function refusal(others: number): string {
  const subject =
    others === 1 ? 'another worker is alive that mirrors' : `${others} other workers are alive that mirror`;
  return `${subject} other organizations, so the schedules stay as they are; give all workers the same settings, or stop the others`;
}

async function storedSchedules(backend: QueueBackend): Promise<readonly StoredSchedule[]> {
  const schedulers = await backend.queue(mirrorOrganization.name).getJobSchedulers(0, -1, true);
  return schedulers.map(({ key, pattern, tz, next, template }) => {
    const payload = mirrorOrganization.payload.safeParse(template?.data);
    return {
      id: key,
      // One that an other version wrote is known by its id alone: it is replaced or removed like any other.
      target: payload.success
        ? { organization: payload.data.organization, kind: payload.data.kind }
        : { organization: key, kind: '' },
      cron: pattern ?? '',
      timeZone: tz ?? '',
      next: next ?? null,
      // As it is read, so that one that lacks a field of this version stays untouched where the default means the same.
      data: payload.success ? payload.data : template?.data,
      options: template?.opts,
    };
  });
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
