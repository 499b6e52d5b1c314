import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import './provided.ts';

const provided = inject('redis');

/** Whether this run has a Redis: `describe.skipIf(!redisAvailable)`. Always so in CI. */
export const redisAvailable = provided !== null;

/** The Redis of the run and a key prefix that no other test uses, so that tests share it without meeting. */
export function redisForTest(): { readonly url: string; readonly prefix: string } {
  if (provided === null) throw new Error('this run has no Redis; guard the test with redisAvailable');
  return { url: provided.url, prefix: `test-${randomBytes(8).toString('hex')}` };
}

/** A database of Redis for one test alone. */
export interface EmptyRedis {
  readonly url: string;
  /** Takes all out but the mark of the test: without it another test would take the database for its own. */
  empty(): Promise<void>;
  release(): Promise<void>;
}

/** Taken only where it is empty, in one step, so that two tests never share one and nobody's data is in it. */
const MARK = 'taken-by-a-test';
const TAKE = `if redis.call('DBSIZE') > 0 then return 0 end redis.call('SET', '${MARK}', '1') return 1`;

/**
 * A database of the run's Redis for one test alone: the commands' prefix cannot be chosen, their database can. Number 0
 * is left to the tests that choose prefixes.
 */
export async function emptyRedis(): Promise<EmptyRedis> {
  const url = new URL(redisForTest().url);
  for (let number = 1; number < 16; number += 1) {
    url.pathname = `/${number}`;
    const redis = new Redis(url.href);
    if ((await redis.eval(TAKE, 0)) === 1) {
      return {
        url: url.href,
        empty: async () => {
          const keys = (await redis.keys('*')).filter((key) => key !== MARK);
          if (keys.length > 0) await redis.del(keys);
        },
        release: async () => {
          await redis.flushdb();
          redis.disconnect();
        },
      };
    }
    redis.disconnect();
  }
  throw new Error('no database of the Redis for tests is empty: empty those that a killed run left');
}
