import type { JobSchedulerJson } from 'bullmq';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { QueueBackend } from './backend.ts';
import type { MirrorTarget } from './targets.ts';

/** A schedule as BullMQ keeps it. */
export interface StoredSchedule {
  readonly id: string;
  readonly target: MirrorTarget;
  readonly cron: string;
  readonly timeZone: string;
  /** When it fires next, in milliseconds since 1970. */
  readonly next: number | null;
  readonly data: unknown;
  readonly options: unknown;
}

/** Every schedule in the queue, the next to fire first. */
export async function storedSchedules(backend: QueueBackend): Promise<readonly StoredSchedule[]> {
  return (await backend.queue(mirrorOrganization.name).getJobSchedulers(0, -1, true)).map(readSchedule);
}

/** The schedule of this id (targetId); null where there is none. */
export async function storedSchedule(backend: QueueBackend, id: string): Promise<StoredSchedule | null> {
  const schedule = await backend.queue(mirrorOrganization.name).getJobScheduler(id);
  return schedule === undefined ? null : readSchedule(schedule);
}

function readSchedule({ key, pattern, tz, next, template }: JobSchedulerJson<unknown>): StoredSchedule {
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
}
