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
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}

/** The same, as a part of a line. */
export const UNKNOWN_JOB =
  'it knows nothing more of a job that is being worked: it was emptied, or gave the job to another worker; ' +
  'the run goes on, and PostgreSQL keeps what becomes of it';
