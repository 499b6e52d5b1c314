import { deadLetterQueue, letterIdOf } from '../../jobs/dead-letter.ts';
import { FAILURE_CLASSES, type FailureClass } from '../catalog/failure.ts';
import type { LetterOutbox, OpenLetters } from '../letters/types.ts';
import type { QueueBackend } from './backend.ts';
import { reasonOf } from './connection-log.ts';
import { addLetterJobs, followLetters, removeLetterJobs } from './dead-letters.ts';
import { schedulePruning } from './prune-letters.ts';

const BATCH = 500;

/** What was wrong with the queues, in jobs. */
export interface Restored {
  readonly added: number;
  readonly removed: number;
}

/**
 * Brings the queues of the dead letters back to what PostgreSQL holds, whatever befell them: a Redis that was emptied or
 * restored from a backup, jobs that a person removed.
 *
 * @param options.thorough looks at each job of each class; else only where their number is not that of the letters
 */
export async function restoreLetters(
  backend: QueueBackend,
  letters: OpenLetters,
  { thorough }: { readonly thorough: boolean },
): Promise<Restored> {
  const expected = await letters.counts();
  let [added, removed] = [0, 0];
  for (const errorClass of FAILURE_CLASSES) {
    const count = await backend.queue(deadLetterQueue(errorClass)).getJobCountByTypes(...STATES);
    const isEmpty = count === 0 && !expected.has(errorClass);
    if (isEmpty || (!thorough && count === expected.get(errorClass))) continue;
    const present = await letterJobs(backend, errorClass);
    removed += await removeStrangers(backend, letters, errorClass, present);
    added += await addMissing(backend, letters, errorClass, present);
  }
  return { added, removed };
}

/**
 * Keeps the queues of the dead letters, and the schedule that prunes them, in step with PostgreSQL until it is told to
 * stop: thoroughly at once, then every minute.
 *
 * @param options.everyMs default 60,000
 */
export async function keepLettersInStep(
  backend: QueueBackend,
  { outbox, letters }: { readonly outbox: LetterOutbox; readonly letters: OpenLetters },
  options: { readonly signal: AbortSignal; readonly everyMs?: number },
): Promise<void> {
  const { signal, everyMs = 60_000 } = options;
  for (let thorough = true; !signal.aborted; ) {
    try {
      await followLetters(backend, outbox);
      const { added, removed } = await restoreLetters(backend, letters, { thorough });
      if (added + removed > 0) {
        backend.log(
          `dead letters: ${added} missing jobs are back in their queues, ${removed} without an open letter gone`,
        );
      }
      await schedulePruning(backend);
      thorough = false;
    } catch (error) {
      backend.log(`the queues of the dead letters stay as they are for a minute: ${reasonOf(error)}`);
    }
    await backend.clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

/** A person can move a job to any of them by hand. */
const STATES = ['wait', 'delayed', 'prioritized', 'active', 'completed', 'failed'] as const;

/** The ids of the letters that have a job in the queue of a class. */
async function letterJobs(backend: QueueBackend, errorClass: FailureClass): Promise<ReadonlySet<string>> {
  const queue = backend.queue(deadLetterQueue(errorClass));
  const present = new Set<string>();
  for (let start = 0; ; start += BATCH) {
    const jobs = await queue.getJobs([...STATES], start, start + BATCH - 1);
    for (const job of jobs) {
      const letterId = job?.id === undefined ? null : letterIdOf(job.id);
      if (letterId !== null) present.add(letterId);
    }
    if (jobs.length === 0) return present;
  }
}

async function removeStrangers(
  backend: QueueBackend,
  letters: OpenLetters,
  errorClass: FailureClass,
  present: ReadonlySet<string>,
): Promise<number> {
  const ids = [...present];
  let removed = 0;
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const open = await letters.openAmong(batch);
    const strangers = batch.filter((id) => !open.has(id));
    await removeLetterJobs(
      backend,
      strangers.map((letterId) => ({ letterId, errorClass })),
    );
    removed += strangers.length;
  }
  return removed;
}

async function addMissing(
  backend: QueueBackend,
  letters: OpenLetters,
  errorClass: FailureClass,
  present: ReadonlySet<string>,
): Promise<number> {
  let added = 0;
  for (let afterId = '0'; ; ) {
    const batch = await letters.queued(errorClass, afterId, BATCH);
    const missing = batch.filter(({ letterId }) => !present.has(letterId));
    await addLetterJobs(backend, missing);
    added += missing.length;
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) return added;
    afterId = last.letterId;
  }
}
