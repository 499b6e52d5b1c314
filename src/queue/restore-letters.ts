import { isDeepStrictEqual } from 'node:util';
import { deadLetterQueue, letterIdOf } from '../../jobs/dead-letter.ts';
import { FAILURE_CLASSES, type FailureClass } from '../catalog/failure.ts';
import type { LetterOutbox, OpenLetters } from '../letters/types.ts';
import type { QueueBackend } from './backend.ts';
import { reasonOf } from './connection-log.ts';
import { addLetterJobs, followLetters, removeLetterJobs, updateLetterJobs } from './dead-letters.ts';
import { schedulePruning } from './prune-letters.ts';

const BATCH = 500;

/** What was wrong with the queues, in jobs. */
export interface Restored {
  readonly added: number;
  readonly removed: number;
  /** Those that said something else than their letter. */
  readonly changed: number;
}

/**
 * Brings the queues of the dead letters back to what PostgreSQL holds, whatever befell them: a Redis that was emptied or
 * restored from a backup, jobs that a person removed or edited.
 *
 * @param options.thorough looks at each job of each class; else only where there are few, or their number is not that of
 *   the letters
 * @param options.few up to so many jobs of a class are few; default 500, one read
 */
export async function restoreLetters(
  backend: QueueBackend,
  letters: OpenLetters,
  { thorough, few = BATCH }: { readonly thorough: boolean; readonly few?: number },
): Promise<Restored> {
  const expected = await letters.counts();
  let [added, removed, changed] = [0, 0, 0];
  for (const errorClass of FAILURE_CLASSES) {
    const count = await backend.queue(deadLetterQueue(errorClass)).getJobCountByTypes(...STATES);
    const isEmpty = count === 0 && !expected.has(errorClass);
    if (isEmpty || (!thorough && count > few && count === expected.get(errorClass))) continue;
    const present = await letterJobs(backend, errorClass);
    removed += await removeStrangers(backend, letters, errorClass, [...present.keys()]);
    const mended = await mendJobs(backend, letters, errorClass, present);
    added += mended.added;
    changed += mended.changed;
  }
  return { added, removed, changed };
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
      const { added, removed, changed } = await restoreLetters(backend, letters, { thorough });
      if (added + removed + changed > 0) {
        backend.log(
          `dead letters: the queues follow the table again: jobs put back ${added}, taken out ${removed}, rewritten ${changed}`,
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

/** What the jobs in the queue of a class say, by the ids of their letters. */
async function letterJobs(backend: QueueBackend, errorClass: FailureClass): Promise<ReadonlyMap<string, unknown>> {
  const queue = backend.queue(deadLetterQueue(errorClass));
  const present = new Map<string, unknown>();
  for (let start = 0; ; start += BATCH) {
    const jobs = await queue.getJobs([...STATES], start, start + BATCH - 1);
    for (const job of jobs) {
      const letterId = job?.id === undefined ? null : letterIdOf(job.id);
      if (letterId !== null) present.set(letterId, job.data);
    }
    if (jobs.length === 0) return present;
  }
}

async function removeStrangers(
  backend: QueueBackend,
  letters: OpenLetters,
  errorClass: FailureClass,
  ids: readonly string[],
): Promise<number> {
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

async function mendJobs(
  backend: QueueBackend,
  letters: OpenLetters,
  errorClass: FailureClass,
  present: ReadonlyMap<string, unknown>,
): Promise<Omit<Restored, 'removed'>> {
  let [added, changed] = [0, 0];
  for (let afterId = '0'; ; ) {
    const batch = await letters.queued(errorClass, afterId, BATCH);
    const missing = batch.filter(({ letterId }) => !present.has(letterId));
    await addLetterJobs(backend, missing);
    added += missing.length;
    const edited = batch.filter(
      (letter) => present.has(letter.letterId) && !isDeepStrictEqual(present.get(letter.letterId), letter),
    );
    await updateLetterJobs(backend, edited);
    changed += edited.length;
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) return { added, changed };
    afterId = last.letterId;
  }
}
