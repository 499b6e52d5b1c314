import { Redis } from 'ioredis';
import pg from 'pg';
import { QUEUE_PREFIX, QUEUE_SCHEMA, type QueueLocation } from '../../src/queue/backend.ts';

/** Everything that the queues hold. */
export interface Held {
  /** Keys of Redis or rows of PostgreSQL, events apart. */
  readonly entries: number;
  readonly events: number;
}

/** Counts what is in all queues of a place, whatever their names. */
export function held(location: QueueLocation): Promise<Held> {
  return location.store === 'redis'
    ? heldByRedis(location.redisUrl, location.prefix ?? QUEUE_PREFIX)
    : heldByPostgres(location.databaseUrl, location.schema ?? QUEUE_SCHEMA);
}

async function heldByRedis(url: string, prefix: string): Promise<Held> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys(`${prefix}:*`);
    const streams = keys.filter((key) => key.endsWith(':events'));
    const lengths = await Promise.all(streams.map((key) => redis.xlen(key)));
    return { entries: keys.length - streams.length, events: lengths.reduce((sum, length) => sum + length, 0) };
  } finally {
    redis.disconnect();
  }
}

async function heldByPostgres(databaseUrl: string, schema: string): Promise<Held> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 AND table_name <> 'migration'",
      [schema],
    );
    const counts = new Map<string, number>();
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ count: number }>(`SELECT count(*)::integer FROM ${schema}.${name}`);
      counts.set(name, rows[0]?.count ?? 0);
    }
    const events = counts.get('event') ?? 0;
    return { entries: [...counts.values()].reduce((sum, count) => sum + count, 0) - events, events };
  } finally {
    await client.end();
  }
}
