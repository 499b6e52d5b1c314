import pg from 'pg';
import { look } from './look.ts';

/** How long an answer of PostgreSQL may stay away before the connection is given up. */
export interface ConnectionPatience {
  /** Nothing was heard for so many milliseconds: from then on the server is asked through another connection. */
  readonly quietMs: number;
  /** Between two such looks, in milliseconds. */
  readonly lookEveryMs: number;
  /** For so many milliseconds every look has to find nothing at work. */
  readonly giveUpAfterMs: number;
  /** How long one look may take to connect, and as long again to be answered, in milliseconds. */
  readonly lookMs: number;
}

/** Together no longer than a lease lasts: after that another worker may have the run anyway. */
export const CONNECTION_PATIENCE: ConnectionPatience = {
  quietMs: 10_000,
  lookEveryMs: 5_000,
  giveUpAfterMs: 15_000,
  lookMs: 5_000,
};

/** Its words lead to the hint about the network (database-failure.ts). */
class ConnectionStalled extends Error {
  override readonly name = 'ConnectionStalled';
  constructor() {
    super('the connection stalled: no answer came, and the server was not at work on one');
  }
}

/**
 * Does `work`, which asks one thing after the other on a connection, and closes the connection where answers stay away
 * though the server is not at work on them: then the network between the two stalls, of which TCP tells nobody for a
 * quarter of an hour. What the server does work on may take as long as it takes, and so may a wait for a lock.
 *
 * Real time, not the clock that is passed in: networks stall in the present, whatever night a demo plays.
 *
 * @throws an error that says so where the connection was closed, else whatever `work` throws
 */
export async function watched<T>(
  pool: pg.Pool,
  client: pg.PoolClient,
  work: () => Promise<T>,
  patience: ConnectionPatience = CONNECTION_PATIENCE,
): Promise<T> {
  const stop = watch(pool, client, patience);
  try {
    if (!serverProcesses.has(client)) serverProcesses.set(client, await readServerProcess(client));
    return await work();
  } finally {
    stop();
  }
}

/** Not what the protocol tells of itself: a pooler between the two tells a number of its own. */
const serverProcesses = new WeakMap<pg.PoolClient, number>();

async function readServerProcess(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL returned no row for a SELECT without FROM');
  return row.pid;
}

/**
 * Closes the connection when it is found stalled: whatever waits for an answer on it fails with that.
 *
 * A timer and nothing else as long as all is well: an organization does dozens of things on a connection, and a signal that
 * aborts takes longer than most of them.
 *
 * @returns ends the watch
 */
function watch(pool: pg.Pool, client: pg.PoolClient, patience: ConnectionPatience): () => void {
  let isOver = false;
  let idleSince: number | null = null;
  const look = async (): Promise<void> => {
    const isAtWork = await isServerAtWork(pool, serverProcesses.get(client) ?? null, patience.lookMs);
    if (isOver) return;
    const now = performance.now();
    idleSince = isAtWork ? null : (idleSince ?? now);
    if (idleSince !== null && now - idleSince >= patience.giveUpAfterMs) {
      client.connection.stream.destroy(new ConnectionStalled());
    } else {
      timer = setTimeout(look, patience.lookEveryMs).unref();
    }
  };
  let timer = setTimeout(look, patience.quietMs).unref();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/**
 * Whether the server works on what this process of its own was asked, or waits for a lock to do so. Not so where it waits
 * to hear from us, where it has no such process, and where it cannot be reached either.
 */
async function isServerAtWork(pool: pg.Pool, serverProcess: number | null, withinMs: number): Promise<boolean> {
  try {
    const { rowCount } = await look(pool, withinMs, (client) =>
      client.query(
        `SELECT FROM pg_stat_activity
         WHERE pid = $1 AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Client'`,
        [serverProcess],
      ),
    );
    return rowCount === 1;
  } catch (error) {
    // A server that answers, be it that it takes no more connections, is no stalled network.
    return error instanceof pg.DatabaseError;
  }
}
