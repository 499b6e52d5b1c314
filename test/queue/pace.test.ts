import { Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openPaces, shareStore } from '../../src/queue/pace/paces.ts';
import { NO_QUIET, type PaceStore } from '../../src/queue/pace/store.ts';
import { FakeClock } from '../support/clock.ts';
import { freePort } from '../support/free-port.ts';
import { REAL_CLOCK, STORES, useQueue } from './ground.ts';

describe.each(STORES.filter(({ available }) => available))('the paces on $name', (store) => {
  const ground = useQueue(store);

  /** The paces of two processes, closed after `work`. */
  async function withTwo<T>(
    work: (first: ReturnType<typeof openPaces>, second: ReturnType<typeof openPaces>) => Promise<T>,
  ): Promise<T> {
    const opened = [1, 2].map(() =>
      openPaces(ground.location, { clock: REAL_CLOCK, log: (line) => ground.lines.push(line) }),
    );
    const [first, second] = opened;
    if (first === undefined || second === undefined) throw new Error('two were opened');
    try {
      return await work(first, second);
    } finally {
      await Promise.all(opened.map((paces) => paces.close()));
      expect(ground.lines).toEqual([]);
    }
  }

  it('give each slot to one process alone, a step after the one before', async () => {
    await withTwo(async (first, second) => {
      const startedAt = performance.now();
      const inMs = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? first : second).paceOf('key').takeSlot(10_000)),
      );
      const took = performance.now() - startedAt;
      const slots = inMs.map((milliseconds) => milliseconds ?? Number.NaN).sort((a, b) => a - b);
      expect(slots).toHaveLength(20);
      for (const [index, slot] of slots.entries()) {
        expect(slot).toBeGreaterThan(index * 10_000 - took - 1);
        expect(slot).toBeLessThanOrEqual(index * 10_000 + took + 1);
      }
    });
  });

  it('let nobody catch up on slots that nobody took', async () => {
    await withTwo(async (first) => {
      const pace = first.paceOf('key');
      expect(await pace.takeSlot(1)).toBe(0);
      await REAL_CLOCK.sleep(30);
      expect(await pace.takeSlot(60_000)).toBe(0);
      expect(await pace.takeSlot(60_000)).toBeGreaterThan(59_000);
    });
  });

  it('tell the others of a quiet, and nobody with another key', async () => {
    await withTwo(async (first, second) => {
      expect(await second.paceOf('key').quiet()).toEqual(NO_QUIET);
      await first.paceOf('key').slowDown(60_000);
      const heard = await second.paceOf('key').quiet();
      expect(heard?.endsInMs).toBeGreaterThan(55_000);
      expect(heard?.endsInMs).toBeLessThanOrEqual(60_000);
      expect(heard?.lastedMs).toBeGreaterThan(0);
      expect(await second.paceOf('another key').quiet()).toEqual(NO_QUIET);
      expect(await second.paceOf('another key').takeSlot(1_000)).toBe(0);
    });
  });

  it('prolong a quiet and never shorten it, and count it from its beginning until the catalog answers', async () => {
    await withTwo(async (first, second) => {
      await first.paceOf('key').slowDown(60_000);
      await second.paceOf('key').slowDown(10);
      await REAL_CLOCK.sleep(20);
      const heard = await first.paceOf('key').quiet();
      expect(heard?.endsInMs).toBeGreaterThan(55_000);
      expect(heard?.lastedMs).toBeGreaterThanOrEqual(20);
      await second.paceOf('key').answered();
      expect(await first.paceOf('key').quiet()).toMatchObject({ lastedMs: 0 });
      await second.paceOf('key').slowDown(120_000);
      const again = await first.paceOf('key').quiet();
      expect(again?.endsInMs).toBeGreaterThan(115_000);
      expect(again?.lastedMs).toBeLessThan(20_000);
    });
  });

  it('remember of a quiet that is over for how long the catalog has not answered', async () => {
    await withTwo(async (first, second) => {
      await first.paceOf('key').slowDown(1);
      await REAL_CLOCK.sleep(10);
      const heard = await second.paceOf('key').quiet();
      expect(heard?.endsInMs).toBeLessThan(0);
      expect(heard?.lastedMs).toBeGreaterThanOrEqual(10);
    });
  });

  it('may be opened by many processes at once', async () => {
    const all = Array.from({ length: 8 }, () =>
      openPaces(ground.location, { clock: REAL_CLOCK, log: (line) => ground.lines.push(line) }),
    );
    const slots = await Promise.all(all.map((paces) => paces.paceOf('key').takeSlot(10_000)));
    await Promise.all(all.map((paces) => paces.close()));
    expect(slots.filter((slot) => slot === 0)).toHaveLength(1);
    expect(ground.lines).toEqual([]);
  });

  it('go on after their connections were cut, with what they knew', async () => {
    await withTwo(async (first, second) => {
      const pace = first.paceOf('key');
      await pace.slowDown(60_000);
      await cutConnections();
      await expect
        .poll(async () => (await second.paceOf('key').quiet())?.endsInMs, { timeout: 15_000 })
        .toBeGreaterThan(50_000);
      await expect.poll(async () => (await pace.quiet())?.endsInMs, { timeout: 15_000 }).toBeGreaterThan(40_000);
      ground.lines.length = 0;
    });
  }, 30_000);

  async function cutConnections(): Promise<void> {
    if (ground.location.store === 'redis') {
      const redis = new Redis(ground.location.redisUrl);
      for (const line of String(await redis.client('LIST')).split('\n')) {
        const id = /^id=(\d+) .*name=catalog-mirror:pace /.exec(line)?.[1];
        if (id !== undefined) await redis.client('KILL', 'ID', id);
      }
      redis.disconnect();
      return;
    }
    const client = new pg.Client({ connectionString: ground.location.databaseUrl });
    await client.connect();
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'catalog-mirror pace'`,
    );
    await client.end();
  }
});

describe('paces whose store', () => {
  it.each([
    ['Redis', (port: number) => ({ store: 'redis', redisUrl: `redis://127.0.0.1:${port}` }) as const],
    ['PostgreSQL', (port: number) => ({ store: 'postgres', databaseUrl: `postgres://127.0.0.1:${port}/x` }) as const],
  ])('is a %s that is not there answer that they cannot say, and log it once', async (name, location) => {
    const lines: string[] = [];
    const paces = openPaces(location(await freePort()), { clock: REAL_CLOCK, log: (line) => lines.push(line) });
    const pace = paces.paceOf('key');
    expect(await pace.takeSlot(1_000)).toBeNull();
    expect(await pace.quiet()).toBeNull();
    await pace.slowDown(1_000);
    await pace.answered();
    await paces.close();
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(`^request pace \\(${name}\\): .*ECONNREFUSED.*; until it answers, this process keeps its own pace$`),
      ),
    ]);
  });

  it('fails are left alone for five seconds, and say when they are shared again', async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    let asked = 0;
    let isBroken = true;
    const store: PaceStore = {
      name: 'Redis',
      takeSlot: async () => {
        asked += 1;
        if (isBroken) throw new Error('it is loading its data');
        return 0;
      },
      quiet: async () => NO_QUIET,
      slowDown: async () => {},
      answered: async () => {},
      close: async () => {},
    };
    const pace = shareStore(store, { clock, log: (line) => lines.push(line) }).paceOf('key');
    for (const [advance, expected] of [
      [0, 1],
      [4_999, 1],
      [1, 2],
      [5_000, 3],
    ] as const) {
      clock.advance(advance);
      expect(await pace.takeSlot(1)).toBeNull();
      expect(asked).toBe(expected);
    }
    isBroken = false;
    clock.advance(5_000);
    expect(await pace.takeSlot(1)).toBe(0);
    expect(lines).toEqual([
      'request pace (Redis): it is loading its data; until it answers, this process keeps its own pace',
      'request pace (Redis): shared again',
    ]);
  });
});
