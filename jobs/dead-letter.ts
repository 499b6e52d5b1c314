import { z } from 'zod';
import type { FailureClass } from '../src/catalog/failure.ts';
import { queuedLetterSchema } from '../src/letters/queued-letter.ts';
import type { QueuedLetter } from '../src/letters/types.ts';
import type { JobDefinition } from './job.ts';

/**
 * A dead letter in the queue of its class, where Bull Board shows it (design section 6). No worker takes it by itself: it
 * waits there until its letter is replayed or discarded, and the letter in PostgreSQL is the truth.
 */
export const deadLetter: JobDefinition<QueuedLetter, null> = {
  name: 'dead-letter',
  payload: queuedLetterSchema,
  result: z.null(),
  attempts: 1,
  backoffMs: 0,
  keepCompleted: { count: 1_000, age: 7 * 24 * 60 * 60 },
  keepFailed: { count: 1_000, age: 30 * 24 * 60 * 60 },
};

/** The queue of a failure class. */
export function deadLetterQueue(errorClass: FailureClass): string {
  return `${deadLetter.name}.${errorClass}`;
}

const JOB_ID = /^letter-(\d+)$/;

/** The letter of a job; null where it is no letter's. */
export function letterIdOf(jobId: string): string | null {
  return JOB_ID.exec(jobId)?.[1] ?? null;
}

/** The job of a letter: always the same one, so that adding it again changes nothing. */
export function deadLetterJobId(letterId: string): string {
  return `letter-${letterId}`;
}
