import { z } from 'zod';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { Failure } from '../catalog/failure.ts';
import type { MirrorProgress, RecordReplay, RunSummary } from '../mirror/types.ts';
import type { QueueBackend } from './backend.ts';
import { reasonOf } from './connection-log.ts';
import type { EnqueuedMirror } from './enqueue.ts';

/**
 * What became of a job.
 * - `closed`: its run is over; the run's state says how.
 * - `replayed`: the stored texts of bad records were checked again; this is what became of their letters.
 * - `failed`: all attempts failed before a run could be closed; the reason says what to do.
 * - `removed`: somebody took the job out of the queue.
 */
export type JobOutcome =
  | { readonly status: 'closed'; readonly run: RunSummary }
  | { readonly status: 'replayed'; readonly records: readonly RecordReplay[] }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'removed' };

export interface AwaitJobsOptions {
  readonly onProgress?: (job: EnqueuedMirror, progress: MirrorProgress) => void;
  readonly onOutcome?: (job: EnqueuedMirror, outcome: JobOutcome) => void;
  /** Aborted when nobody wants to wait any longer. */
  readonly signal?: AbortSignal;
  /** How often is looked in the end, in milliseconds, in case the queue's event was lost; default 2,000. */
  readonly pollMs?: number;
}

const LOOK_AT_ONCE = 20;
const FIRST_LOOK_MS = 50;
/** A look at thousands of jobs takes long: the queue has other things to do most of the time. */
const REST_PER_LOOK = 4;
const LONGEST_REST_MS = 10_000;
const GIVE_UP_AFTER_MS = 60_000;

const progressSchema: z.ZodType<MirrorProgress> = z.object({
  organization: z.string(),
  kind: z.string(),
  pagesRead: z.number(),
  pages: z.number().nullable(),
  listed: z.number(),
});

/**
 * Waits until every one of these jobs is over, whoever works them. The queue tells as soon as something happens; a slow
 * look at each job besides means that a lost event delays the answer and no more.
 *
 * @param jobs of one queue
 * @returns the outcomes by job id
 * @throws the signal's reason, or Failure `connection` when the queue has not answered for a minute
 */
export async function awaitJobs(
  backend: QueueBackend,
  jobs: readonly EnqueuedMirror[],
  options: AwaitJobsOptions = {},
): Promise<ReadonlyMap<string, JobOutcome>> {
  const { onProgress, onOutcome, signal, pollMs = 2_000 } = options;
  const pending = new Map(jobs.map((job) => [job.jobId, job]));
  const outcomes = new Map<string, JobOutcome>();
  const allOver = new AbortController();
  const settle = (jobId: string, outcome: JobOutcome) => {
    const job = pending.get(jobId);
    if (job === undefined) return;
    pending.delete(jobId);
    outcomes.set(jobId, outcome);
    onOutcome?.(job, outcome);
    if (pending.size === 0) allOver.abort();
  };
  const [first] = jobs;
  if (first === undefined) return outcomes;
  signal?.throwIfAborted();

  const events = backend.events(first.queue);
  events.on('completed', ({ jobId, returnvalue }) => settle(jobId, closedOutcome(returnvalue)));
  events.on('failed', ({ jobId, failedReason }) => settle(jobId, { status: 'failed', reason: failedReason }));
  events.on('progress', ({ jobId, data }) => {
    const job = pending.get(jobId);
    const progress = progressSchema.safeParse(data);
    if (job !== undefined && progress.success) onProgress?.(job, progress.data);
  });
  const wake = signal === undefined ? allOver.signal : AbortSignal.any([allOver.signal, signal]);
  try {
    await events.waitUntilReady();
    let silentSince: number | null = null;
    for (let looks = 0; ; looks += 1) {
      const lookedAt = backend.clock.now().getTime();
      let restMs = 0;
      try {
        await lookAtAll(backend, pending, settle);
        restMs = Math.min((backend.clock.now().getTime() - lookedAt) * REST_PER_LOOK, LONGEST_REST_MS);
        silentSince = null;
      } catch (error) {
        const now = backend.clock.now().getTime();
        silentSince ??= now;
        if (now - silentSince >= GIVE_UP_AFTER_MS) throw lost(error, pending.size);
      }
      if (pending.size === 0) return outcomes;
      // What happens before the listener listens is not heard: so the first looks follow each other quickly.
      const dueInMs = Math.min(pollMs, FIRST_LOOK_MS * 2 ** Math.min(looks, 10));
      await backend.clock.sleep(Math.max(dueInMs, restMs), wake).catch(() => undefined);
      if (pending.size === 0) return outcomes;
      signal?.throwIfAborted();
    }
  } finally {
    await events.close();
  }
}

async function lookAtAll(
  backend: QueueBackend,
  pending: ReadonlyMap<string, EnqueuedMirror>,
  settle: (jobId: string, outcome: JobOutcome) => void,
): Promise<void> {
  const jobs = [...pending.values()];
  for (let start = 0; start < jobs.length; start += LOOK_AT_ONCE) {
    await Promise.all(
      jobs.slice(start, start + LOOK_AT_ONCE).map(async (job) => {
        const outcome = await outcomeOf(backend, job);
        if (outcome !== null) settle(job.jobId, outcome);
      }),
    );
  }
}

/** The outcome of a job, or null while it is not over. */
async function outcomeOf(backend: QueueBackend, { queue, jobId }: EnqueuedMirror): Promise<JobOutcome | null> {
  const job = await backend.queue(queue).getJob(jobId);
  if (job === undefined) return { status: 'removed' };
  if (job.finishedOn === undefined) return null;
  // A job that failed once and then succeeded still has the reason of its failure: only its state tells.
  const state = await job.getState();
  if (state === 'failed') return { status: 'failed', reason: job.failedReason };
  return state === 'completed' ? closedOutcome(job.returnvalue) : null;
}

function closedOutcome(returned: unknown): JobOutcome {
  const result = mirrorOrganization.result.safeParse(returned);
  if (result.success) {
    return 'records' in result.data
      ? { status: 'replayed', records: result.data.records }
      : { status: 'closed', run: result.data };
  }
  const reason = 'the worker answered what this version does not understand; let all workers run the same version';
  return { status: 'failed', reason };
}

function lost(error: unknown, waiting: number): Failure {
  return new Failure({
    class: 'connection',
    operation: 'wait for mirror jobs',
    subject: `${waiting} jobs in the queue`,
    detail: `the queue has not answered for a minute: ${reasonOf(error)}`,
    hint: 'The jobs stay in the queue, and any worker goes on with them: see `runs list`.',
    cause: error,
  });
}
