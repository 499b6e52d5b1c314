import { Redis } from 'ioredis';
import { z } from 'zod';
import { type RedisFacts, redisFacts } from './redis-fitness.ts';

/** CONFIG GET answers with a list of names and values. */
const settingSchema = z.tuple([z.literal('save'), z.string()]);

/**
 * Connects to Redis once and asks it about itself. A connection that BullMQ opens would go on trying without a word.
 *
 * @param withinMs how long connecting, and each answer, may take, in milliseconds
 * @throws what the driver says: refused, no such host, a wrong password, no right to ask INFO, which BullMQ asks as well
 */
export async function probeRedis(redisUrl: string, withinMs: number): Promise<RedisFacts> {
  const redis = new Redis(redisUrl, {
    connectionName: 'catalog-mirror:probe',
    lazyConnect: true,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown = null;
  redis.on('error', (error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    return redisFacts(await redis.info(), await readSnapshots(redis));
  } catch (error) {
    // The error event says why; the rejection only that the connection is closed.
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** The setting `save`; null where CONFIG is renamed or forbidden, as hosted ones do. */
async function readSnapshots(redis: Redis): Promise<string | null> {
  try {
    const answer = settingSchema.safeParse(await redis.config('GET', 'save'));
    return answer.success ? answer.data[1] : null;
  } catch {
    return null;
  }
}
