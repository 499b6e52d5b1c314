import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import { whyNoDocker } from '../support/docker.ts';
import { POSTGRES_IMAGE, untilReady } from '../support/postgres-provider.ts';

/** A mirror's database on a disk of its own that can be full, while the server's own files have room. */
export interface SmallDisk {
  readonly connectionString: string;
  readonly pool: pg.Pool;
  /** Takes every byte that is left. */
  fill(): Promise<void>;
  /** Gives them back. */
  free(): Promise<void>;
  remove(): Promise<void>;
}

const DISK = '/small';
const FILLER = `${DISK}/filler`;

/** A disk that is full needs a container: no other place for it is the same on every machine. */
export const smallDiskAvailable = (await whyNoDocker()) === null;

export async function openSmallDisk(): Promise<SmallDisk> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const password = randomBytes(12).toString('hex');
  const container = await new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withExposedPorts(5432)
    .withTmpFs({ [DISK]: 'rw,size=48m,mode=0777' })
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  const execute = async (script: string): Promise<void> => {
    const { exitCode, output } = await container.exec(['sh', '-c', script], { user: 'postgres' });
    if (exitCode !== 0) throw new Error(`${script}: ${output}`);
  };
  const url = new URL(
    `postgres://postgres:${password}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`,
  );
  try {
    await untilReady(url.href);
    await execute(`mkdir ${DISK}/tables`);
    await asAdmin(url.href, `CREATE TABLESPACE small LOCATION '${DISK}/tables'`);
    await asAdmin(
      url.href,
      "CREATE DATABASE mirror TABLESPACE small TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
    );
    url.pathname = '/mirror';
    const pool = new pg.Pool({ connectionString: url.href });
    pool.on('error', () => {});
    await migrate(pool, { folder: join(packageRoot(), 'drizzle'), now: () => new Date('2025-01-01T00:00:00Z') });
    return {
      connectionString: url.href,
      pool,
      // It fails with the last byte, which is what is wanted.
      fill: () =>
        execute(`dd if=/dev/zero of=${FILLER} bs=4k 2>/dev/null; test "$(df -k ${DISK} | awk 'END { print $4 }')" = 0`),
      free: () => execute(`rm -f ${FILLER}`),
      async remove() {
        await pool.end();
        await container.stop();
      },
    };
  } catch (error) {
    await container.stop();
    throw error;
  }
}

async function asAdmin(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
