import { Redis } from 'ioredis';
import { whyNoDocker } from './docker.ts';
import { REDIS_IMAGE } from './redis-provider.ts';

/** Whether a test can have a Redis of its own: `describe.skipIf(!ownRedisAvailable)`. Always so in CI. */
export const ownRedisAvailable = (await whyNoDocker()) === null;

/** A Redis of one test file alone, which may be set, emptied and restarted as nobody else's may. */
export interface OwnRedis {
  readonly url: string;
  /** Sends one command, as whoever looks after the server would. */
  command(name: string, ...args: readonly string[]): Promise<unknown>;
  /** Ends the server and starts it again; with the append-only file, unless its options say otherwise, nothing is lost. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const DURABLE = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];

/**
 * Starts a Redis in a container of its own. The caller stops it.
 *
 * @param options what redis-server is told in place of what a queue's Redis should be told
 */
export async function startOwnRedis(options: readonly string[] = DURABLE): Promise<OwnRedis> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const server = ['redis-server', '--dir', '/data', '--protected-mode', 'no', ...options]
    .map((word) => `'${word}'`)
    .join(' ');
  const container = await new GenericContainer(REDIS_IMAGE)
    .withExposedPorts(6379)
    // In a loop, so that the server can be restarted in its container: a container that is restarted gets another port.
    .withCommand(['sh', '-c', `mkdir -p /data && while :; do ${server}; done`])
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(60_000)
    .start();
  const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
  // Waits for a server that starts; whoever restarts it expects to lose the connection.
  const admin = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  admin.on('error', () => {});
  const runId = async () => /^run_id:(\w+)/m.exec(await admin.info('server'))?.[1];
  await runId();
  return {
    url,
    command: (name, ...args) => admin.call(name, ...args),
    async restart() {
      const before = await runId();
      await container.exec(['redis-cli', 'SHUTDOWN']);
      while ((await runId()) === before);
    },
    async stop() {
      admin.disconnect();
      await container.stop();
    },
  };
}
