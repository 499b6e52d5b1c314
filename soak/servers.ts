import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { freePort } from '../test/support/free-port.ts';
import { POSTGRES_IMAGE } from '../test/support/postgres-provider.ts';
import { REDIS_IMAGE } from '../test/support/redis-provider.ts';
import { startTcpProxy, type TcpProxy } from '../test/support/tcp-proxy.ts';

/** A server in a container of its own, and the network between it and the workers. */
export interface SoakServer {
  /** Where the soak itself reaches it, whatever becomes of the network. */
  readonly url: string;
  /** How the workers reach it. */
  readonly network: TcpProxy;
  /** Ends it in good order and starts it again. */
  restart(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Image {
  readonly image: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly url: (host: string, port: number) => string;
}

/** In good order, in seconds; then it is killed. */
const RESTART_WITHIN = 5;

async function startServer({ image, port, command, environment, url }: Image): Promise<SoakServer> {
  // A port that is chosen stays the same when the container starts again.
  const hostPort = await freePort();
  const container = await new GenericContainer(image)
    .withEnvironment(environment)
    .withExposedPorts({ container: port, host: hostPort })
    .withCommand([...command])
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(60_000)
    .start();
  const address = url(container.getHost(), hostPort);
  const docker = (await getContainerRuntimeClient()).container.getById(container.getId());
  const network = await startTcpProxy(address);
  return {
    url: address,
    network,
    restart: async () => {
      await docker.restart({ t: RESTART_WITHIN });
    },
    kill: async () => {
      await docker.kill({ signal: 'SIGKILL' });
    },
    start: async () => {
      await docker.start();
    },
    close: async () => {
      await network.close();
      await container.stop({ timeout: 0 });
    },
  };
}

const DATABASE = 'soak';

/** A PostgreSQL that keeps what it committed when it is killed. */
export async function startPostgres(): Promise<SoakServer> {
  const password = randomBytes(12).toString('hex');
  // Without fsync: a process that is killed leaves the system's cache behind, and only that is asked of it here.
  const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=300'];
  const server = await startServer({
    image: POSTGRES_IMAGE,
    port: 5432,
    command: ['postgres', ...settings.flatMap((setting) => ['-c', setting])],
    environment: { POSTGRES_PASSWORD: password },
    url: (host, port) => `postgres://postgres:${password}@${host}:${port}/${DATABASE}`,
  });
  const admin = new URL(server.url);
  admin.pathname = '/postgres';
  await untilPostgresAnswers(admin.href);
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`);
  } finally {
    await client.end();
  }
  return server;
}

/** A Redis as docs/production.md wants it: no eviction, an append-only file. */
export function startRedis(): Promise<SoakServer> {
  return startServer({
    image: REDIS_IMAGE,
    port: 6379,
    command: ['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'],
    environment: {},
    url: (host, port) => `redis://${host}:${port}`,
  });
}

/** Resolves when PostgreSQL takes statements; the image starts a server twice, and one that was killed recovers first. */
export async function untilPostgresAnswers(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    } finally {
      await client.end().catch(() => {});
    }
  }
}
