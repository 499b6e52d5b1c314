import pg from 'pg';

/**
 * Asks the server something over a connection made for that alone: those of the pool may be the ones that no longer work.
 *
 * @param withinMs how long it may take to connect, and as long again to be answered, in milliseconds
 * @throws the driver's error where the server cannot be reached, takes nobody in, or gives no answer in time
 */
export async function look<T>(pool: pg.Pool, withinMs: number, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const looker = new pg.Client({ ...pool.options, connectionTimeoutMillis: withinMs, query_timeout: withinMs });
  looker.on('error', () => {});
  try {
    await looker.connect();
    return await ask(looker);
  } finally {
    // No farewell: it would wait for the very network that is looked at.
    looker.connection.stream.destroy();
  }
}

/** Whether the server takes connections and answers on them. */
export async function isReachable(pool: pg.Pool, withinMs: number): Promise<boolean> {
  try {
    await look(pool, withinMs, (client) => client.query('SELECT'));
    return true;
  } catch {
    return false;
  }
}
