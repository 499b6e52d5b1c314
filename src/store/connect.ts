import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Failure } from '../catalog/failure.ts';
import { withConnection } from './connection.ts';
import { databaseFailure } from './database-failure.ts';

/** The oldest PostgreSQL the mirror runs on (design section 5). */
const OLDEST_SERVER = 150_000;

const CONNECT_MS = 10_000;
/** After so long without a word, either side asks the other whether it is still there. */
const KEEP_ALIVE_SECONDS = 30;

/**
 * A pool on the mirror's database that has been looked at: a server that is too old, a database that is not UTF8 and a
 * pooler in transaction mode are refused here with a sentence, before anything is written.
 *
 * @param connectionString a `postgres://` address; it may hold a password and never appears in an error
 * @param options.max the most connections this process opens, at least 2
 * @param options.onIdleError called when an idle connection breaks, so that a restart of the server is a line in the log
 * @throws Failure (class `database`)
 */
export async function connectToMirror(
  connectionString: string,
  options: { readonly max: number; readonly onIdleError: (error: Error) => void },
): Promise<pg.Pool> {
  const pool = new pg.Pool({
    connectionString,
    max: options.max,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'catalog-mirror',
    // An idle connection that the network forgot is noticed by its absence, not by the next statement.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_SECONDS * 1_000,
    onConnect: prepareSession,
  });
  pool.on('error', options.onIdleError);
  try {
    await refuseUnfitServer(pool);
    return pool;
  } catch (error) {
    await pool.end();
    throw databaseFailure(error, 'connect to PostgreSQL', describeTarget(connectionString));
  }
}

/** Host, port and database of a connection string: what an error may show of it. */
export function describeTarget(connectionString: string): string {
  try {
    const url = new URL(connectionString);
    return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

async function prepareSession(client: pg.ClientBase): Promise<void> {
  const done = new AbortController();
  // The driver's own limit is for the login alone.
  const late = sleep(CONNECT_MS, null, { signal: done.signal }).then(
    () => Promise.reject(new Error('timeout expired')),
    () => {},
  );
  // A role or a database may have a date style of its own, which the driver cannot read.
  const settings = `SET DateStyle = ISO; SET tcp_keepalives_idle = ${KEEP_ALIVE_SECONDS};
    SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3`;
  try {
    await Promise.race([client.query(settings), late]);
  } finally {
    done.abort();
  }
}

async function refuseUnfitServer(pool: pg.Pool): Promise<void> {
  await withConnection(pool, async (first) => {
    const server = await readServer(first);
    if (server.version < OLDEST_SERVER) {
      throw unfit(
        `the server is PostgreSQL ${Math.floor(server.version / 10_000)}`,
        'catalog-mirror needs PostgreSQL 15 or later.',
      );
    }
    if (server.encoding !== 'UTF8') {
      throw unfit(
        `the database is encoded in ${server.encoding}, which cannot hold every name of a catalog`,
        "Create it with ENCODING 'UTF8'.",
      );
    }
    // Two open connections of ours can only share one server process behind a pooler in transaction mode.
    const process = await withConnection(pool, async (second) => (await readServer(second)).process);
    if (process === server.process) {
      throw unfit(
        'a pooler in transaction mode stands before it, and the mirror relies on session locks',
        'Point DATABASE_URL at the server itself, or at a pool in session mode.',
      );
    }
  });
}

async function readServer(client: pg.PoolClient): Promise<{ version: number; encoding: string; process: number }> {
  const { rows } = await client.query<{ version: number; encoding: string; process: number }>(
    `SELECT current_setting('server_version_num')::integer AS version,
            pg_encoding_to_char(encoding) AS encoding,
            pg_backend_pid() AS process
     FROM pg_database WHERE datname = current_database()`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('pg_database has no row for the current database');
  return row;
}

function unfit(detail: string, hint: string): Failure {
  return new Failure({
    class: 'database',
    operation: 'use this database',
    subject: 'PostgreSQL',
    detail,
    hint,
  });
}
