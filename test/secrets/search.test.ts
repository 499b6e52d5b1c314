import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type EmptyRedis, emptyRedis, redisAvailable } from '../support/redis.ts';
import { dumpDatabase, dumpRedis } from './places.ts';
import { tracesOf } from './search.ts';

const SECRET = 'tok"7f3a\\9c1e/+5b&d8<2f6=';

const json = JSON.stringify(SECRET).slice(1, -1);

describe('the search for a secret finds it', () => {
  it.each([
    ['as it is', SECRET],
    ['in capital letters', SECRET.toUpperCase()],
    ['by its first half', SECRET.slice(0, 13)],
    ['by its second half', SECRET.slice(13)],
    ['in JSON', JSON.stringify({ a: SECRET })],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
    ['in JSON of PHP', json.replaceAll('/', '\\/')],
    ['in an address', `https://x.example/?token=${encodeURIComponent(SECRET)}`],
    ['in HTML', '<p>tok&quot;7f3a\\9c1e/+5b&amp;d8&lt;2f6=</p>'],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64 of a header', Buffer.from(`authorization: Bearer ${SECRET}\r\n`).toString('base64')],
    ['in base64 of an address', Buffer.from(`x${SECRET}y`).toString('base64url')],
    ['in a payload of bytes', `payload base64:${Buffer.from(`\u0000${json}`).toString('base64')} end`],
    ['in hexadecimal digits', `\\x${Buffer.from(SECRET).toString('hex')}`],
  ])('%s', (_, text) => {
    expect(tracesOf(SECRET, `before ${text} behind`)).not.toEqual([]);
  });

  it('and nothing where it is not', () => {
    expect(tracesOf(SECRET, 'token [redacted] base64:AAAA tok')).toEqual([]);
  });
});

describe.skipIf(!postgresAvailable)('a dump of the database shows', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase({ withQueue: true });
  });
  afterEach(() => database.drop());

  it.each([
    ['text', 'text', SECRET],
    ['jsonb', 'jsonb', JSON.stringify({ deep: [{ [SECRET]: 1 }] })],
    ['JSON as text', 'text', JSON.stringify({ deep: SECRET })],
    ['bytes', 'bytea', Buffer.from(SECRET)],
    ['a list', 'text[]', [SECRET]],
  ])('a secret in a column of %s, in any schema', async (_, type, value) => {
    for (const schema of ['mirror', 'catalog_mirror_queue', 'elsewhere']) {
      await database.pool.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await database.pool.query(`CREATE UNLOGGED TABLE ${schema}.planted (here ${type})`);
      expect(tracesOf(SECRET, await dumpDatabase(database.pool))).toEqual([]);
      await database.pool.query(`INSERT INTO ${schema}.planted VALUES ($1)`, [value]);
      expect(tracesOf(SECRET, await dumpDatabase(database.pool))).not.toEqual([]);
      await database.pool.query(`DROP TABLE ${schema}.planted`);
    }
  });

  it('a secret in a query that a session has made', async () => {
    const session = await database.pool.connect();
    await session.query('SELECT 1');
    expect(tracesOf('secret-of-a-query-1234', await dumpDatabase(database.pool))).toEqual([]);
    await session.query("SELECT 'secret-of-a-query-1234'");
    expect(tracesOf('secret-of-a-query-1234', await dumpDatabase(database.pool))).not.toEqual([]);
    session.release();
  });
});

describe.skipIf(!redisAvailable)('a dump of Redis shows', () => {
  let empty: EmptyRedis;
  let redis: Redis;
  beforeEach(async () => {
    empty = await emptyRedis();
    redis = new Redis(empty.url);
  });
  afterEach(async () => {
    redis.disconnect();
    await empty.release();
  });

  /** So long, and so much of the same, that Redis keeps it compressed. */
  const long = `${'same '.repeat(1_000)}${SECRET}${' same'.repeat(1_000)}`;

  it.each<readonly [string, () => Promise<unknown>]>([
    ['a key', () => redis.set(`key ${SECRET}`, '1')],
    ['a string', () => redis.set('k', long)],
    ['JSON', () => redis.set('k', JSON.stringify({ data: JSON.stringify({ detail: SECRET }) }))],
    ['the field of a hash', () => redis.hset('k', SECRET, '1')],
    ['the value of a hash', () => redis.hset('k', 'stacktrace', JSON.stringify([long]))],
    ['a list', () => redis.rpush('k', 'x', long)],
    ['a set', () => redis.sadd('k', long)],
    ['a sorted set', () => redis.zadd('k', 1, long)],
    ['a stream', () => redis.xadd('k', '*', 'failedReason', long)],
    ['the name of a client', () => redis.client('SETNAME', SECRET)],
  ])('a secret in %s', async (_, plant) => {
    expect(tracesOf(SECRET, await dumpRedis(empty.url))).toEqual([]);
    await plant();
    expect(tracesOf(SECRET, await dumpRedis(empty.url))).not.toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('what everybody can see of a process shows', () => {
  it.each([
    ['its arguments', ['-e', 'setInterval(() => {}, 1000); console.log(1)', SECRET]],
    ['its title', ['-e', `process.title = ${JSON.stringify(SECRET)}; setInterval(() => {}, 1000); console.log(1)`]],
  ])('a secret in %s', async (_, args) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      expect(tracesOf(SECRET, await readFile(`/proc/${child.pid}/cmdline`, 'latin1'))).not.toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });
});
