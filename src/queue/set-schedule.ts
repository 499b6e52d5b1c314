import { isDeepStrictEqual } from 'node:util';
import { type MirrorPayload, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { QueueBackend } from './backend.ts';
import { enqueueMirrors } from './enqueue.ts';
import { jobOptions } from './job-options.ts';
import { whileAnotherSets } from './look-and-set.ts';
import { type StoredSchedule, storedSchedule } from './stored-schedules.ts';
import { type MirrorTarget, type ScheduledOrganization, targetId } from './targets.ts';

/** When a target is mirrored. */
export interface WantedSchedule extends MirrorTarget, Pick<ScheduledOrganization, 'cron' | 'timeZone'> {}

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
  return whileAnotherSets(async () => {
    const old = await storedSchedule(backend, targetId(target));
    if (old !== null && isAsWanted(old, schedule)) return 'unchanged';
    const wasDue = old !== null && old.next !== null && old.next <= Date.now();
    await backend
      .queue(mirrorOrganization.name)
      .upsertJobScheduler(
        targetId(target),
        { pattern: cron, tz: timeZone },
        { name: mirrorOrganization.name, data: payloadOf(target), opts: jobOptions(mirrorOrganization) },
      );
    if (wasDue) await enqueueMirrors(backend, [target], { trigger: 'schedule', syncId: null });
    return old === null ? 'added' : 'changed';
  });
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
