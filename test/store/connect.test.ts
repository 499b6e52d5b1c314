import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { connectToMirror, describeTarget } from '../../src/store/connect.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { startBreaker, startPooler } from './pooler.ts';
import { addressOf, killSession, uniqueName } from './sessions.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(connectionString: string, onIdleError: (error: Error) => void = () => {}) {
  const pool = await connectToMirror(connectionString, { max: 3, onIdleError });
  cleanups.push(() => pool.end());
  return pool;
}

describe.skipIf(!postgresAvailable)('connecting to the mirror', () => {
  const database = useTestDatabase();

  it('gives a pool that names itself to the server', async () => {
    const pool = await open(database.connectionString);
    const { rows } = await pool.query("SELECT current_setting('application_name') AS name");
    expect(rows).toEqual([{ name: 'catalog-mirror' }]);
  });

  it.each(['SQL_ASCII', 'LATIN1'])('refuses a database in %s', async (encoding) => {
    const name = uniqueName();
    await database.pool.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`);
    try {
      await expect(open(addressOf(database.connectionString, { database: name }))).rejects.toMatchObject({
        class: 'database',
        detail: expect.stringContaining(`encoded in ${encoding}`),
        hint: "Create it with ENCODING 'UTF8'.",
      });
    } finally {
      await database.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });

  it('refuses a pooler in transaction mode', async () => {
    const pooler = await startPooler(new URL(database.connectionString));
    cleanups.push(() => pooler.close());
    const address = addressOf(database.connectionString, pooler);
    await expect(open(address)).rejects.toMatchObject({
      class: 'database',
      detail: expect.stringContaining('a pooler in transaction mode stands before it'),
      hint: expect.stringContaining('a pool in session mode'),
    });
  });

  it('bears that a connection breaks while the server is looked at', async () => {
    const breaker = await startBreaker(new URL(database.connectionString), 2);
    cleanups.push(() => breaker.close());
    // The first connection idles while the second is made: that it breaks must not end the process.
    const pool = await open(addressOf(database.connectionString, breaker));
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('tells of an idle connection that breaks, and opens another', async () => {
    let tell: (error: Error) => void = () => {};
    const broken = new Promise<Error>((resolve) => {
      tell = resolve;
    });
    const pool = await open(database.connectionString, (error) => tell(error));
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await killSession(database.pool, rows[0]?.pid ?? 0);
    expect((await broken).message).toMatch(/terminat/);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it.each([
    {
      mistake: 'a wrong password',
      wrong: { password: 'not-the-secret' },
      detail: '28P01',
      hint: 'Check the user and the password in DATABASE_URL.',
    },
    {
      mistake: 'a database that does not exist',
      wrong: { database: 'no_such_database' },
      detail: '3D000',
      hint: 'Create the database first, or correct its name in DATABASE_URL.',
    },
  ])('says what is wrong with $mistake, and shows no password', async ({ wrong, detail, hint }) => {
    const address = addressOf(database.connectionString, wrong);
    const error = await open(address).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      class: 'database',
      operation: 'connect to PostgreSQL',
      detail: expect.stringContaining(detail),
      hint,
    });
    expect(inspect(error, { depth: 10 })).not.toContain(new URL(address).password);
  });

  it('reads moments whatever date style the database has of its own', async () => {
    await database.pool.query(
      `ALTER DATABASE "${new URL(database.connectionString).pathname.slice(1)}" SET DateStyle = 'German'`,
    );
    const pool = await open(database.connectionString);
    const { rows } = await pool.query<{ moment: Date }>("SELECT timestamptz '2025-01-15 03:00:00Z' AS moment");
    expect(rows).toEqual([{ moment: new Date('2025-01-15T03:00:00Z') }]);
  });

  it('says what to check where nothing listens', async () => {
    const port = await freePort();
    const error = await open(`postgres://mirror:sesame@127.0.0.1:${port}/mirror`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      class: 'database',
      subject: `127.0.0.1:${port}/mirror`,
      detail: expect.stringContaining('ECONNREFUSED'),
      hint: expect.stringContaining('Check that the database server runs'),
    });
    expect(inspect(error, { depth: 10 })).not.toContain('sesame');
  });

  it.each(['postgres://mirror:sesame@[host/mirror', 'postgres://mirror:sesame@host:port/mirror'])(
    'shows no password of an address that cannot be read: %s',
    async (address) => {
      const error = await open(address).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        class: 'database',
        subject: 'DATABASE_URL',
        hint: expect.stringContaining('postgres://USER'),
      });
      expect(inspect(error, { depth: 10 })).not.toContain('sesame');
    },
  );
});

describe('the target of a connection string', () => {
  it.each([
    ['postgres://user:sesame@db.example:6432/mirror?sslmode=require', 'db.example:6432/mirror'],
    ['postgres://user:sesame@db.example/mirror', 'db.example:5432/mirror'],
    ['postgres:///mirror', 'localhost:5432/mirror'],
    ['no address, but sesame', 'DATABASE_URL'],
  ])('of %s is %s', (address, shown) => {
    expect(describeTarget(address)).toBe(shown);
  });
});
