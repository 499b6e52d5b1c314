import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { whyNoDocker } from './docker.ts';
import { freePort } from './free-port.ts';
import type { Provider } from './postgres-provider.ts';

export const REDIS_IMAGE = 'redis:7-alpine';

/** As a queue wants its Redis, so that no test is warned of it; an hourly snapshot costs a short run nothing. */
const UNREMARKABLE = ['--save', '3600 1', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];

async function container(): Promise<Provider> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const started = await new GenericContainer(REDIS_IMAGE)
    .withExposedPorts(6379)
    .withCommand(['redis-server', ...UNREMARKABLE])
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(60_000)
    .start();
  const url = `redis://${started.getHost()}:${started.getMappedPort(6379)}`;
  const stop = async () => {
    await started.stop();
  };
  try {
    await untilReady(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, description: `Testcontainers, ${REDIS_IMAGE}`, stop };
}

async function untilReady(url: string, gaveUp: () => string | null = () => null): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => {});
    try {
      await redis.connect();
      await redis.ping();
      return;
    } catch (error) {
      const reason = gaveUp();
      if (reason !== null) throw new Error(reason);
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      redis.disconnect();
    }
  }
}

async function fromPath(): Promise<Provider> {
  const directory = await mkdtemp(join(tmpdir(), 'catalog-mirror-redis-'));
  const port = await freePort();
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...UNREMARKABLE],
    { stdio: 'ignore' },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    await rm(directory, { recursive: true, force: true });
  };
  const url = `redis://127.0.0.1:${port}`;
  let died: string | null = null;
  child.once('error', (error) => {
    died = error.message;
  });
  child.once('exit', (code) => {
    died ??= `redis-server ended with ${code}`;
  });
  try {
    await untilReady(url, () => died);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, description: 'redis-server from the PATH', stop };
}

/** A Redis for the tests: a container where Docker runs, else `REDIS_URL`, else `redis-server`, else null. */
export async function provideRedis(): Promise<{ provider: Provider | null; reasons: readonly string[] }> {
  const reasons: string[] = [];
  const attempt = async (what: string, make: () => Promise<Provider>): Promise<Provider | null> => {
    try {
      return await make();
    } catch (error) {
      reasons.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  const noDocker = await whyNoDocker();
  if (noDocker !== null) reasons.push(noDocker);
  else {
    const provider = await attempt(`${REDIS_IMAGE} did not start`, container);
    if (provider !== null) return { provider, reasons };
  }
  const given = process.env['REDIS_URL'];
  if (given) {
    const provider = await attempt('REDIS_URL cannot be used', async () => {
      await untilReady(given);
      return { url: given, description: 'REDIS_URL', stop: async () => {} };
    });
    if (provider !== null) return { provider, reasons };
  } else reasons.push('REDIS_URL is not set');
  const provider = await attempt('redis-server could not be started', fromPath);
  return { provider, reasons };
}
