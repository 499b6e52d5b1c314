import { isDeepStrictEqual } from 'node:util';
import { deadLetter, deadLetterJobId, deadLetterQueue } from '../../jobs/dead-letter.ts';
import type { FailureClass } from '../catalog/failure.ts';
import type { LetterJob, LetterOutbox, QueuedLetter } from '../letters/types.ts';
import type { QueueBackend } from './backend.ts';
import { jobOptions } from './job-options.ts';
import { checkedPayload } from './payload.ts';

const BATCH = 100;

/**
 * Has the queues follow PostgreSQL: puts every open letter that has no job yet into the queue of its class, lets the jobs
 * of those that were met again say so, and takes out the jobs of those that were resolved or discarded. A process that dies on the way loses nothing: the job's id is the
 * letter's, so that adding or removing it again changes nothing.
 */
export async function followLetters(backend: QueueBackend, outbox: LetterOutbox): Promise<void> {
  for (;;) {
    const letters = await outbox.pending(BATCH);
    await addLetterJobs(backend, letters);
    await updateLetterJobs(
      backend,
      letters.filter(({ occurrences }) => occurrences > 1),
    );
    if (letters.length > 0) await outbox.markQueued(letters);
    if (letters.length < BATCH) break;
  }
  for (;;) {
    const letters = await outbox.closed(BATCH);
    await removeLetterJobs(backend, letters);
    if (letters.length > 0) await outbox.markUnqueued(letters.map(({ letterId }) => letterId));
    if (letters.length < BATCH) break;
  }
}

/** Puts letters into the queues of their classes; one that is there already stays as it is. */
export async function addLetterJobs(backend: QueueBackend, letters: readonly QueuedLetter[]): Promise<void> {
  for (const [errorClass, ofClass] of byClass(letters)) {
    await backend.queue(deadLetterQueue(errorClass)).addBulk(
      ofClass.map((letter) => ({
        name: deadLetter.name,
        data: checkedPayload(deadLetter, letter),
        opts: { ...jobOptions(deadLetter), jobId: deadLetterJobId(letter.letterId) },
      })),
    );
  }
}

/** Has the jobs that are there say what their letters say. */
export async function updateLetterJobs(backend: QueueBackend, letters: readonly QueuedLetter[]): Promise<void> {
  await Promise.all(
    letters.map(async (letter) => {
      const job = await backend.queue(deadLetterQueue(letter.errorClass)).getJob(deadLetterJobId(letter.letterId));
      if (job === undefined || isDeepStrictEqual(job.data, letter)) return;
      await job.updateData(checkedPayload(deadLetter, letter));
    }),
  );
}

/** Takes the jobs of letters out of their queues; one that is not there is no trouble. */
export async function removeLetterJobs(backend: QueueBackend, letters: readonly LetterJob[]): Promise<void> {
  await Promise.all(
    letters.map(({ letterId, errorClass }) =>
      backend.queue(deadLetterQueue(errorClass)).remove(deadLetterJobId(letterId)),
    ),
  );
}

function byClass(letters: readonly QueuedLetter[]): Map<FailureClass, QueuedLetter[]> {
  const classes = new Map<FailureClass, QueuedLetter[]>();
  for (const letter of letters) {
    const ofClass = classes.get(letter.errorClass);
    if (ofClass === undefined) classes.set(letter.errorClass, [letter]);
    else ofClass.push(letter);
  }
  return classes;
}
