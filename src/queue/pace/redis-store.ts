import { Redis } from 'ioredis';
import { z } from 'zod';
import { FORGOTTEN_AFTER_MS } from '../../catalog/quiet.ts';
import { ANSWER_WITHIN_MS, NO_QUIET, type PaceStore } from './store.ts';

/** Redis's own clock, in milliseconds. Numbers leave as text: Redis would cut them to whole ones. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function text(number) return string.format('%.3f', number) end
`;

const TAKE_SLOT = `${NOW}
local slot = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
local following = slot + ARGV[1]
redis.call('SET', KEYS[1], text(following), 'PX', math.ceil(following - now) + 1000)
return text(slot - now)
`;

const QUIET = `${NOW}
local known = redis.call('HMGET', KEYS[1], 'until', 'since')
if not known[1] then return {} end
return { text(known[1] - now), text(known[2] and now - known[2] or 0) }
`;

const SLOW_DOWN = `${NOW}
local ending = math.max(now + ARGV[1], tonumber(redis.call('HGET', KEYS[1], 'until') or now))
redis.call('HSET', KEYS[1], 'until', text(ending))
redis.call('HSETNX', KEYS[1], 'since', text(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(ending - now) + ARGV[2])
return {}
`;

const ANSWERED = "redis.call('HDEL', KEYS[1], 'since') return {}";

const numbers = z.array(z.coerce.number());

/**
 * Paces in keys of Redis that go by themselves. Connects with the first question, and again as often as it must.
 *
 * @param prefix what its keys begin with
 */
export function openRedisPaces(redisUrl: string, prefix: string): PaceStore {
  const redis = new Redis(redisUrl, {
    connectionName: 'catalog-mirror:pace',
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    lazyConnect: true,
    // What cannot be said now is not said later: a pause would begin when it should be over.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(times * 200, 2_000),
  });
  let trouble: Error | null = null;
  redis.on('error', (error) => {
    trouble = error;
  });
  let connected: Promise<void> | null = null;
  const evaluate = async (script: string, key: string, ...values: readonly number[]): Promise<unknown> => {
    connected ??= redis.connect().catch(() => {});
    await connected;
    if (redis.status !== 'ready') throw trouble ?? new Error('the connection is not there');
    return redis.eval(script, 1, key, ...values);
  };
  const slotKey = (key: string): string => `${prefix}:pace:${key}:slot`;
  const quietKey = (key: string): string => `${prefix}:pace:${key}:quiet`;
  return {
    name: 'Redis',
    takeSlot: async (key, intervalMs) => z.coerce.number().parse(await evaluate(TAKE_SLOT, slotKey(key), intervalMs)),
    async quiet(key) {
      const [endsInMs, lastedMs = 0] = numbers.parse(await evaluate(QUIET, quietKey(key)));
      return endsInMs === undefined ? NO_QUIET : { endsInMs, lastedMs };
    },
    async slowDown(key, milliseconds) {
      await evaluate(SLOW_DOWN, quietKey(key), milliseconds, FORGOTTEN_AFTER_MS);
    },
    async answered(key) {
      await evaluate(ANSWERED, quietKey(key));
    },
    close: async () => redis.disconnect(),
  };
}
