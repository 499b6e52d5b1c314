import { Redis } from 'ioredis';

/**
 * Connects to Redis once and lets it answer. A connection that BullMQ opens would go on trying without a word.
 * @param withinMs how long connecting may take
 * @throws what the driver says: refused, no such host, a wrong password
 */
export async function probeRedis(redisUrl: string, withinMs: number): Promise<void> {
  const redis = new Redis(redisUrl, {
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
    await redis.ping();
  } catch (error) {
    // The error event says why; the rejection only that the connection is closed.
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}
