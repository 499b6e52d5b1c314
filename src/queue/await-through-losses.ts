import type { RunTrigger } from '../mirror/types.ts';
import type { ListingSince } from '../store/runs-since.ts';
import { type AwaitJobsOptions, awaitJobs, type JobOutcome } from './await-jobs.ts';
import type { QueueBackend } from './backend.ts';
import { type EnqueuedMirror, enqueueMirrors } from './enqueue.ts';
import type { ReadRunsSince } from './lost-fires.ts';
import { type MirrorAsk, targetId } from './targets.ts';

/** What a `sync` asked for, and its jobs, in the same order. */
export interface Asked {
  readonly asks: readonly MirrorAsk[];
  readonly jobs: readonly EnqueuedMirror[];
}

export interface AskAgainOptions {
  readonly trigger: RunTrigger;
  readonly syncId: string;
  /** When the `sync` began. */
  readonly since: Date;
  readonly readRunsSince: ReadRunsSince;
  /** Called with the number of jobs that the queue lost. */
  readonly onLost?: (jobs: number) => void;
}

/** A queue that loses its jobs more often than that is not waited for. */
const MOST_LOSSES = 3;

/**
 * Waits for the jobs of a `sync` as awaitJobs() does, and puts on its queue again what the queue lost, as one that is
 * emptied does. A run that was begun meanwhile is the run of the new job, which waits for it, takes it up, or finds it over.
 *
 * @returns the outcomes by the ids of the first jobs; `removed` where the queue lost a job too often
 * @throws what awaitJobs() throws
 */
export async function awaitThroughLosses(
  backend: QueueBackend,
  { asks, jobs }: Asked,
  awaiting: AwaitJobsOptions,
  options: AskAgainOptions,
): Promise<ReadonlyMap<string, JobOutcome>> {
  const outcomes = new Map(await awaitJobs(backend, jobs, awaiting));
  for (let losses = 0; losses < MOST_LOSSES; losses += 1) {
    const lost = jobs.flatMap((job, at) => {
      const ask = asks[at];
      return ask !== undefined && outcomes.get(job.jobId)?.status === 'removed' ? [{ ask, job }] : [];
    });
    if (lost.length === 0) break;
    options.onLost?.(lost.length);
    const again = await askAgain(
      backend,
      lost.map(({ ask }) => ask),
      options,
    );
    const ended = await awaitJobs(backend, again, awaiting);
    for (const [at, { job }] of lost.entries()) {
      const outcome = ended.get(again[at]?.jobId ?? '');
      if (outcome !== undefined) outcomes.set(job.jobId, outcome);
    }
  }
  return outcomes;
}

async function askAgain(
  backend: QueueBackend,
  asks: readonly MirrorAsk[],
  { trigger, syncId, since, readRunsSince }: AskAgainOptions,
): Promise<readonly EnqueuedMirror[]> {
  const listings: ListingSince[] = asks.map(({ organization, kind }) => ({ organization, kind, since }));
  const runs = new Map((await readRunsSince(listings)).map((run) => [targetId(run), run.runId]));
  return enqueueMirrors(
    backend,
    // A run that somebody else began ends nothing that a person approved here.
    asks.map((ask) => ({ ...ask, runId: (ask.approves ?? null) === null ? (runs.get(targetId(ask)) ?? null) : null })),
    { trigger, syncId },
  );
}
