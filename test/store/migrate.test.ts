import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { DRIZZLE, useFolders } from './migrations-folder.ts';
import { addressOf, killSession, uniqueName, untilWaiting } from './sessions.ts';

const NOW = new Date('2025-01-15T03:00:00Z');
const now = () => NOW;

let database: TestDatabase;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function openEmpty(): Promise<TestDatabase> {
  database = await createTestDatabase({ empty: true });
  cleanups.push(() => database.drop());
  return database;
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 2 });
  pool.on('error', () => {});
  cleanups.push(() => pool.end());
  return pool;
}

const tables = async (schema: string): Promise<readonly string[]> =>
  (
    await database.pool.query<{ relname: string }>(
      'SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) ORDER BY relname',
      [schema],
    )
  ).rows.map(({ relname }) => relname);

const tags = async (): Promise<readonly string[]> => {
  const journal = JSON.parse(await readFile(join(DRIZZLE, 'meta', '_journal.json'), 'utf8'));
  return journal.entries.map(({ tag }: { tag: string }) => tag);
};

describe.skipIf(!postgresAvailable)('migrations', () => {
  const folders = useFolders();

  it('bring an empty database to the version of this program, once', async () => {
    const { pool } = await openEmpty();
    const first = await migrate(pool, { folder: DRIZZLE, now });
    expect(first).toEqual({ applied: await tags(), readerRole: { status: 'ready' } });
    expect(await tables('mirror')).toContain('staged_artifacts');
    expect(await tables('report')).toContain('daily_downloads');
    const { rows } = await pool.query('SELECT DISTINCT applied_at FROM mirror.migrations');
    expect(rows).toEqual([{ applied_at: NOW }]);

    const later = () => new Date('2025-01-16T03:00:00Z');
    expect((await migrate(pool, { folder: DRIZZLE, now: later })).applied).toEqual([]);
    expect((await pool.query('SELECT DISTINCT applied_at FROM mirror.migrations')).rows).toEqual(rows);
  });

  it('are applied by exactly one of many processes that start at once', async () => {
    const { connectionString } = await openEmpty();
    const pools = Array.from({ length: 6 }, () => openPool(connectionString));
    const outcomes = await Promise.all(pools.map((pool) => migrate(pool, { folder: DRIZZLE, now })));
    const applied = outcomes.map((outcome) => outcome.applied).filter(({ length }) => length > 0);
    expect(applied).toEqual([await tags()]);
    expect(outcomes.map(({ readerRole }) => readerRole.status)).toEqual(pools.map(() => 'ready'));
  });

  it('refuse a database that a newer version made, and change nothing', async () => {
    const { pool } = await openEmpty();
    await pool.query('CREATE SCHEMA mirror');
    await pool.query('CREATE TABLE mirror.migrations (tag text PRIMARY KEY, digest text, applied_at timestamptz)');
    await pool.query("INSERT INTO mirror.migrations VALUES ('9999_later', 'x', now())");
    await expect(migrate(pool, { folder: DRIZZLE, now })).rejects.toMatchObject({
      class: 'database',
      detail: expect.stringContaining('9999_later'),
      hint: expect.stringContaining('newer version'),
    });
    expect(await tables('mirror')).toEqual(['migrations', 'migrations_pkey']);
  });

  it('refuse a file that was changed after it was applied', async () => {
    const { pool } = await openEmpty();
    const folder = await folders.copy();
    await migrate(pool, { folder, now });
    await appendFile(join(folder, '0001_staging.sql'), '\n-- one more word\n');
    await expect(migrate(pool, { folder, now })).rejects.toMatchObject({
      class: 'database',
      subject: 'migration 0001_staging',
      hint: expect.stringContaining('Nothing was changed'),
    });
  });

  it('are the same files whatever line ends a checkout gave them', async () => {
    const { pool } = await openEmpty();
    await migrate(pool, { folder: DRIZZLE, now });
    const folder = await folders.copy();
    const file = join(folder, '0001_staging.sql');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'));
    expect((await migrate(pool, { folder, now })).applied).toEqual([]);
  });

  it('keep nothing of a file that fails, all of those before it, and go on once it is mended', async () => {
    const { pool, connectionString } = await openEmpty();
    const good = { '0000_first': ['CREATE TABLE mirror.first ()'] };
    const bad = await folders.of({ ...good, '0001_second': ['CREATE TABLE mirror.second ()', 'SELECT 1 / 0'] });
    await expect(migrate(pool, { folder: bad, now })).rejects.toMatchObject({
      class: 'database',
      subject: 'migration 0001_second',
      detail: expect.stringContaining('division by zero (22012)'),
    });
    expect(await tables('mirror')).toContain('first');
    expect(await tables('mirror')).not.toContain('second');

    // From another process: a lock that was left behind would keep it waiting.
    const mended = await folders.of({ ...good, '0001_second': ['CREATE TABLE mirror.second ()'] });
    const outcome = await migrate(openPool(connectionString), { folder: mended, now });
    expect(outcome.applied).toEqual(['0001_second']);
  });

  it.each([
    { moment: 'waits for its turn', killed: 1, subject: 'schemas mirror and report' },
    { moment: 'applies a file', killed: 0, subject: 'migration 0000_slow' },
  ])('say so in a sentence when the server ends the connection of one that $moment', async ({ killed, subject }) => {
    const { pool, connectionString } = await openEmpty();
    const slow = await folders.of({ '0000_slow': ['LOCK TABLE public.gate'] });
    await pool.query('CREATE TABLE public.gate ()');
    const gate = await pool.connect();
    await gate.query('BEGIN');
    await gate.query('LOCK TABLE public.gate');

    const starts: Promise<unknown>[] = [];
    const pids: number[] = [];
    for (const count of [1, 2]) {
      starts.push(migrate(openPool(connectionString), { folder: slow, now }));
      pids.push(...(await untilWaiting(pool, count)).filter((pid) => !pids.includes(pid)));
    }
    const outcomes = Promise.allSettled(starts);
    await killSession(pool, pids[killed] ?? 0);
    await gate.query('COMMIT');
    gate.release();

    const [lost, other] = killed === 0 ? await outcomes : (await outcomes).toReversed();
    expect(lost).toMatchObject({
      status: 'rejected',
      reason: {
        class: 'database',
        operation: 'migrate the database',
        subject,
        detail: expect.stringContaining('57P01'),
        hint: expect.stringContaining('stopping or restarting'),
      },
    });
    expect(other).toMatchObject({ status: 'fulfilled', value: { applied: ['0000_slow'] } });
  });

  describe('as a role that may not create schemas', () => {
    async function openAsGuest(): Promise<{ readonly role: string; readonly pool: pg.Pool }> {
      const role = uniqueName();
      const admin = await createTestDatabase({ empty: true });
      cleanups.push(async () => {
        await admin.pool.query(`DROP ROLE ${role}`);
        await admin.drop();
      });
      await admin.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'guest'`);
      const { connectionString } = await openEmpty();
      return { role, pool: openPool(addressOf(connectionString, { user: role, password: 'guest' })) };
    }

    it('use the schemas that a DBA has made', async () => {
      const { role, pool } = await openAsGuest();
      await database.pool.query(`CREATE SCHEMA mirror AUTHORIZATION ${role}`);
      await database.pool.query(`CREATE SCHEMA report AUTHORIZATION ${role}`);
      expect((await migrate(pool, { folder: DRIZZLE, now })).applied).toEqual(await tags());
    });

    it('say who can make them where they are missing', async () => {
      const { pool } = await openAsGuest();
      await expect(migrate(pool, { folder: DRIZZLE, now })).rejects.toMatchObject({
        class: 'database',
        detail: expect.stringContaining('permission denied'),
        hint: expect.stringContaining('let a DBA create the schemas mirror and report'),
      });
    });
  });
});
