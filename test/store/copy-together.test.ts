import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { BinaryRows } from '../../src/store/binary-rows.ts';
import { copyTogether } from '../../src/store/copy-together.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

/** Rows of one bigint each. */
function rowsOf(...numbers: readonly number[]): Buffer {
  const rows = new BinaryRows(16);
  for (const number of numbers) {
    rows.row(1);
    rows.whole(number);
  }
  return rows.written();
}

describe.skipIf(!postgresAvailable)('rows that are copied into several tables together', () => {
  const database = useTestDatabase();

  async function withTables<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await database.pool.connect();
    try {
      await client.query('CREATE TABLE one (n bigint PRIMARY KEY); CREATE TABLE other (n bigint PRIMARY KEY)');
      return await use(client);
    } finally {
      client.release(true);
    }
  }
  const numbersIn = async (client: pg.PoolClient, table: string): Promise<number[]> => {
    const { rows } = await client.query<{ n: string }>(`SELECT n FROM ${table} ORDER BY n`);
    return rows.map(({ n }) => Number(n));
  };
  const copyBoth = (client: pg.PoolClient, one: readonly Buffer[], other: readonly Buffer[], behind = 'SELECT 1') =>
    copyTogether(client, [{ target: 'one (n)', rows: one }, { target: 'other (n)', rows: other }, behind]);

  it('are all there when it is over, and what was to be said behind them is said', () =>
    withTables(async (client) => {
      await copyBoth(client, [rowsOf(1, 2), rowsOf(3)], [rowsOf(4)], 'INSERT INTO one VALUES (9)');
      expect(await numbersIn(client, 'one')).toEqual([1, 2, 3, 9]);
      expect(await numbersIn(client, 'other')).toEqual([4]);
    }));

  it.each([
    ['the first', [rowsOf(1, 1)], [rowsOf(2)], 'one_pkey'],
    ['the second', [rowsOf(1)], [rowsOf(2, 2)], 'other_pkey'],
  ])('are none of them there where %s are refused, and the connection goes on', (_, one, other, constraint) =>
    withTables(async (client) => {
      await client.query('BEGIN; SAVEPOINT mark');
      await expect(copyBoth(client, one, other, 'INSERT INTO one VALUES (9)')).rejects.toMatchObject({
        code: '23505',
        constraint,
      });
      await client.query('ROLLBACK TO SAVEPOINT mark');
      await copyBoth(client, [rowsOf(5)], [rowsOf(6)]);
      await client.query('COMMIT');
      expect(await numbersIn(client, 'one')).toEqual([5]);
      expect(await numbersIn(client, 'other')).toEqual([6]);
    }),
  );

  it('are not begun where what is said before them is refused', () =>
    withTables(async (client) => {
      const copied = copyTogether(client, ['SELECT 1 / 0', { target: 'one (n)', rows: [rowsOf(1)] }]);
      await expect(copied).rejects.toMatchObject({ code: '22012' });
      expect(await numbersIn(client, 'one')).toEqual([]);
    }));

  it('are refused where what is said behind them is', () =>
    withTables(async (client) => {
      await expect(copyBoth(client, [rowsOf(1)], [rowsOf(2)], 'SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
      expect(await numbersIn(client, 'one')).toEqual([]);
    }));

  it('are refused as a whole where PostgreSQL cannot read them', () =>
    withTables(async (client) => {
      await expect(copyBoth(client, [Buffer.from([0, 2])], [rowsOf(2)])).rejects.toBeInstanceOf(pg.DatabaseError);
      expect(await numbersIn(client, 'one')).toEqual([]);
    }));

  it('tell of a connection that breaks under them', () =>
    withTables(async (client) => {
      client.on('error', () => {});
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const copied = copyBoth(client, [rowsOf(1)], [rowsOf(2)], 'SELECT pg_sleep(60)');
      const refused = expect(copied).rejects.toThrow();
      await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await refused;
      await expect(copyBoth(client, [rowsOf(1)], [rowsOf(2)])).rejects.toThrow();
    }));
});
