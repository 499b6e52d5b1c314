import type { FailureClass } from '../catalog/failure.ts';

export const LETTER_LEVELS = ['organization', 'page', 'record'] as const;
export type LetterLevel = (typeof LETTER_LEVELS)[number];

/** What a job in the queue `dead-letter.<class>` carries: what a person asks first of a letter, never its payload. */
export interface QueuedLetter {
  /** `dead_letters.id`, a bigint as text. */
  readonly letterId: string;
  readonly errorClass: FailureClass;
  readonly level: LetterLevel;
  readonly organization: string;
  readonly kind: string;
  readonly runId: string | null;
  readonly page: number | null;
  readonly artifactId: string | null;
  /** The HTTP status, where there was one. */
  readonly status: number | null;
  readonly detail: string;
  readonly occurrences: number;
  /** When the failure was met last, to the microsecond. */
  readonly lastFailedAt: string;
}

/** What leads from a letter to its job. */
export type LetterJob = Pick<QueuedLetter, 'letterId' | 'errorClass'>;

/** Where PostgreSQL (the truth) and the queues are known to differ by what the mirror itself did. */
export interface LetterOutbox {
  /** Up to `limit` open letters without a job, or met again since their job was written, oldest first. */
  pending(limit: number): Promise<readonly QueuedLetter[]>;
  /** The jobs of these letters say what is given here. */
  markQueued(letters: readonly QueuedLetter[]): Promise<void>;
  /** Up to `limit` letters that were resolved or discarded and still have a job, oldest first. */
  closed(limit: number): Promise<readonly LetterJob[]>;
  markUnqueued(letterIds: readonly string[]): Promise<void>;
}

/** The open letters as PostgreSQL knows them, for queues that may have lost some or kept too many. */
export interface OpenLetters {
  /** How many of each class have a job; a class that has none is left out. */
  counts(): Promise<ReadonlyMap<FailureClass, number>>;
  /** Up to `limit` of one class behind that id that have a job, by id. */
  queued(errorClass: FailureClass, afterId: string, limit: number): Promise<readonly QueuedLetter[]>;
  /** Those of these letters that are open. */
  openAmong(letterIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** What is kept no longer: letters that were resolved or discarded long ago, and findings of old runs that ended nothing. */
export interface LetterArchive {
  /** Up to `limit` of them, those that were closed first at the beginning. */
  expired(limit: number): Promise<readonly LetterJob[]>;
  /** Deletes letters that are expired. */
  remove(letterIds: readonly string[]): Promise<void>;
  /**
   * Deletes up to `limit` findings of artifacts that were not listed, of runs that are as old and ended nothing by them,
   * but for those that a letter speaks of. What an ending rests on is kept.
   * @returns how many
   */
  removeFindings(limit: number): Promise<number>;
}
