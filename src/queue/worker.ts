import { type MirrorPayload, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { LetterOutbox } from '../letters/types.ts';
import type { MirrorOrganization } from '../mirror/types.ts';
import type { QueueBackend } from './backend.ts';
import { reasonOf } from './connection-log.ts';
import { followLetters } from './dead-letters.ts';
import { fullJitter } from './job-options.ts';
import { syncWorkerName, workerName } from './live-workers.ts';
import { orClosed } from './or-closed.ts';
import { processMirrorJob } from './process-mirror-job.ts';
import { type MirrorTarget, mirrorQueue, targetId } from './targets.ts';

/** What a worker takes: of the queue that all share what its settings name, or all of the queue of one `sync`. */
export type WorkerRole =
  | { readonly takes: 'targets'; readonly targets: readonly MirrorTarget[] }
  | { readonly takes: 'sync'; readonly syncId: string };

export interface MirrorWorkerOptions {
  readonly backend: QueueBackend;
  readonly role: WorkerRole;
  readonly mirror: MirrorOrganization;
  readonly outbox: LetterOutbox;
  /** How many jobs are worked side by side. */
  readonly concurrency: number;
  /**
   * After how many milliseconds without a sign of life a worker's jobs are anybody's; default 30,000. Other workers take
   * them before it is twice as long.
   */
  readonly stalledAfterMs?: number;
}

export interface MirrorWorker {
  /** Begins to take jobs. */
  start(): void;
  /** How many jobs are being worked. */
  readonly active: number;
  /** Whether it takes jobs: from start() on, until it is closed or stops by itself. */
  readonly takesJobs: boolean;
  /**
   * Takes no more jobs and lets finish what runs; what does not finish in two thirds of the time is handed back, which
   * costs it no attempt, and its run goes on elsewhere. Over after `withinMs` at the latest. May be called twice.
   * @param options.withinMs default 30,000; 0 hands back at once and waits no longer than 5 seconds for it
   */
  close(options?: { readonly withinMs?: number }): Promise<void>;
}

const HAND_BACK_MS = 5_000;
/** For BullMQ to close its connections within the time. */
const MARGIN_MS = 2_000;

const nothing = () => undefined;

/**
 * A worker for mirror jobs. It is known to other workers as soon as this resolves, and takes jobs from start() on: in
 * between is the time to reconcile the schedules. An attempt goes on though the queue gives its job away or forgets it,
 * because it was emptied or could not be reached: whose a run is, is settled in PostgreSQL (design section 4).
 *
 * @throws what the connection throws where the queue cannot be reached
 */
export async function createMirrorWorker(options: MirrorWorkerOptions): Promise<MirrorWorker> {
  const { backend, role, mirror, outbox, concurrency } = options;
  const { clock, log } = backend;
  const stalledAfterMs = options.stalledAfterMs ?? 30_000;
  /** The attempts that run: each resolves when it is over, whatever became of it. */
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  let refusing = false;

  // One after the other: attempts that end together would all put the same letters into their queues.
  let letters: Promise<void> = Promise.resolve();
  const lettersToQueues = (): Promise<void> => {
    letters = letters.then(async () => {
      try {
        await followLetters(backend, outbox);
      } catch (error) {
        log(`the queues of the dead letters stay as they are until the next attempt: ${reasonOf(error)}`);
      }
    });
    return letters;
  };
  const processing = { mirror, accepts: acceptance(role), clock, followLetters: lettersToQueues };

  const worker = backend.worker(
    mirrorQueue(role.takes === 'sync' ? role.syncId : null),
    async (job, token) => {
      // BullMQ may still fetch a job while it closes.
      const signal = refusing ? AbortSignal.abort() : closing.signal;
      const work = processMirrorJob(job, token, signal, processing);
      const over = work.then(nothing, nothing);
      running.add(over);
      try {
        return await work;
      } finally {
        running.delete(over);
      }
    },
    {
      name: role.takes === 'targets' ? workerName(backend, role.targets) : syncWorkerName(backend),
      concurrency,
      lockDuration: stalledAfterMs,
      // BullMQ marks a job in one look and moves it in a later one, and a look that comes a moment too early is refused. With
      // looks as rare as the lock is long a job waited a minute for another worker, and now and then more than 90 seconds.
      stalledInterval: Math.ceil(stalledAfterMs / 3),
      // A worker that is killed is no fault of the job's: let it be killed some times before the job is suspected.
      maxStalledCount: 10,
      settings: {
        backoffStrategy: (attemptsMade) => fullJitter(mirrorOrganization.backoffMs, attemptsMade, clock.random()),
      },
    },
  );
  await orClosed(worker, backend.store, () => worker.waitUntilReady());

  /** Whether all that runs was over within that time. */
  const idleWithin = async (milliseconds: number): Promise<boolean> => {
    const waiting = new AbortController();
    const all = Promise.all(running).then(() => true);
    const late = clock.sleep(milliseconds, waiting.signal).then(
      () => running.size === 0,
      () => false,
    );
    const idle = running.size === 0 || (await Promise.race([all, late]));
    waiting.abort();
    return idle;
  };

  const close = async (withinMs: number): Promise<void> => {
    refusing = true;
    await worker.pause(true);
    const graceMs = Math.floor((withinMs * 2) / 3);
    if (!(await idleWithin(graceMs))) closing.abort(new Error('the worker is closing'));
    const over = await idleWithin(Math.max(withinMs - graceMs - MARGIN_MS, HAND_BACK_MS));
    if (!over) log(leftRunning(running.size, role));
    await letters;
    await worker.close(!over);
  };
  let closed: Promise<void> | null = null;
  return {
    start: () => {
      void lettersToQueues();
      worker.run().catch((error: unknown) => log(`queue: the worker stopped: ${reasonOf(error)}`));
    },
    get active() {
      return running.size;
    },
    get takesJobs() {
      return worker.isRunning() && !refusing;
    },
    close: ({ withinMs = 30_000 } = {}) => {
      closed ??= close(withinMs);
      return closed;
    },
  };
}

function leftRunning(jobs: number, role: WorkerRole): string {
  // The queue of a `sync` is nobody else's (design section 4): what it leaves is a run, and the next run takes that up.
  const next =
    role.takes === 'sync'
      ? 'the next run of the organization goes on'
      : 'another worker takes over when the lock runs out';
  return `${jobs} ${jobs === 1 ? 'job' : 'jobs'} did not stop in time; ${next}`;
}

function acceptance(role: WorkerRole): (payload: MirrorPayload) => boolean {
  if (role.takes === 'sync') return () => true;
  const ids = new Set(role.targets.map(targetId));
  return (payload) => ids.has(targetId(payload));
}
