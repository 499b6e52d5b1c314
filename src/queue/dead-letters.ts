import { deadLetter, deadLetterJobId, deadLetterQueue } from '../../jobs/dead-letter.ts';
import type { FailureClass } from '../catalog/failure.ts';
import type { LetterJob, LetterOutbox, QueuedLetter } from '../letters/types.ts';
import type { QueueBackend } from './backend.ts';
import { jobOptions } from './job-options.ts';
import { checkedPayload } from './payload.ts';

const BATCH = 100;

/**
 * Puts every letter that has no job yet into the queue of its class, and marks it. A process that dies between the two
 * loses nothing: the job's id is the letter's, so that adding it again changes nothing.
 * @returns how many letters were queued
 */
export async function queueLetters(backend: QueueBackend, outbox: LetterOutbox): Promise<number> {
  let queued = 0;
  for (;;) {
    const letters = await outbox.pending(BATCH);
    for (const [errorClass, ofClass] of byClass(letters)) {
      await backend.queue(deadLetterQueue(errorClass)).addBulk(
        ofClass.map((letter) => ({
          name: deadLetter.name,
          data: checkedPayload(deadLetter, letter),
          opts: { ...jobOptions(deadLetter), jobId: deadLetterJobId(letter.letterId) },
        })),
      );
    }
    if (letters.length > 0) await outbox.markQueued(letters.map(({ letterId }) => letterId));
    queued += letters.length;
    if (letters.length < BATCH) return queued;
  }
}

/** Takes the jobs of letters out of their queues; one that is not there is no trouble. */
export async function removeLetterJobs(backend: QueueBackend, letters: readonly LetterJob[]): Promise<void> {
  for (const { letterId, errorClass } of letters) {
    await backend.queue(deadLetterQueue(errorClass)).remove(deadLetterJobId(letterId));
  }
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
