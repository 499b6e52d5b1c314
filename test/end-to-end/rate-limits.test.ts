import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import { QUEUES } from '../cli/ground.ts';
import { artifacts } from '../mirror/harness.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { longestPause, mostInASecond } from '../support/moments.ts';
import { type EmptyRedis, emptyRedis } from '../support/redis.ts';
import { type BuiltProgram, buildProgram, type EndedSync } from './processes.ts';

/** What a request is answered with as long as not all processes have begun: they must not be done before. */
const slowly = (latencyMs: number): Misbehaviour => ({ act: 'answer', latencyMs });

interface Arrival {
  readonly organization: string;
  /** In milliseconds, by a clock that only goes forward. */
  readonly at: number;
}

describe.each(QUEUES)('processes that share a queue on $queue', ({ queue, available }) => {
  describe.skipIf(!available)('and ask the same catalog', () => {
    let program: BuiltProgram;
    let catalog: FakeCatalog;
    let database: TestDatabase;
    let redis: EmptyRedis | null;
    let arrivals: Arrival[];

    beforeAll(async () => {
      program = await buildProgram();
    });
    afterAll(() => program.remove());
    beforeEach(async () => {
      arrivals = [];
      const names = ['acme', 'beta', 'gamma'];
      catalog = await startFakeCatalog({
        organizations: Object.fromEntries(names.map((name) => [name, { models: artifacts(1, 100, name) }])),
        credentials: [{ token: 'token-a' }, { token: 'token-b' }],
      });
      catalog.script(({ organization }) => {
        arrivals.push({ organization: organization ?? '', at: performance.now() });
        return undefined;
      });
      database = await createTestDatabase({ withQueue: true });
      redis = queue === 'Redis' ? await emptyRedis() : null;
    });
    afterEach(async () => {
      await catalog.close();
      await redis?.release();
      await database.drop();
    });

    function sync(organization: string, token: string, settings: Record<string, string> = {}): Promise<EndedSync> {
      return program.startSync(null, {
        CATALOG_URL: catalog.url,
        CATALOG_TOKEN: token,
        CATALOG_ORGANIZATIONS: organization,
        DATABASE_URL: database.connectionString,
        ...(redis === null ? {} : { REDIS_URL: redis.url }),
        MIRROR_PAGE_SIZE: '1',
        ...settings,
      }).ended;
    }
    const haveBegun = (count: number): boolean => new Set(arrivals.map((one) => one.organization)).size === count;
    const momentsOf = (organization: string): readonly number[] =>
      arrivals.filter((one) => one.organization === organization).map(({ at }) => at);

    it('wait together for what one of them met with their token, while another token goes on', async () => {
      let refusedAt: number | null = null;
      catalog.script(({ organization }) => {
        if (!haveBegun(3)) return slowly(500);
        if (refusedAt !== null || organization !== 'acme') return { act: 'answer', latencyMs: 20 };
        refusedAt = performance.now();
        return { act: 'status', status: 429, retryAfter: '2' };
      });
      const oneByOne = { MIRROR_PAGE_CONCURRENCY: '1' };
      const ended = await Promise.all([
        sync('acme', 'token-a', oneByOne),
        sync('beta', 'token-a', oneByOne),
        sync('gamma', 'token-b', oneByOne),
      ]);
      expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(ended.map(() => ({ code: 0, err: '' })));
      expect(
        (await database.pool.query('SELECT organization, state, retries FROM mirror.runs ORDER BY organization')).rows,
      ).toEqual([
        { organization: 'acme', state: 'certified', retries: 1 },
        { organization: 'beta', state: 'certified', retries: 0 },
        { organization: 'gamma', state: 'certified', retries: 0 },
      ]);
      const [own, others, free] = ['acme', 'beta', 'gamma'].map((name) => longestPause(momentsOf(name)));
      for (const pause of [own, others]) {
        expect(pause?.milliseconds).toBeGreaterThan(1_950);
        // Two seconds, and what a busy machine takes to go on.
        expect(pause?.milliseconds).toBeLessThan(8_000);
      }
      expect(free?.milliseconds).toBeLessThan(1_950);
      const meanwhile = momentsOf('gamma').filter((at) => at > (others?.from ?? 0) && at < (others?.to ?? 0));
      expect(meanwhile.length).toBeGreaterThan(2);
    }, 120_000);

    it('keep the steady limit together, and take turns', async () => {
      const limit = 50;
      let begunAt = Number.POSITIVE_INFINITY;
      catalog.script(() => {
        if (!haveBegun(2)) return slowly(1_500);
        // By then the last slow answer is out.
        begunAt = Math.min(begunAt, performance.now() + 1_500);
        return undefined;
      });
      const limited = { CATALOG_MAX_REQUESTS_PER_SECOND: String(limit) };
      const ended = await Promise.all([sync('acme', 'token-a', limited), sync('beta', 'token-a', limited)]);
      expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(ended.map(() => ({ code: 0, err: '' })));
      const overAt = Math.min(...['acme', 'beta'].map((name) => Math.max(...momentsOf(name))));
      const together = arrivals.filter(({ at }) => at > begunAt && at <= overAt);
      // For what a busy machine adds between a slot and its arrival; without a shared pace it is twice the limit.
      const most = mostInASecond(arrivals.map(({ at }) => at));
      expect(most).toBeLessThanOrEqual(limit * 1.5);
      const perSecond = (together.length * 1_000) / (overAt - begunAt);
      expect(perSecond).toBeLessThanOrEqual(limit * 1.1);
      expect(perSecond).toBeGreaterThan(limit * 0.1);
      const share = together.filter(({ organization }) => organization === 'acme').length / together.length;
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.8);
      process.stderr.write(
        `two processes on ${queue}, ${limit} requests/s allowed: ${perSecond.toFixed(1)} made, ${most} in the worst second, ` +
          `${(100 * share).toFixed(0)} % of them by the first\n`,
      );
    }, 120_000);
  });
});
