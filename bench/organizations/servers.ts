import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { POSTGRES_IMAGE } from '../../test/support/postgres-provider.ts';
import { REDIS_IMAGE } from '../../test/support/redis-provider.ts';
import { asAdmin, type BenchDatabase, createDatabase } from '../parts/database.ts';

const READY_WITHIN_MS = 60_000;

/** The servers that the workers share, as they come: no setting is changed, so that 100 connections are all there are. */
export interface Servers {
  readonly description: string;
  /** An empty database, for one fire. */
  createDatabase(): Promise<BenchDatabase>;
  /** The Redis, which must be empty and is emptied again by `emptyRedis`. */
  readonly redisUrl: string | null;
  emptyRedis(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL, and Redis where it is wanted, in containers; or takes those that DATABASE_URL and REDIS_URL name.
 *
 * @throws Error where a Redis that is given is not empty: what is in it would be lost
 */
export async function openServers(
  given: { readonly databaseUrl: string | undefined; readonly redisUrl: string | undefined },
  { withRedis }: { readonly withRedis: boolean },
): Promise<Servers> {
  const containers: StartedTestContainer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(containers.map((container) => container.stop()));
  };
  try {
    const adminUrl = given.databaseUrl ?? (await startPostgres(containers));
    const redisUrl = withRedis ? (given.redisUrl ?? (await startRedis(containers))) : null;
    await untilAnswers(() => asAdmin(adminUrl, 'SELECT 1'));
    if (redisUrl !== null) await untilAnswers(() => withRedisAt(redisUrl, refuseFull));
    return {
      description: [
        given.databaseUrl === undefined ? POSTGRES_IMAGE : 'DATABASE_URL',
        ...(redisUrl === null ? [] : [given.redisUrl === undefined ? REDIS_IMAGE : 'REDIS_URL']),
      ].join(', '),
      createDatabase: () => createDatabase(adminUrl),
      redisUrl,
      emptyRedis: async () => {
        if (redisUrl !== null) await withRedisAt(redisUrl, (redis) => redis.flushdb());
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPostgres(containers: StartedTestContainer[]): Promise<string> {
  const password = randomBytes(12).toString('hex');
  const container = await new GenericContainer(POSTGRES_IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  containers.push(container);
  return `postgres://postgres:${password}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
}

async function startRedis(containers: StartedTestContainer[]): Promise<string> {
  const container = await new GenericContainer(REDIS_IMAGE)
    .withExposedPorts(6379)
    .withCommand(['redis-server', '--maxmemory-policy', 'noeviction', '--appendonly', 'yes'])
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  containers.push(container);
  return `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
}

async function withRedisAt(url: string, use: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await use(redis);
  } finally {
    redis.disconnect();
  }
}

class RedisIsFull extends Error {}

async function refuseFull(redis: Redis): Promise<void> {
  const keys = await redis.dbsize();
  if (keys > 0)
    throw new RedisIsFull(`the Redis of REDIS_URL holds ${keys} keys: give an empty one, which this may empty`);
}

/** A container that listens may not answer yet. */
async function untilAnswers(ask: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (error instanceof RedisIsFull || performance.now() > deadline) throw error;
      await setTimeout(200);
    }
  }
}
