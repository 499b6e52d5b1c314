import { CronExpressionParser } from 'cron-parser';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { LastRun, ListingSince } from '../store/runs-since.ts';
import type { QueueBackend } from './backend.ts';
import { jobOptions } from './job-options.ts';
import { checkedPayload } from './payload.ts';
import type { WantedSchedule } from './set-schedule.ts';
import { targetId } from './targets.ts';

/** Reads the last run of each listing since a moment, if there was one. */
export type ReadRunsSince = (listings: readonly ListingSince[]) => Promise<readonly LastRun[]>;

/**
 * Makes up for the fires of schedules that a queue lost before their runs were over: PostgreSQL knows which runs there
 * were. A run that is under way, or was when its job was lost, gets a job of its own, which finds it closed and ends well,
 * or takes it up.
 *
 * Every worker may do this at once: the jobs have the same ids.
 *
 * @param since earlier fires are left alone: the schedules were not known to be there
 * @returns how many jobs were put on the queue, by this worker or another
 */
export async function repeatLostFires(
  backend: QueueBackend,
  schedules: readonly WantedSchedule[],
  { since, readRunsSince }: { readonly since: Date; readonly readRunsSince: ReadRunsSince },
): Promise<number> {
  const fires = schedules.flatMap(({ organization, kind, cron, timeZone }) => {
    const fired = lastFire(cron, timeZone, backend.clock.now());
    return fired < since ? [] : [{ organization, kind, since: fired }];
  });
  if (fires.length === 0) return 0;
  const runs = new Map((await readRunsSince(fires)).map((run) => [targetId(run), run]));
  const lost = fires.filter((fire) => (runs.get(targetId(fire))?.state ?? 'running') === 'running');
  await backend.queue(mirrorOrganization.name).addBulk(
    lost.map((fire) => ({
      name: mirrorOrganization.name,
      data: checkedPayload(mirrorOrganization, {
        organization: fire.organization,
        kind: fire.kind,
        trigger: 'schedule',
        runId: runs.get(targetId(fire))?.runId ?? null,
        syncId: null,
        approves: null,
        records: [],
      }),
      opts: { ...jobOptions(mirrorOrganization), jobId: `lost-${targetId(fire)}-${fire.since.getTime()}` },
    })),
  );
  return lost.length;
}

/** When a schedule fired last; at this very moment counts. */
function lastFire(cron: string, timeZone: string, now: Date): Date {
  const justAfter = new Date(now.getTime() + 1);
  return CronExpressionParser.parse(cron, { currentDate: justAfter, tz: timeZone }).prev().toDate();
}
