import { ZodError } from 'zod';
import { Failure } from '../catalog/failure.ts';
import { policyOf } from '../catalog/policy.ts';
import { databaseFailure } from '../store/database-failure.ts';

const OPERATION = 'mirror the listing';

/**
 * The failure behind whatever broke off a run: a Failure as it is, a mistake of the program's own as `internal`, and
 * anything else as what the driver of PostgreSQL says, which has no error type of its own for lost connections.
 *
 * @param subject which listing
 */
export function troubleOf(error: unknown, subject: string): Failure {
  if (!isDefect(error)) return databaseFailure(error, OPERATION, subject);
  return new Failure({
    class: 'internal',
    operation: OPERATION,
    subject,
    detail: error.message,
    hint: policyOf('internal').hint,
    cause: error,
  });
}

/** The failure of telling the job which run it has: the queue's, whose errors are no business of PostgreSQL's hints. */
export function untoldRun(error: unknown, subject: string): Failure {
  return new Failure({
    class: 'internal',
    operation: 'note the run in its job',
    subject,
    detail: error instanceof Error ? error.message : String(error),
    hint: 'check that the queue can be reached; the next attempt takes the run up',
    cause: error,
  });
}

/** Errors of the language itself carry no code; those of Node and of the driver do. */
function isDefect(error: unknown): error is Error {
  const isOfLanguage =
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError ||
    error instanceof ZodError;
  return isOfLanguage && !('code' in error);
}
