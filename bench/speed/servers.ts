import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { packageRoot } from '../../src/package-root.ts';
import { type Provider, startEmbedded } from '../../test/support/postgres-provider.ts';
import { type Child, startChild } from '../parts/child.ts';
import { type BenchDatabase, createDatabase } from '../parts/database.ts';
import type { Shape } from './pages.ts';

const CATALOG = fileURLToPath(new URL('./catalog-process.ts', import.meta.url));
const CATALOG_READY_MS = 120_000;

/** A PostgreSQL as it comes: `DATABASE_URL`, else the embedded server on disk, without any setting of the benchmark's. */
export async function openPostgres(databaseUrl: string | undefined): Promise<Provider> {
  if (databaseUrl === undefined) return startEmbedded(tmpdir());
  return { url: databaseUrl, description: 'DATABASE_URL', stop: async () => {} };
}

/** Uses an empty database of its own, and a connection to it. */
export async function inDatabase<T>(
  adminUrl: string,
  use: (database: BenchDatabase, pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const database = await createDatabase(adminUrl);
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  pool.on('error', () => {});
  try {
    return await use(database, pool);
  } finally {
    await pool.end();
    await database.drop();
  }
}

/** A catalog in a process of its own. */
export interface BenchCatalog {
  readonly url: string;
  /** @param share a fraction of all artifacts, whose counters move */
  passNight(share: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startCatalog(shape: Shape): Promise<BenchCatalog> {
  const { organizations, artifacts, pageSize, latencyMs = 0 } = shape;
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
