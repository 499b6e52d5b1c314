import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type History, writeHistory } from './history.ts';

export interface Scratch {
  /** In a transaction that is rolled back after the test. */
  readonly client: pg.PoolClient;
  /** Writes a history and answers a query over it, each row as a list of its columns. */
  ask(history: History, query: string): Promise<unknown[][]>;
}

/**
 * One database for the file, and for each test a transaction of its own: far quicker than a database each, and enough
 * for views, which read only.
 */
export function useScratch(): Scratch {
  let database: TestDatabase | null = null;
  let current: pg.PoolClient | null = null;
  beforeAll(async () => {
    if (postgresAvailable) database = await createTestDatabase();
  });
  beforeEach(async () => {
    if (database === null) return;
    current = await database.pool.connect();
    await current.query('BEGIN');
  });
  afterEach(async () => {
    await current?.query('ROLLBACK');
    current?.release();
    current = null;
  });
  afterAll(() => database?.drop());

  const client = (): pg.PoolClient => {
    if (current === null) throw new Error('there is a client only inside a test, and only where there is a PostgreSQL');
    return current;
  };
  return {
    get client() {
      return client();
    },
    async ask(history, query) {
      await writeHistory(client(), history);
      const { rows } = await client().query({ text: query, rowMode: 'array' });
      return rows;
    },
  };
}
