import type { FailureClass } from '../catalog/failure.ts';

export const LETTER_LEVELS = ['organization', 'page', 'record'] as const;
export type LetterLevel = (typeof LETTER_LEVELS)[number];

/** What a job in the queue `dead-letter.<class>` carries: enough to find the letter, never its payload. */
export interface QueuedLetter {
  /** `dead_letters.id`, a bigint as text. */
  readonly letterId: string;
  readonly errorClass: FailureClass;
  readonly level: LetterLevel;
  readonly organization: string;
  readonly kind: string;
  readonly runId: string | null;
  readonly detail: string;
}

/** The letters that are in PostgreSQL (the truth) and not yet in their queue. */
export interface LetterOutbox {
  /** Up to `limit` open letters without a job, oldest first. */
  pending(limit: number): Promise<readonly QueuedLetter[]>;
  markQueued(letterIds: readonly string[]): Promise<void>;
}

/** What leads from a letter to its job. */
export type LetterJob = Pick<QueuedLetter, 'letterId' | 'errorClass'>;

/** The letters that were resolved or discarded so long ago that they are kept no longer. */
export interface LetterArchive {
  /** Up to `limit` of them, those that were closed first at the beginning. */
  expired(limit: number): Promise<readonly LetterJob[]>;
  /** Deletes letters that are expired. */
  remove(letterIds: readonly string[]): Promise<void>;
}
