import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { packageRoot } from '../../src/package-root.ts';
import { type Provider, startEmbedded } from '../../test/support/postgres-provider.ts';
import { type Child, startChild } from '../organizations/child.ts';
import type { Shape } from './pages.ts';

const CATALOG = fileURLToPath(new URL('./catalog-process.ts', import.meta.url));
const CATALOG_READY_MS = 120_000;

/** A PostgreSQL as it comes: `DATABASE_URL`, else the embedded server without any setting of the benchmark's. */
export async function openPostgres(databaseUrl: string | undefined): Promise<Provider> {
  if (databaseUrl === undefined) return startEmbedded({});
  return { url: databaseUrl, description: 'DATABASE_URL', stop: async () => {} };
}

/** An empty database, and what was written in it. */
export interface BenchDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  drop(): Promise<void>;
}

export async function createDatabase(adminUrl: string): Promise<BenchDatabase> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  pool.on('error', () => {});
  return {
    url: url.href,
    pool,
    drop: async () => {
      await pool.end();
      await asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function asAdmin(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A catalog in a process of its own. */
export interface BenchCatalog {
  readonly url: string;
  /** @param share a fraction of all artifacts, whose counters move */
  passNight(share: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startCatalog(shape: Shape, { latencyMs = 0 } = {}): Promise<BenchCatalog> {
  const { organizations, artifacts, pageSize } = shape;
  const options = [organizations, artifacts, pageSize, latencyMs].map(String);
  const child: Child = startChild(['--import', 'tsx', CATALOG, ...options], { cwd: packageRoot() });
  try {
    const url = await child.said(/^http:/, CATALOG_READY_MS);
    return {
      url,
      passNight: async (share) => {
        await (await fetch(`${url}/bench/night?share=${share}`)).text();
      },
      stop: async () => {
        await child.stop();
      },
    };
  } catch (error) {
    await child.kill();
    throw error;
  }
}
