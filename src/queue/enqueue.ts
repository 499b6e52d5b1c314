import { randomUUID } from 'node:crypto';
import { type MirrorPayload, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { RunTrigger } from '../mirror/types.ts';
import type { QueueBackend } from './backend.ts';
import { jobOptions } from './job-options.ts';
import { checkedPayload } from './payload.ts';
import { type MirrorAsk, type MirrorTarget, mirrorQueue } from './targets.ts';

/** A job that was put on the queue. */
export interface EnqueuedMirror extends MirrorTarget {
  readonly jobId: string;
  /** The queue that it is on. */
  readonly queue: string;
}

/** What is asked for the first time, or again because the queue lost its job. */
export interface MirrorAskAgain extends MirrorAsk {
  /** The run that the lost job had; none where it is left out. */
  readonly runId?: string | null;
}

/**
 * Puts one job for each listing on the queue. Every job is new: none is ever taken for that of another process.
 * @param options.syncId the `sync` that waits for them and works them, on a queue of its own; null where any worker may
 * @returns the jobs, in the order of what is asked
 */
export async function enqueueMirrors(
  backend: QueueBackend,
  asks: readonly MirrorAskAgain[],
  options: { readonly trigger: RunTrigger; readonly syncId: string | null },
): Promise<readonly EnqueuedMirror[]> {
  const { trigger, syncId } = options;
  const jobs = asks.map(({ organization, kind, runId = null, approves = null, records = [] }) => {
    const payload: MirrorPayload = {
      organization,
      kind,
      trigger,
      runId,
      syncId,
      approves,
      records: [...records],
    };
    return { jobId: `${trigger}-${randomUUID()}`, payload: checkedPayload(mirrorOrganization, payload) };
  });
  if (jobs.length === 0) return [];
  const queue = mirrorQueue(syncId);
  // What is over is looked up by whoever waits for it, and goes with the queue of its `sync`.
  const kept = syncId === null ? {} : { removeOnComplete: false, removeOnFail: false };
  await backend.queue(queue).addBulk(
    jobs.map(({ jobId, payload }) => ({
      name: mirrorOrganization.name,
      data: payload,
      opts: { ...jobOptions(mirrorOrganization), ...kept, jobId },
    })),
  );
  return jobs.map(({ jobId, payload: { organization, kind } }) => ({ jobId, organization, kind, queue }));
}

/**
 * Takes back what has not begun, for a `sync` that ends early. What a worker holds stays with it.
 * @returns how many jobs were taken back
 */
export async function withdrawMirrors(backend: QueueBackend, jobs: readonly EnqueuedMirror[]): Promise<number> {
  let removed = 0;
  for (const { jobId, queue } of jobs) {
    const job = await backend.queue(queue).getJob(jobId);
    if (job === undefined || job.finishedOn !== undefined) continue;
    removed += await backend.queue(queue).remove(jobId);
  }
  return removed;
}
