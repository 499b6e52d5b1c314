import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { afterEach, beforeEach } from 'vitest';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import { type FakeCatalog, type FakeCatalogOptions, startFakeCatalog } from '../../src/fake/server.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type EmptyRedis, emptyRedis, redisAvailable } from '../support/redis.ts';
import { type Ran, type Running, type Surroundings, startCommand } from './terminal.ts';

export type Queue = 'PostgreSQL' | 'Redis';

/** Both queues that this run can have: what the queue carries is tried on each. */
export const QUEUES: readonly { readonly queue: Queue; readonly available: boolean }[] = [
  { queue: 'PostgreSQL', available: postgresAvailable },
  { queue: 'Redis', available: postgresAvailable && redisAvailable },
];

export const TOKEN = 'tok-4f1d2c9b7a8e-secret';

type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandGround {
  readonly catalog: FakeCatalog;
  readonly database: TestDatabase;
  /** The settings that every command of the test begins with: catalog, token, organizations acme and globex, database. */
  readonly env: Environment;
  /** A folder of this test alone, the working folder of its commands. */
  readonly folder: string;
  /** Runs a command to its end; what `env` gives is changed or, where undefined, left out. */
  run(args: readonly string[], env?: Environment, more?: Partial<Surroundings>): Promise<Ran>;
  /** Starts a command that is ended with the test, if not before. */
  start(args: readonly string[], env?: Environment, more?: Partial<Surroundings>): Running;
  rows<Row extends Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Every row of every table of every schema that is not PostgreSQL's own, as text. */
  dumpDatabase(): Promise<string>;
  /** Takes everything out of the queue's Redis, as a restart without persistence would. */
  emptyRedis(): Promise<void>;
  /** Every key and value of the queue's Redis as text; empty where the queue is in PostgreSQL. */
  dumpRedis(): Promise<string>;
}

/** Gives each test of the surrounding describe a catalog over HTTP, a database and a queue of its own. */
export function useCommands(
  lists: Readonly<Record<string, readonly FakeArtifact[]>>,
  options: { readonly queue?: Queue; readonly catalog?: Partial<FakeCatalogOptions> } = {},
): CommandGround {
  let ground: { catalog: FakeCatalog; database: TestDatabase; redis: EmptyRedis | null; folder: string };
  let running: Running[];
  const surroundings = (env: Environment, more: Partial<Surroundings>): Surroundings => ({
    cwd: ground.folder,
    ...more,
    env: { ...settings(), ...env },
  });
  const settings = (): Environment => ({
    PATH: process.env['PATH'],
    CATALOG_URL: ground.catalog.url,
    CATALOG_TOKEN: TOKEN,
    CATALOG_ORGANIZATIONS: Object.keys(lists).join(','),
    DATABASE_URL: ground.database.connectionString,
    CATALOG_MIRROR_HOME: join(ground.folder, 'home'),
    REDIS_URL: ground.redis?.url,
  });
  const start: CommandGround['start'] = (args, env = {}, more = {}) => {
    const command = startCommand(args, surroundings(env, more));
    running.push(command);
    return command;
  };
  beforeEach(async () => {
    running = [];
    const organizations = Object.fromEntries(Object.entries(lists).map(([name, models]) => [name, { models }]));
    ground = {
      catalog: await startFakeCatalog({ organizations, token: TOKEN, ...options.catalog }),
      database: await createTestDatabase({ withQueue: true }),
      redis: options.queue === 'Redis' ? await emptyRedis() : null,
      folder: await mkdtemp(join(tmpdir(), 'catalog-mirror-cli-')),
    };
  });
  afterEach(async () => {
    for (const command of running) {
      if (command.isOver) continue;
      command.signal('SIGTERM');
      await command.ended.catch(() => {});
    }
    await ground.catalog.close();
    await ground.redis?.release();
    await ground.database.drop();
    await rm(ground.folder, { recursive: true, force: true });
  });
  return {
    get catalog() {
      return ground.catalog;
    },
    get database() {
      return ground.database;
    },
    get env() {
      return settings();
    },
    get folder() {
      return ground.folder;
    },
    start,
    run: (args, env, more) => start(args, env, more).ended,
    rows: async (sql, parameters = []) => (await ground.database.pool.query(sql, parameters)).rows,
    dumpDatabase: () => dumpDatabase(ground.database.pool),
    emptyRedis: async () => {
      if (ground.redis !== null) await ground.redis.empty();
    },
    dumpRedis: async () => (ground.redis === null ? '' : dumpRedis(ground.redis.url)),
  };
}

async function dumpDatabase(pool: pg.Pool): Promise<string> {
  const tables = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const texts = await Promise.all(
    tables.rows.map(({ name }) =>
      pool.query<{ text: string | null }>(`SELECT string_agg(to_jsonb(t)::text, E'\\n') AS text FROM ${name} AS t`),
    ),
  );
  return texts.map(({ rows }) => rows[0]?.text ?? '').join('\n');
}

async function dumpRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('latin1') ?? ''));
    return [...keys, ...values].join('\n');
  } finally {
    redis.disconnect();
  }
}
