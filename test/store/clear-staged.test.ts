import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { emptyLedger } from '../../src/store/clear-staged.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

describe.skipIf(!postgresAvailable)('the ledger of a first load', () => {
  const database = useTestDatabase();

  async function keep(client: pg.ClientBase, runId: number): Promise<void> {
    await client.query(
      `INSERT INTO mirror.staged_pages (run_id, asked, pass, page, page_limit, arrived_at, summary, settled, kept)
       SELECT $1, asked, 1, asked, 10, now(), '{}', '{}', decode(repeat('5b', 100000), 'hex')
       FROM generate_series(1, 20) AS asked`,
      [runId],
    );
  }

  /** In a transaction, as it is closed. */
  async function empty(client: pg.PoolClient, runId: string): Promise<void> {
    await client.query('BEGIN');
    await emptyLedger(drizzle(client), runId);
    await client.query('COMMIT');
  }

  async function ledger(): Promise<{ readonly pages: number; readonly hasBytes: boolean }> {
    const { rows } = await database.pool.query<{ pages: number; bytes: number }>(
      `SELECT count(*)::integer AS pages,
              (pg_total_relation_size('mirror.staged_pages') - pg_indexes_size('mirror.staged_pages'))::integer AS bytes
       FROM mirror.staged_pages`,
    );
    return { pages: rows[0]?.pages ?? -1, hasBytes: (rows[0]?.bytes ?? 0) > 1_000_000 };
  }

  async function withClient<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await database.pool.connect();
    try {
      return await use(client);
    } finally {
      client.release();
    }
  }

  it('gives its files back where nobody else has staged anything', () =>
    withClient(async (client) => {
      await keep(client, 1);
      expect(await ledger()).toEqual({ pages: 20, hasBytes: true });
      await empty(client, '1');
      expect(await ledger()).toEqual({ pages: 0, hasBytes: false });
      await keep(client, 2);
      expect(await ledger()).toEqual({ pages: 20, hasBytes: true });
    }));

  it('is as it was where the transaction comes to nothing', () =>
    withClient(async (client) => {
      await keep(client, 1);
      await client.query('BEGIN');
      await emptyLedger(drizzle(client), '1');
      await client.query('ROLLBACK');
      expect(await ledger()).toEqual({ pages: 20, hasBytes: true });
    }));

  it('is left alone where another run has staged something', () =>
    withClient(async (client) => {
      await keep(client, 1);
      await keep(client, 2);
      await empty(client, '1');
      expect(await ledger()).toEqual({ pages: 40, hasBytes: true });
    }));

  it('is left alone, without waiting, while another run is staging something', () =>
    withClient((client) =>
      withClient(async (other) => {
        await keep(client, 1);
        await other.query('BEGIN');
        await keep(other, 2);
        await client.query('BEGIN');
        await emptyLedger(drizzle(client), '1');
        // What it did before is not lost by that, and others may go on at once.
        await client.query('DELETE FROM mirror.staged_pages WHERE run_id = 1 AND asked > 15');
        await other.query('SELECT FROM mirror.staged_pages');
        await other.query('COMMIT');
        await client.query('COMMIT');
        expect(await ledger()).toEqual({ pages: 35, hasBytes: true });
      }),
    ));

  it('is left alone by a role that may not truncate it', async () => {
    await withClient((client) => keep(client, 1));
    const role = `without_truncate_${process.pid}`;
    await database.pool.query(`CREATE ROLE ${role}`);
    try {
      await withClient(async (client) => {
        await client.query('BEGIN');
        await client.query(`GRANT USAGE ON SCHEMA mirror TO ${role}`);
        await client.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON mirror.staged_pages TO ${role}`);
        await client.query(`SET LOCAL ROLE ${role}`);
        await emptyLedger(drizzle(client), '1');
        await client.query('DELETE FROM mirror.staged_pages WHERE asked > 15');
        await client.query('ROLLBACK');
      });
    } finally {
      await database.pool.query(`DROP ROLE ${role}`);
    }
    expect(await ledger()).toEqual({ pages: 20, hasBytes: true });
  });
});
