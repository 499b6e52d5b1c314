import { ErrorCode } from 'bullmq';

const CODES: ReadonlySet<unknown> = new Set([
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobLockMismatch,
]);

/**
 * Whether the queue says that a job which is being worked is not there, or not this worker's: it was emptied, or did not
 * hear from the worker for so long that it gave the job away. The run is nobody else's for that: PostgreSQL says whose.
 */
export function isUnknownJob(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && CODES.has(error.code)) || error.message.startsWith(LOCK_IS_GONE);
}

/** How BullMQ begins what it says of a job whose lock it wanted to renew. */
const LOCK_IS_GONE = 'could not renew lock for job';

/** The same, as a part of a line. */
export const UNKNOWN_JOB =
  'a job that was being worked is gone, or belongs to another worker: the queue was emptied, or did not hear of the worker ' +
  'for too long; what becomes of its run is in PostgreSQL';
