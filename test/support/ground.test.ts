import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, postgresAvailable, useTestDatabase } from './database.ts';
import { redisAvailable, redisForTest } from './redis.ts';

describe.skipIf(!postgresAvailable)('the test database', () => {
  const database = useTestDatabase();

  it('is UTF8 and belongs to one test alone', async () => {
    const other = await createTestDatabase();
    try {
      await database.pool.query('create table only_here (n int)');
      const here = await database.pool.query<{ encoding: string }>(
        'select pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()',
      );
      expect(here.rows).toEqual([{ encoding: 'UTF8' }]);
      const there = await other.pool.query("select to_regclass('only_here') as found");
      expect(there.rows).toEqual([{ found: null }]);
    } finally {
      await other.drop();
    }
  });
});

describe.skipIf(!redisAvailable)('the test Redis', () => {
  it('answers, and gives every test a prefix of its own', async () => {
    const { url, prefix } = redisForTest();
    expect(redisForTest().prefix).not.toBe(prefix);
    const redis = new Redis(url);
    try {
      await redis.set(`${prefix}:a`, 'x');
      expect(await redis.get(`${prefix}:a`)).toBe('x');
      expect(await redis.config('GET', 'maxmemory-policy')).toContain('noeviction');
    } finally {
      redis.disconnect();
    }
  });
});
