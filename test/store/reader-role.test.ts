import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { joinEmbeddedServer } from '../../src/embedded/server.ts';
import type { EmbeddedServer } from '../../src/embedded/types.ts';
import { type MigrationOutcome, migrate } from '../../src/store/migrate.ts';
import { DRIZZLE, useFolders } from './migrations-folder.ts';
import { addressOf, uniqueName, untilWaiting } from './sessions.ts';

// A server of this file's own: the role belongs to a whole server, and here it comes and goes.
let folder: string;
let server: EmbeddedServer;
let admin: pg.Pool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-test-'));
  // As root the server runs as another user, who has to reach the home.
  await chmod(folder, 0o711);
  server = await joinEmbeddedServer({
    home: join(folder, 'home'),
    clock: createSystemClock(),
    log: () => {},
    settings: { fsync: 'off' },
  });
  admin = new pg.Pool({ connectionString: server.connectionString('postgres') });
  // The server may go before it has heard that the pool ends.
  admin.on('error', () => {});
});
afterAll(async () => {
  await admin?.end();
  await server?.leave();
  await rm(folder, { recursive: true, force: true });
});

const pools: pg.Pool[] = [];
const databases: string[] = [];
const roles: string[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.end();
  for (const name of databases.splice(0)) await admin.query(`DROP DATABASE ${name}`);
  for (const role of roles.splice(0)) await admin.query(`DROP ROLE ${role}`);
  await admin.query('DROP ROLE IF EXISTS catalog_reader');
});

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString });
  pools.push(pool);
  return pool;
}

async function emptyDatabase(): Promise<string> {
  const name = uniqueName();
  await server.ensureDatabase(name);
  databases.push(name);
  return server.connectionString(name);
}

const bringUp = (pool: pg.Pool): Promise<MigrationOutcome> => migrate(pool, { folder: DRIZZLE, now: () => new Date() });

async function migrated(): Promise<pg.Pool> {
  const pool = openPool(await emptyDatabase());
  expect((await bringUp(pool)).readerRole).toEqual({ status: 'ready' });
  return pool;
}

describe('the role catalog_reader', () => {
  it('is created together with the tables, and may not log in', async () => {
    await migrated();
    const { rows } = await admin.query(
      "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'catalog_reader'",
    );
    expect(rows).toEqual([{ rolcanlogin: false, rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
  });

  it('serves a second database of the same server', async () => {
    await migrated();
    await migrated();
  });

  it('may be created by another database at the same moment', async () => {
    const rival = await admin.connect();
    const pool = openPool(await emptyDatabase());
    await rival.query('BEGIN');
    await rival.query('CREATE ROLE catalog_reader NOLOGIN');
    const outcome = bringUp(pool);
    await untilWaiting(openPool(pool.options.connectionString ?? ''));
    await rival.query('COMMIT');
    rival.release();
    expect((await outcome).readerRole).toEqual({ status: 'ready' });
    expect(await privileges(pool)).toContain('SELECT report.artifacts');
  });

  it('may be refused: the schema is there, the reason is told, and a DBA can make up for it', async () => {
    const role = uniqueName();
    roles.push(role);
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'guest'`);
    const address = await emptyDatabase();
    const dba = openPool(address);
    for (const schema of ['mirror', 'report']) await dba.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`);
    const pool = openPool(addressOf(address, { user: role, password: 'guest' }));

    const outcome = await bringUp(pool);
    const forDba = outcome.readerRole.status === 'refused' ? outcome.readerRole.forDba : [];
    expect(outcome.readerRole).toMatchObject({ status: 'refused', reason: 'permission denied to create role' });
    expect(forDba[0]).toBe('CREATE ROLE catalog_reader NOLOGIN');
    expect(outcome.applied).toContain('0002_reports');
    expect((await pool.query('SELECT * FROM report.artifacts')).rows).toEqual([]);

    for (const statement of forDba) await dba.query(statement);
    const byDba = await privileges(dba);
    expect((await bringUp(pool)).readerRole).toEqual({ status: 'ready' });
    expect(await privileges(dba)).toEqual(byDba);
  });

  it('is not called ready where a DBA keeps the schemas, whose server only warns that it granted nothing', async () => {
    const role = uniqueName();
    roles.push(role);
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'guest'`);
    await admin.query('CREATE ROLE catalog_reader NOLOGIN');
    const address = await emptyDatabase();
    const dba = openPool(address);
    for (const schema of ['mirror', 'report']) {
      await dba.query(`CREATE SCHEMA ${schema}`);
      await dba.query(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`);
    }
    const pool = openPool(addressOf(address, { user: role, password: 'guest' }));
    expect((await bringUp(pool)).readerRole).toMatchObject({
      status: 'refused',
      reason: 'this role may not grant USAGE on the schemas mirror, report',
      // The role is there: to create it once more would stop a DBA's script.
      forDba: expect.not.arrayContaining([expect.stringMatching(/^CREATE/)]),
    });
    await dba.query('GRANT USAGE ON SCHEMA mirror TO catalog_reader');
    expect((await bringUp(pool)).readerRole).toMatchObject({ reason: expect.stringMatching(/ the schemas report$/) });
    await dba.query('GRANT USAGE ON SCHEMA report TO catalog_reader');
    expect((await bringUp(pool)).readerRole).toEqual({ status: 'ready' });
    expect(await privileges(dba)).toContain('SELECT mirror.runs');
    // What the guest owns goes with it.
    await dba.query(`DROP OWNED BY ${role}`);
  });

  it('may read what both schemas are for, and do nothing else anywhere', async () => {
    const pool = await migrated();
    await pool.query('CREATE SCHEMA queue');
    await pool.query('CREATE TABLE queue.jobs (payload text)');
    const { rows } = await pool.query<{ name: string }>(
      `SELECT 'SELECT report.' || viewname AS name FROM pg_views WHERE schemaname = 'report'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    const tables = [
      'artifact_events',
      'artifacts',
      'catalog',
      'covers',
      'daily_lulls',
      'daily_steps',
      'download_observations',
      'migrations',
      'run_absences',
      'runs',
    ];
    const expected = [...rows.map(({ name }) => name), ...tables.map((table) => `SELECT mirror.${table}`)];
    expect(await privileges(pool)).toEqual(expected.toSorted());
    // What else there is, somebody decided to keep from it.
    const others = await pool.query<{ tablename: string }>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'mirror' AND tablename <> ALL ($1) ORDER BY tablename`,
      [tables],
    );
    expect(others.rows.map(({ tablename }) => tablename)).toEqual([
      'daily_stale',
      'dead_letters',
      'known_pages',
      'staged_artifacts',
      'staged_bad_records',
      'staged_pages',
    ]);
    const schemas = await pool.query<{ nspname: string; usage: boolean; create: boolean }>(
      `SELECT nspname, has_schema_privilege('catalog_reader', oid, 'USAGE') AS usage,
              has_schema_privilege('catalog_reader', oid, 'CREATE') AS create
       FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') ORDER BY nspname`,
    );
    expect(schemas.rows).toEqual([
      { nspname: 'mirror', usage: true, create: false },
      { nspname: 'queue', usage: false, create: false },
      { nspname: 'report', usage: true, create: false },
    ]);
  });

  it('may read a letter but not its payload, and not a job, and write nothing', async () => {
    const pool = await migrated();
    await pool.query('CREATE SCHEMA queue');
    await pool.query('CREATE TABLE queue.jobs (payload text)');
    const reader = await pool.connect();
    try {
      await reader.query('SET ROLE catalog_reader');
      const columns = await letterColumns(pool);
      expect(columns).toContain('payload');
      const readable = columns.filter((column) => column !== 'payload');
      expect((await reader.query(`SELECT ${readable.join()} FROM mirror.dead_letters`)).rows).toEqual([]);
      for (const statement of [
        'SELECT payload FROM mirror.dead_letters',
        'SELECT * FROM mirror.dead_letters',
        'SELECT count(payload) FROM mirror.dead_letters',
        'COPY mirror.dead_letters (payload) TO STDOUT',
        'SELECT FROM mirror.staged_pages',
        'SELECT FROM mirror.staged_artifacts',
        'SELECT source FROM mirror.staged_bad_records',
        "SELECT nextval('mirror.runs_id_seq')",
        'SELECT * FROM queue.jobs',
        "UPDATE mirror.artifacts SET name = 'x'",
        'DELETE FROM mirror.runs',
        'TRUNCATE mirror.artifact_events',
        "INSERT INTO mirror.catalog (url, accepted_at) VALUES ('x', now())",
        'DELETE FROM report.artifacts',
        'CREATE TABLE report.mine ()',
        'CREATE VIEW mirror.mine AS SELECT 1',
        'CREATE SCHEMA mine',
        'CREATE ROLE another',
        'ALTER TABLE mirror.runs ADD COLUMN mine text',
        'DROP VIEW report.artifacts',
      ]) {
        await expect(reader.query(statement), statement).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      reader.release(true);
    }
  });
});

describe('what catalog_reader may read later', () => {
  const folders = useFolders();

  /** The project's migrations and more, as later versions would bring them. */
  async function later(migrations: readonly string[]): Promise<string> {
    const folder = await folders.copy();
    const path = join(folder, 'meta', '_journal.json');
    const journal = JSON.parse(await readFile(path, 'utf8')) as { entries: { idx: number; tag: string }[] };
    for (const statements of migrations) {
      const tag = `9999_later_${journal.entries.length}`;
      journal.entries.push({ idx: journal.entries.length, tag });
      await writeFile(join(folder, `${tag}.sql`), statements);
    }
    await writeFile(path, JSON.stringify(journal));
    return folder;
  }

  it('is every view and table that a later migration adds to schema report, and a view that it makes anew', async () => {
    const pool = await migrated();
    const folder = await later([
      `
      CREATE VIEW report.later AS SELECT 1 AS one;
      CREATE TABLE report.later_table AS SELECT 1 AS one;
      CREATE MATERIALIZED VIEW report.later_kept AS SELECT 1 AS one;
      DROP VIEW report.coverage;
      CREATE VIEW report.coverage AS SELECT 1 AS one`,
    ]);
    expect((await migrate(pool, { folder, now: () => new Date() })).readerRole).toEqual({ status: 'ready' });
    expect(await privileges(pool)).toEqual(
      expect.arrayContaining(['later', 'later_table', 'later_kept', 'coverage'].map((name) => `SELECT report.${name}`)),
    );
  });

  it('is never closed to it meanwhile: the migration that makes a view anew lets it be read', async () => {
    const pool = await migrated();
    const folder = await later([
      'DROP VIEW report.coverage; CREATE VIEW report.coverage AS SELECT 1 AS one',
      'SELECT 1 / 0',
    ]);
    // The second one fails, so that nothing but the first can have granted anything.
    await expect(migrate(pool, { folder, now: () => new Date() })).rejects.toThrow('division by zero');
    expect((await pool.query('SELECT * FROM report.coverage')).rows).toEqual([{ one: 1 }]);
    expect(await privileges(pool)).toContain('SELECT report.coverage');
  });

  it('includes it though somebody else has a view of his own in the schema', async () => {
    const role = uniqueName();
    roles.push(role);
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'guest'`);
    await admin.query('CREATE ROLE catalog_reader NOLOGIN');
    const address = await emptyDatabase();
    const dba = openPool(address);
    for (const schema of ['mirror', 'report']) await dba.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`);
    await dba.query('CREATE VIEW report.of_the_dba AS SELECT 1 AS one');
    const pool = openPool(addressOf(address, { user: role, password: 'guest' }));
    expect((await bringUp(pool)).readerRole).toEqual({ status: 'ready' });
    const readable = await privileges(dba);
    expect(readable).toContain('SELECT report.models');
    expect(readable).not.toContain('SELECT report.of_the_dba');
    await dba.query(`DROP OWNED BY ${role} CASCADE`);
  });

  it('is no payload: no view of schema report is made from it', async () => {
    const pool = await migrated();
    const { rows } = await pool.query(
      `SELECT DISTINCT pg_rewrite.ev_class::regclass::text AS name
       FROM pg_depend
       JOIN pg_rewrite ON pg_rewrite.oid = pg_depend.objid
       JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
       WHERE classid = 'pg_rewrite'::regclass AND refobjid = 'mirror.dead_letters'::regclass AND attname = 'payload'`,
    );
    expect(rows).toEqual([]);
  });
});

async function letterColumns(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ attname: string }>(
    `SELECT attname FROM pg_attribute WHERE attrelid = 'mirror.dead_letters'::regclass AND attnum > 0`,
  );
  return rows.map(({ attname }) => attname);
}

/** Everything that catalog_reader may do with a whole relation of this database, whoever granted it. */
async function privileges(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ privilege: string }>(
    `SELECT privilege || ' ' || oid::regclass AS privilege
     FROM pg_class
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
     WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
       AND relkind IN ('r', 'v', 'm', 'p', 'f')
       AND has_table_privilege('catalog_reader', oid, privilege)`,
  );
  return rows.map(({ privilege }) => privilege).toSorted();
}
