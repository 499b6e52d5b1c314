import type pg from 'pg';
import { watched } from './watch-connection.ts';

/**
 * Uses one connection of the pool for several statements. A connection that breaks between two of them ends the next
 * one with an error, not the process; one that stalls is closed (watch-connection.ts). Where `use` fails, the connection
 * is closed, and with it go its session locks.
 *
 * @throws whatever `use` throws, and the driver's error where no connection is to be had
 */
export async function withConnection<T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const heard = (): void => {};
  client.on('error', heard);
  let failed = true;
  try {
    const result = await watched(pool, client, () => use(client));
    failed = false;
    return result;
  } finally {
    client.off('error', heard);
    client.release(failed);
  }
}

/**
 * Asks one statement on a connection of the pool, watched like several (withConnection above). For what a process waits
 * for before it ends: `pool.query` itself would wait on a connection that stalls for as long as TCP does.
 *
 * @throws the driver's error
 */
export function queryWatched<R extends pg.QueryResultRow = pg.QueryResultRow>(
  pool: pg.Pool,
  sql: string,
  values: readonly unknown[] = [],
): Promise<pg.QueryResult<R>> {
  return withConnection(pool, (client) => client.query<R>(sql, [...values]));
}

/**
 * Does `work` in one transaction of its own: all of it or nothing.
 *
 * @param commit ends it; default a COMMIT. What goes in one message with that spares an answer that is waited for.
 * @throws what `work` or the COMMIT throws; a ROLLBACK that fails after it, on a broken connection, does not hide it
 */
export async function inTransaction<T>(
  client: pg.PoolClient,
  work: () => Promise<T>,
  commit: (result: T) => Promise<unknown> = () => client.query('COMMIT'),
): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await commit(result);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
