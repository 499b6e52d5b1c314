import { isDeepStrictEqual } from 'node:util';
import { ErrorCode } from 'bullmq';
import { type MirrorPayload, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { QueueBackend } from './backend.ts';
import { enqueueMirrors } from './enqueue.ts';
import { jobOptions } from './job-options.ts';
import { type StoredSchedule, storedSchedule } from './stored-schedules.ts';
import { type MirrorTarget, type ScheduledOrganization, targetId } from './targets.ts';

/** When a target is mirrored. */
export interface WantedSchedule extends MirrorTarget, Pick<ScheduledOrganization, 'cron' | 'timeZone'> {}

/** How often a worker looks again because another one set the same schedule at that moment. */
const MOST_TRIES = 5;

/**
 * Sets one schedule, unless it is in the queue already as it is wanted. It is looked at once more right before, because
 * of the workers that start together each finds all schedules missing, and one that is set a second time would lose a
 * fire that came due in between. One that is changed and was due fires once all the same.
 */
export async function setSchedule(
  backend: QueueBackend,
  schedule: WantedSchedule,
): Promise<'unchanged' | 'added' | 'changed'> {
  const { cron, timeZone, organization, kind } = schedule;
  const target = { organization, kind };
  for (let tries = 1; ; tries += 1) {
    const old = await storedSchedule(backend, targetId(target));
    if (old !== null && isAsWanted(old, schedule)) return 'unchanged';
    const wasDue = old !== null && old.next !== null && old.next <= Date.now();
    try {
      await backend
        .queue(mirrorOrganization.name)
        .upsertJobScheduler(
          targetId(target),
          { pattern: cron, tz: timeZone },
          { name: mirrorOrganization.name, data: payloadOf(target), opts: jobOptions(mirrorOrganization) },
        );
    } catch (error) {
      if (tries < MOST_TRIES && wasSetByAnother(error)) continue;
      throw error;
    }
    if (wasDue) await enqueueMirrors(backend, [target], { trigger: 'schedule', syncId: null });
    return old === null ? 'added' : 'changed';
  }
}

/** Whether a schedule in the queue is the one that the settings want. */
export function isAsWanted({ cron, timeZone, data, options }: StoredSchedule, wanted: WantedSchedule): boolean {
  return isDeepStrictEqual(
    { cron, timeZone, data, options },
    {
      cron: wanted.cron,
      timeZone: wanted.timeZone,
      data: payloadOf(wanted),
      options: jobOptions(mirrorOrganization),
    },
  );
}

function payloadOf({ organization, kind }: MirrorTarget): MirrorPayload {
  return { organization, kind, trigger: 'schedule', runId: null, syncId: null, approves: null, records: [] };
}

/** On PostgreSQL, of two that set the same new schedule at the same moment, one is told that its job exists. */
function wasSetByAnother(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === ErrorCode.SchedulerJobIdCollision;
}
