import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createSystemClock } from '../../src/clock.ts';
import { joinEmbeddedServer } from '../../src/embedded/server.ts';
import { whyNoDocker } from './docker.ts';

export const POSTGRES_IMAGE = 'postgres:17-alpine';

/** A running server, or why there is none. `stop` leaves nothing behind. */
export interface Provider {
  readonly url: string;
  /** One line for the reader of the run: which server this is and why no better one. */
  readonly description: string;
  stop(): Promise<void>;
}

/** Nothing a test writes has to survive a crash of the machine; without it a database is cloned far quicker. */
export const QUICK_AND_UNSAFE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

async function container(): Promise<Provider> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const password = randomBytes(12).toString('hex');
  const started = await new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    // A database is cloned for each test: 15 ms in memory, 250 to 500 ms on the disk of a container.
    .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
    .withExposedPorts(5432)
    .withCommand(['postgres', ...[...QUICK_AND_UNSAFE, 'max_connections=300'].flatMap((setting) => ['-c', setting])])
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(60_000)
    .start();
  const url = `postgres://postgres:${password}@${started.getHost()}:${started.getMappedPort(5432)}/postgres`;
  const stop = async () => {
    await started.stop();
  };
  try {
    await untilReady(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, description: `Testcontainers, ${POSTGRES_IMAGE}`, stop };
}

/** The image's entrypoint starts a server twice; only the second one speaks TCP. */
export async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/**
 * The project's own embedded server, in a home that is gone after the run.
 *
 * @param place the folder in which that home is made
 * @param settings of PostgreSQL, beyond those that the embedded server always has
 */
export async function startEmbedded(place: string, settings: Readonly<Record<string, string>> = {}): Promise<Provider> {
  const folder = await mkdtemp(join(place, 'catalog-mirror-test-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    // As root the server runs as another user, who has to reach the home.
    await chmod(folder, 0o711);
    const server = await joinEmbeddedServer({
      home: join(folder, 'home'),
      clock: createSystemClock(),
      log: () => {},
      settings,
    });
    const stop = async () => {
      await server.leave();
      await remove();
    };
    return { url: server.connectionString('postgres'), description: 'the embedded server', stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

const MEMORY = '/dev/shm';
/** Far more than the databases of a run ever take together; a container has 64 MB by default. */
const ROOM_BYTES = 2 ** 30;

/** A folder in memory where there is one with room, as for the container above; else the one for temporary files. */
async function quickPlace(): Promise<string> {
  const room = await statfs(MEMORY).catch(() => null);
  return room !== null && room.bavail * room.bsize >= ROOM_BYTES ? MEMORY : tmpdir();
}

/**
 * A PostgreSQL for the tests: a container where Docker runs, else `DATABASE_URL`, else the embedded server, else null
 * with the reasons.
 */
export async function providePostgres(): Promise<{ provider: Provider | null; reasons: readonly string[] }> {
  const reasons: string[] = [];
  const noDocker = await whyNoDocker();
  if (noDocker === null) {
    try {
      return { provider: await container(), reasons };
    } catch (error) {
      reasons.push(`${POSTGRES_IMAGE} did not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  } else {
    reasons.push(noDocker);
  }
  const given = process.env['DATABASE_URL'];
  if (given) {
    try {
      await untilReady(given);
      return { provider: { url: given, description: 'DATABASE_URL', stop: async () => {} }, reasons };
    } catch (error) {
      reasons.push(`DATABASE_URL cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    }
  } else {
    reasons.push('DATABASE_URL is not set');
  }
  try {
    const settings = Object.fromEntries(QUICK_AND_UNSAFE.map((setting) => setting.split('=')));
    return { provider: await startEmbedded(await quickPlace(), { ...settings, max_connections: '300' }), reasons };
  } catch (error) {
    reasons.push(`the embedded server did not start: ${error instanceof Error ? error.message : String(error)}`);
    return { provider: null, reasons };
  }
}
