import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { openQueueBackend, type QueueBackend } from '../../src/queue/backend.ts';
import { type KeepSchedulesOptions, keepSchedules } from '../../src/queue/keep-schedules.ts';
import { type ReadRunsSince, repeatLostFires } from '../../src/queue/lost-fires.ts';
import { listSchedules } from '../../src/queue/schedules.ts';
import type { ScheduledOrganization } from '../../src/queue/targets.ts';
import type { LastRun } from '../../src/store/runs-since.ts';
import { FakeClock } from '../support/clock.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { ACME, closingMirror, GLOBEX, REAL_CLOCK, STORES, useQueue } from './ground.ts';

/** So rare that no test meets it by chance. */
const RARELY = '0 3 1 1 *';
const EVERY_SECOND = '* * * * * *';
const LOOK_MS = 30;

const NO_RUNS: ReadRunsSince = async () => [];

function scheduled(organization: string, cron = RARELY): ScheduledOrganization {
  return { organization, kinds: ['models'], cron, timeZone: 'UTC' };
}

describe.each(STORES.filter(({ available }) => available))('schedules that are kept on $name', (store) => {
  const ground = useQueue(store);
  let ending: AbortController;
  let kept: Promise<void>[];

  beforeEach(() => {
    ending = new AbortController();
    kept = [];
  });
  afterEach(async () => {
    ending.abort();
    await Promise.all(kept);
  });

  /** Keeps them as a worker does that looks often. Resolves when they are reconciled. */
  function keep(
    backend: QueueBackend,
    organizations: readonly ScheduledOrganization[],
    options: Partial<KeepSchedulesOptions> = {},
  ): Promise<void> {
    return new Promise((resolve) => {
      kept.push(
        keepSchedules(backend, organizations, {
          signal: ending.signal,
          readRunsSince: NO_RUNS,
          everyMs: LOOK_MS,
          onReconciled: () => resolve(),
          ...options,
        }),
      );
    });
  }

  const listed = async () => (await listSchedules(ground.backend)).map(({ organization }) => organization).sort();

  it('are set again where the queue was emptied, and fire again, without a restart of the worker', async () => {
    const { mirror, requests } = closingMirror();
    await ground.worker(mirror);
    await keep(ground.backend, [scheduled('acme', EVERY_SECOND), scheduled('globex', EVERY_SECOND)]);
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(0), { timeout: 10_000 });
    await ground.empty();
    const before = requests.length;
    await vi.waitFor(
      () => {
        const organizations = new Set(requests.slice(before + 2).map(({ organization }) => organization));
        expect([...organizations].sort()).toEqual(['acme', 'globex']);
      },
      { timeout: 15_000 },
    );
    expect(ground.lines.filter((line) => line.includes('were gone'))).toEqual([
      'schedules: 2 were gone from the queue, as where it was emptied, and are set again',
    ]);
  });

  it('are set when the queue is back, where it went away as the worker started', async () => {
    const { location } = ground;
    const proxy = await startTcpProxy(location.store === 'redis' ? location.redisUrl : location.databaseUrl);
    const backend = await openQueueBackend(
      location.store === 'redis' ? { ...location, redisUrl: proxy.url } : { ...location, databaseUrl: proxy.url },
      { clock: REAL_CLOCK, log: (line) => ground.lines.push(line) },
    );
    try {
      proxy.cut();
      const asked = proxy.asked;
      const reconciled = keep(backend, [scheduled('acme')]);
      await vi.waitFor(() => expect(proxy.asked).toBeGreaterThan(asked), { timeout: 10_000 });
      proxy.resume();
      await reconciled;
      expect(await listed()).toEqual(['acme']);
    } finally {
      ending.abort();
      await Promise.all(kept);
      await backend.close();
      await proxy.close();
    }
  });

  it('are set again by one worker or another, whoever looks first', async () => {
    const organizations = [scheduled('acme'), scheduled('globex')];
    await Promise.all([keep(ground.backend, organizations), keep(await ground.otherProcess(), organizations)]);
    await ground.empty();
    await vi.waitFor(async () => expect(await listed()).toEqual(['acme', 'globex']), { timeout: 10_000 });
  });

  it('are left untouched while they are there, however often it looks', async () => {
    const clock = { ...REAL_CLOCK, sleep: vi.fn(REAL_CLOCK.sleep) };
    const backend = await openQueueBackend(ground.location, { clock, log: (line) => ground.lines.push(line) });
    await keep(backend, [scheduled('acme')]);
    const prepared = async () => (await ground.backend.queue(mirrorOrganization.name).getJobs(['delayed', 'wait']))[0];
    const before = await prepared();
    // It comes due while no worker takes it: a schedule that is set again would lose it.
    await before?.promote();
    const looks = clock.sleep.mock.calls.length;
    await vi.waitFor(() => expect(clock.sleep.mock.calls.length).toBeGreaterThan(looks + 3));
    expect(await (await prepared())?.getState()).toBe('waiting');
    expect((await prepared())?.id).toBe(before?.id);
    ending.abort();
    await Promise.all(kept);
    await backend.close();
  });

  it('stay gone while a worker with other organizations is alive, which may not want them', async () => {
    const clock = { ...REAL_CLOCK, sleep: vi.fn(REAL_CLOCK.sleep) };
    const backend = await openQueueBackend(ground.location, { clock, log: (line) => ground.lines.push(line) });
    await keep(backend, [scheduled('acme'), scheduled('globex')]);
    const other = await ground.worker(closingMirror().mirror, {
      backend: await ground.otherProcess(),
      role: { takes: 'targets', targets: [ACME] },
    });
    await ground.empty();
    const looks = clock.sleep.mock.calls.length;
    await vi.waitFor(() => expect(clock.sleep.mock.calls.length).toBeGreaterThan(looks + 3));
    expect(await listed()).toEqual([]);
    await other.close();
    await vi.waitFor(async () => expect(await listed()).toEqual(['acme', 'globex']), { timeout: 10_000 });
    ending.abort();
    await Promise.all(kept);
    await backend.close();
  });

  it('end to be kept with the worker', async () => {
    await keep(ground.backend, [scheduled('acme')]);
    ending.abort();
    await Promise.all(kept);
    await ground.empty();
    expect(await listed()).toEqual([]);
  });

  describe('whose fires were lost', () => {
    const NIGHTLY = { ...ACME, cron: '0 3 * * *', timeZone: 'Europe/Berlin' };
    /** 03:00:30 in Berlin. */
    const NOW = '2025-01-15T02:00:30Z';
    const FIRED = new Date('2025-01-15T02:00:00Z');
    let backend: QueueBackend;

    beforeEach(async () => {
      backend = await openQueueBackend(ground.location, { clock: new FakeClock({ start: NOW }), log: () => {} });
    });
    afterEach(() => backend.close());

    const jobs = async () => {
      const waiting = await ground.backend.queue(mirrorOrganization.name).getJobs(['wait']);
      return waiting.map(({ data }) => data);
    };
    const lastRun = (state: LastRun['state']): ReadRunsSince => {
      return async () => [{ ...ACME, runId: '7', state }];
    };

    it('run now, once, though several workers make up for them', async () => {
      const readRunsSince = vi.fn(NO_RUNS);
      const fires = { since: new Date('2025-01-15T01:00:00Z'), readRunsSince };
      for (const by of [backend, backend]) {
        expect(await repeatLostFires(by, [NIGHTLY], fires)).toBe(1);
      }
      expect(readRunsSince).toHaveBeenCalledWith([{ ...ACME, since: FIRED }]);
      expect(await jobs()).toEqual([expect.objectContaining({ ...ACME, trigger: 'schedule', runId: null })]);
    });

    it('go on with the run that was under way', async () => {
      await repeatLostFires(backend, [NIGHTLY], { since: FIRED, readRunsSince: lastRun('running') });
      expect(await jobs()).toEqual([expect.objectContaining({ ...ACME, trigger: 'schedule', runId: '7' })]);
    });

    it.each(['certified', 'held', 'inexact', 'partial', 'failed', 'abandoned'] as const)(
      'are no loss where their run is over: %s',
      async (state) => {
        expect(await repeatLostFires(backend, [NIGHTLY], { since: FIRED, readRunsSince: lastRun(state) })).toBe(0);
        expect(await jobs()).toEqual([]);
      },
    );

    it('are left alone where they lie before the schedules were known to be there', async () => {
      const fires = { since: new Date(FIRED.getTime() + 1), readRunsSince: NO_RUNS };
      expect(await repeatLostFires(backend, [NIGHTLY, { ...NIGHTLY, ...GLOBEX }], fires)).toBe(0);
      expect(await jobs()).toEqual([]);
    });
  });
});
