import { PRUNE_SCHEDULE, pruneDeadLetters } from '../../jobs/prune-dead-letters.ts';
import type { LetterArchive } from '../letters/types.ts';
import type { QueueBackend } from './backend.ts';
import { reasonOf } from './connection-log.ts';
import { removeLetterJobs } from './dead-letters.ts';
import { fullJitter, jobOptions } from './job-options.ts';
import { whileAnotherSets } from './look-and-set.ts';
import { orClosed } from './or-closed.ts';

const BATCH = 100;
const FINDINGS_BATCH = 10_000;

/** How many were deleted. */
export interface Pruned {
  readonly letters: number;
  /** Of artifacts that were not listed, by runs that ended nothing (`mirror.run_absences`). */
  readonly findings: number;
}

/**
 * Deletes the letters that are kept no longer, each after its job: a process that dies between the two leaves a letter
 * without a job, which the next time deletes. Then the findings of old runs that no letter speaks of any more.
 * @param signal aborted where the process must end: the rest is left for another time
 */
export async function pruneLetters(
  backend: QueueBackend,
  archive: LetterArchive,
  signal: AbortSignal,
): Promise<Pruned> {
  let [letters, findings] = [0, 0];
  while (!signal.aborted) {
    const expired = await archive.expired(BATCH);
    if (expired.length === 0) break;
    await removeLetterJobs(backend, expired);
    await archive.remove(expired.map(({ letterId }) => letterId));
    letters += expired.length;
  }
  while (!signal.aborted) {
    const removed = await archive.removeFindings(FINDINGS_BATCH);
    findings += removed;
    if (removed < FINDINGS_BATCH) break;
  }
  return { letters, findings };
}

/** Has the queue prune once a day. A schedule that is there already is left untouched, so that no fire is lost. */
export async function schedulePruning(backend: QueueBackend): Promise<void> {
  const queue = backend.queue(pruneDeadLetters.name);
  await whileAnotherSets(async () => {
    const stored = await queue.getJobScheduler(pruneDeadLetters.name);
    if (stored?.pattern === PRUNE_SCHEDULE.pattern && stored.tz === PRUNE_SCHEDULE.tz) return;
    await queue.upsertJobScheduler(pruneDeadLetters.name, PRUNE_SCHEDULE, {
      name: pruneDeadLetters.name,
      data: {},
      opts: jobOptions(pruneDeadLetters),
    });
  });
}

/** A worker that prunes when the schedule fires. */
export interface PruneWorker {
  /** Stops what runs after the letters that it is at. */
  close(): Promise<void>;
}

/**
 * Starts a worker for the daily pruning and sees to its schedule. Every process that mirrors by schedule has one; the
 * queue gives each fire to one of them.
 * @throws what the connection throws where the queue cannot be reached
 */
export async function startPruneWorker(backend: QueueBackend, archive: LetterArchive): Promise<PruneWorker> {
  const { log, clock } = backend;
  const closing = new AbortController();
  const worker = backend.worker(
    pruneDeadLetters.name,
    async () => {
      const pruned = await pruneLetters(backend, archive, closing.signal);
      if (pruned.letters > 0) log(`dead letters: ${pruned.letters} that were closed long ago are deleted`);
      if (pruned.findings > 0) {
        log(`runs: ${pruned.findings} findings of artifacts that were not listed, which ended nothing, are deleted`);
      }
      return pruned;
    },
    {
      concurrency: 1,
      settings: {
        backoffStrategy: (attemptsMade) => fullJitter(pruneDeadLetters.backoffMs, attemptsMade, clock.random()),
      },
    },
  );
  await orClosed(worker, backend.store, async () => {
    await worker.waitUntilReady();
    await schedulePruning(backend);
  });
  worker.run().catch((error: unknown) => log(`queue: the pruning of dead letters stopped: ${reasonOf(error)}`));
  return {
    close: () => {
      closing.abort();
      return worker.close();
    },
  };
}
