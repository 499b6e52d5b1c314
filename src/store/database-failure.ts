import pg from 'pg';
import { Failure } from '../catalog/failure.ts';

const NETWORK_HINT = 'Check that the database server runs and that DATABASE_URL names its host and port.';
const LOGIN_HINT = 'Check the user and the password in DATABASE_URL.';
const TIME_LIMIT_HINT = 'A time limit of the server broke it off: raise statement_timeout and the like for this role.';
const TLS_HINT =
  "Check the server's certificate, and that DATABASE_URL says which one to trust (sslrootcert) and how (sslmode).";
const DEFECT_HINT = 'This looks like a defect of catalog-mirror: please report it with this message.';

/** PostgreSQL's SQLSTATEs, by what a person can do about them. The first prefix that matches gives the hint. */
const HINTS: readonly (readonly [prefix: string, hint: string])[] = [
  ['08', NETWORK_HINT],
  ['25006', 'The database is read-only: point DATABASE_URL at the primary.'],
  ['25P03', 'The worker stood still in a transaction for as long as its lease; the next run tries again.'],
  ['25P', TIME_LIMIT_HINT],
  ['28', LOGIN_HINT],
  ['3D000', 'Create the database first, or correct its name in DATABASE_URL.'],
  ['40', "It stood in the way of other people's transactions each time; the next run tries again."],
  [
    '42501',
    'Give this role the right, or let a DBA create the schemas mirror and report with this role as their owner.',
  ],
  ['53100', 'Free some disk space on the database server; the next run goes on from there.'],
  ['53300', 'The server has no connection left: raise max_connections or run fewer workers.'],
  ['53', 'The database server is out of resources; the next run tries again.'],
  ['55P03', TIME_LIMIT_HINT],
  ['57014', TIME_LIMIT_HINT],
  ['57P', 'The database server is stopping or restarting; the next run tries again.'],
];

/** What Node and the driver say before a server could answer, by their codes or, where they give none, their words. */
const DRIVER_HINTS: readonly (readonly [said: RegExp, hint: string])[] = [
  [/^ERR_INVALID_URL$/, 'Write DATABASE_URL as postgres://USER:PASSWORD@HOST:PORT/DATABASE.'],
  [/CERT|^UNABLE_TO_|^ERR_(TLS|SSL)|does not support SSL/, TLS_HINT],
  [/^E(?!RR_)[A-Z_]+$/, NETWORK_HINT],
  [/^SASL|password/i, LOGIN_HINT],
  [/connection|timeout/i, NETWORK_HINT],
];

/** Errors that end when the transaction is tried again: serialization failure and deadlock (design section 4). */
const REPEATABLE: ReadonlySet<string> = new Set(['40001', '40P01']);
const UNIQUE_VIOLATION = '23505';
/** Two runs that add the same artifact at the same moment: the one that is later finds it there when it tries again. */
const MET_ANOTHER_RUN = 'artifacts_pkey';

export function isRepeatable(error: unknown): boolean {
  return REPEATABLE.has(sqlState(rootCause(error)) ?? '') || isArtifactKnown(error);
}

/** Whether PostgreSQL refused to add an artifact because it is there. */
export function isArtifactKnown(error: unknown): boolean {
  const cause = rootCause(error);
  return sqlState(cause) === UNIQUE_VIOLATION && constraintOf(cause) === MET_ANOTHER_RUN;
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}

/** Whether PostgreSQL itself said no, as deep as that may be wrapped. */
export function isSaidByServer(error: unknown): boolean {
  return rootCause(error) instanceof pg.DatabaseError;
}

/**
 * Turns whatever the driver threw into a Failure of class `database`; a Failure passes unchanged.
 *
 * @param operation what was attempted, as a verb phrase
 * @param subject on what
 */
export function databaseFailure(error: unknown, operation: string, subject: string): Failure {
  if (error instanceof Failure) return error;
  const cause = rootCause(error);
  return new Failure({
    class: 'database',
    operation,
    subject,
    detail: `PostgreSQL: ${describe(cause)}`,
    hint: hintFor(cause),
    cause: error,
  });
}

/** Drizzle wraps the driver's error; a refused connection comes as an AggregateError over all addresses. */
function rootCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  if (error instanceof Error && sqlState(error) === null && error.cause instanceof Error) return rootCause(error.cause);
  return error;
}

function sqlState(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const code = sqlState(error);
  return code === null || text.includes(code) ? text : `${text} (${code})`;
}

function hintFor(error: unknown): string {
  const code = sqlState(error);
  const bySqlState = code === null ? undefined : HINTS.find(([prefix]) => code.startsWith(prefix));
  const said = code ?? (error instanceof Error ? error.message : '');
  const found = bySqlState ?? DRIVER_HINTS.find(([pattern]) => pattern.test(said));
  return found?.[1] ?? DEFECT_HINT;
}
