import { Redis } from 'ioredis';
import type pg from 'pg';

/** Every row of every table of every schema that is not PostgreSQL's own, and what its sessions are seen doing. */
export async function dumpDatabase(pool: pg.Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', nspname, relname) AS name
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg_toast%'`,
  );
  const queries = [
    ...tables.map(({ name }) => `SELECT to_jsonb(one) AS row FROM ${name} AS one`),
    'SELECT to_jsonb(one) AS row FROM pg_stat_activity AS one WHERE pid <> pg_backend_pid()',
    'SELECT to_jsonb(one) AS row FROM pg_description AS one WHERE objoid > 16384',
  ];
  const texts: string[] = [];
  for (const query of queries) {
    const { rows } = await pool.query<{ row: unknown }>(query);
    for (const { row } of rows) texts.push(...textsIn(row));
  }
  return texts.join('\n');
}

/** Every key and value of one database of a Redis, and what its clients call themselves. */
export async function dumpRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const values: unknown[] = [];
    for (const key of keys) {
      values.push(await readKey(redis, key), (await redis.dumpBuffer(key))?.toString('latin1'));
    }
    return [...keys, ...textsIn(values), String(await redis.client('LIST'))].join('\n');
  } finally {
    redis.disconnect();
  }
}

/** A value as its own command reads it: Redis compresses what DUMP gives. */
async function readKey(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return Object.entries(await redis.hgetall(key));
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'none':
      return null;
    default:
      throw new Error(`no way to read ${key}, which is a ${type}`);
  }
}

/** Every text within a value, its keys included, as it is once all JSON around it is undone. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, member]) => [key, ...textsIn(member)]);
  }
  return [];
}
