import { randomUUID } from 'node:crypto';
import { type MirrorPayload, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { RunTrigger } from '../mirror/types.ts';
import type { QueueBackend } from './backend.ts';
import { jobOptions } from './job-options.ts';
import { checkedPayload } from './payload.ts';
import type { MirrorAsk, MirrorTarget } from './targets.ts';

/** A job that was put on the queue. */
export interface EnqueuedMirror extends MirrorTarget {
  readonly jobId: string;
}

/**
 * Puts one job for each listing on the queue. Every job is new: none is ever taken for that of another process.
 * @param options.syncId the `sync` that waits for them; null where nobody does. Its jobs go before those of the
 * schedules, because a person waits.
 * @returns the jobs, in the order of what is asked
 */
export async function enqueueMirrors(
  backend: QueueBackend,
  asks: readonly MirrorAsk[],
  options: { readonly trigger: RunTrigger; readonly syncId: string | null },
): Promise<readonly EnqueuedMirror[]> {
  const { trigger, syncId } = options;
  const jobs = asks.map(({ organization, kind, approves = null, records = [] }) => {
    const payload: MirrorPayload = {
      organization,
      kind,
      trigger,
      runId: null,
      syncId,
      approves,
      records: [...records],
    };
    return { jobId: `${trigger}-${randomUUID()}`, payload: checkedPayload(mirrorOrganization, payload) };
  });
  if (jobs.length === 0) return [];
  const inFront = syncId !== null;
  await backend.queue(mirrorOrganization.name).addBulk(
    // What is put in front last is worked first.
    (inFront ? jobs.toReversed() : jobs).map(({ jobId, payload }) => ({
      name: mirrorOrganization.name,
      data: payload,
      opts: { ...jobOptions(mirrorOrganization), jobId, lifo: inFront },
    })),
  );
  return jobs.map(({ jobId, payload: { organization, kind } }) => ({ jobId, organization, kind }));
}

/**
 * Takes back what has not begun, for a `sync` that ends early. What a worker holds stays with it.
 * @returns how many jobs were taken back
 */
export async function withdrawMirrors(backend: QueueBackend, jobs: readonly EnqueuedMirror[]): Promise<number> {
  let removed = 0;
  for (const { jobId } of jobs) {
    const job = await backend.queue(mirrorOrganization.name).getJob(jobId);
    if (job === undefined || job.finishedOn !== undefined) continue;
    removed += await backend.queue(mirrorOrganization.name).remove(jobId);
  }
  return removed;
}
