import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, inject } from 'vitest';
import './provided.ts';

const provided = inject('postgres');

/** Whether this run has a PostgreSQL: `describe.skipIf(!postgresAvailable)`. Always so in CI. */
export const postgresAvailable = provided !== null;

/** A database of one test alone, with the project's migrations applied. */
export interface TestDatabase {
  readonly connectionString: string;
  readonly pool: pg.Pool;
  /** Ends the pool and removes the database, whoever is still connected. May be called twice. */
  drop(): Promise<void>;
}

async function asAdmin(sql: string): Promise<void> {
  if (provided === null) throw new Error('this run has no PostgreSQL; guard the test with postgresAvailable');
  const client = new pg.Client({ connectionString: provided.adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * Clones the template into a new database. The caller drops it; useTestDatabase() does so by itself.
 *
 * @param options.empty a database without the migrations, for tests of the migrations themselves
 * @param options.withQueue a database with the queue's tables too, which whoever opens the queue would make otherwise
 */
export async function createTestDatabase(
  options: { readonly empty?: boolean; readonly withQueue?: boolean } = {},
): Promise<TestDatabase> {
  if (provided === null) throw new Error('this run has no PostgreSQL; guard the test with postgresAvailable');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(
    options.empty === true
      ? `create database ${name} template template0 encoding 'UTF8' locale 'C.UTF-8'`
      : `create database ${name} template ${options.withQueue === true ? provided.templateWithQueue : provided.template}`,
  );
  const url = new URL(provided.adminUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href });
  // Dropping the database by force cuts idle connections; without a listener that would end the test process.
  pool.on('error', () => {});
  let dropped: Promise<void> | null = null;
  const drop = async () => {
    if (!pool.ended) await pool.end();
    await asAdmin(`drop database if exists ${name} with (force)`);
  };
  return {
    connectionString: url.href,
    pool,
    drop: () => {
      dropped ??= drop();
      return dropped;
    },
  };
}

/** Gives each test of the surrounding describe (or file) its own database; read its fields inside the tests. */
export function useTestDatabase(options: { readonly empty?: boolean } = {}): Omit<TestDatabase, 'drop'> {
  let current: TestDatabase | null = null;
  const inUse = (): TestDatabase => {
    if (current === null) throw new Error('the test database exists only inside a test');
    return current;
  };
  beforeEach(async () => {
    current = await createTestDatabase(options);
  });
  afterEach(async () => {
    await current?.drop();
    current = null;
  });
  return {
    get connectionString() {
      return inUse().connectionString;
    },
    get pool() {
      return inUse().pool;
    },
  };
}
