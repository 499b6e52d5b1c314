import { describe, expect, it, vi } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { MirrorRequest } from '../../src/mirror/types.ts';
import { awaitJobs } from '../../src/queue/await-jobs.ts';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { jobOptions } from '../../src/queue/job-options.ts';
import { listSchedules, reconcileSchedules, reconcileWhenAlone, runScheduleNow } from '../../src/queue/schedules.ts';
import { setSchedule } from '../../src/queue/set-schedule.ts';
import { type ScheduledOrganization, targetId, targetsOf } from '../../src/queue/targets.ts';
import { ACME, closingMirror, GLOBEX, REAL_CLOCK, STORES, summaryOf, useQueue } from './ground.ts';

/** So rare that no test meets it by chance. */
const RARELY = '0 3 1 1 *';
const EVERY_SECOND = '* * * * * *';

function scheduled(organization: string, more: Partial<ScheduledOrganization> = {}): ScheduledOrganization {
  return { organization, kinds: ['models'], cron: RARELY, timeZone: 'UTC', ...more };
}

describe.each(STORES.filter(({ available }) => available))('schedules on $name', (store) => {
  const ground = useQueue(store);
  const queue = () => ground.backend.queue(mirrorOrganization.name);

  /** The one job that the schedules have prepared. */
  async function prepared() {
    const [job] = await queue().getJobs(['delayed', 'wait']);
    if (job === undefined) throw new Error('no schedule has prepared a job');
    return job;
  }

  it('are made from the settings, one for each organization and kind', async () => {
    const organizations = [
      scheduled('acme', { kinds: ['models', 'datasets'], cron: '0 3 * * *', timeZone: 'Europe/Berlin' }),
      scheduled('a:strange:one:with:colons', { cron: '30 0 12 * * *' }),
    ];
    expect(await reconcileSchedules(ground.backend, organizations)).toMatchObject({
      status: 'reconciled',
      unchanged: [],
    });
    const listed = await listSchedules(ground.backend);
    expect(listed.map(({ organization, kind, cron, timeZone }) => [organization, kind, cron, timeZone])).toEqual(
      expect.arrayContaining([
        ['acme', 'models', '0 3 * * *', 'Europe/Berlin'],
        ['acme', 'datasets', '0 3 * * *', 'Europe/Berlin'],
        ['a:strange:one:with:colons', 'models', '30 0 12 * * *', 'UTC'],
      ]),
    );
    expect(listed).toHaveLength(3);
    const acme = listed.find(({ organization }) => organization === 'acme');
    const hour = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', timeStyle: 'short', hourCycle: 'h23' });
    expect(hour.format(acme?.next ?? 0)).toBe('03:00');
    expect(acme?.lastFire).toBeNull();
    expect(listed.every(({ next }) => next !== null && next.getTime() > Date.now())).toBe(true);
  });

  it('are left untouched where nothing changed, so that a fire that is due is not lost', async () => {
    await reconcileSchedules(ground.backend, [scheduled('acme')]);
    // The moment comes while no worker is there.
    await (await prepared()).promote();

    const { mirror, requests } = closingMirror();
    const worker = await ground.worker(mirror, { role: { takes: 'targets', targets: [ACME] }, started: false });
    expect(await reconcileSchedules(ground.backend, [scheduled('acme')])).toMatchObject({
      unchanged: [ACME],
      added: [],
      changed: [],
      removed: [],
    });
    worker.start();
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    expect(requests[0]).toMatchObject({ ...ACME, trigger: 'schedule', runId: null });
  });

  it('are left untouched where a version that had no approvals set them', async () => {
    const data = { ...ACME, trigger: 'schedule', runId: null, syncId: null };
    const template = { name: mirrorOrganization.name, data, opts: jobOptions(mirrorOrganization) };
    await queue().upsertJobScheduler(targetId(ACME), { pattern: RARELY, tz: 'UTC' }, template);
    expect(await reconcileSchedules(ground.backend, [scheduled('acme')])).toMatchObject({
      unchanged: [ACME],
      changed: [],
    });
    expect((await prepared()).data).toEqual(data);
  });

  it('are set once by workers that start together, though each of them finds none', async () => {
    const organizations = Array.from({ length: 60 }, (_, number) => scheduled(`org-${number}`));
    const others = await Promise.all([ground.otherProcess(), ground.otherProcess(), ground.otherProcess()]);
    const results = await Promise.all(
      [ground.backend, ...others].map((backend) => reconcileSchedules(backend, organizations)),
    );
    for (const result of results) {
      if (result.status !== 'reconciled') throw new Error(result.reason);
      expect(result.added.length + result.changed.length + result.unchanged.length).toBe(60);
      expect(result.removed).toEqual([]);
    }
    expect(await listSchedules(ground.backend)).toHaveLength(60);
    expect(await queue().getDelayedCount()).toBe(60);
  });

  it('keep a fire that came due after another worker had set them and before this one would have', async () => {
    await reconcileSchedules(ground.backend, [scheduled('acme')]);
    const job = await prepared();
    await job.promote();
    expect(await setSchedule(ground.backend, { ...ACME, cron: RARELY, timeZone: 'UTC' })).toBe('unchanged');
    expect(await job.getState()).toBe('waiting');
  });

  it('fire for a worker that starts after their time, once, and again at the next', async () => {
    await reconcileSchedules(ground.backend, [scheduled('acme', { cron: EVERY_SECOND })]);
    const missed = (await listSchedules(ground.backend))[0]?.next?.getTime() ?? 0;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(missed), { timeout: 3_000 });

    const requests: MirrorRequest[] = [];
    const worker = await ground.worker(
      async (request) => {
        requests.push(request);
        await request.onRunOpened(String(requests.length));
        return { status: 'closed', run: summaryOf(request) };
      },
      { role: { takes: 'targets', targets: [ACME] }, started: false },
    );
    await reconcileSchedules(ground.backend, [scheduled('acme', { cron: EVERY_SECOND })]);
    worker.start();
    await vi.waitFor(() => expect(requests.length).toBeGreaterThanOrEqual(3), { timeout: 5_000 });
    // Each fire is a run of its own: none inherits the run of the one before.
    expect(requests.map(({ runId }) => runId)).toEqual(requests.map(() => null));
    const lastFire = (await listSchedules(ground.backend))[0]?.lastFire?.getTime();
    expect(lastFire).toBeGreaterThanOrEqual(missed);
  });

  it('are changed with the settings, and fire once where they were due', async () => {
    await reconcileSchedules(ground.backend, [scheduled('acme', { cron: EVERY_SECOND })]);
    const due = (await listSchedules(ground.backend))[0]?.next?.getTime() ?? 0;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(due), { timeout: 3_000 });
    expect(await reconcileSchedules(ground.backend, [scheduled('acme')])).toMatchObject({ changed: [ACME] });
    expect(await listSchedules(ground.backend)).toMatchObject([{ cron: RARELY }]);

    const { mirror, requests } = closingMirror();
    await ground.worker(mirror, { role: { takes: 'targets', targets: [ACME] } });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
  });

  it('are changed with the time zone alone, and fire at nothing but their time', async () => {
    await reconcileSchedules(ground.backend, [scheduled('acme')]);
    const berlin = [scheduled('acme', { timeZone: 'Europe/Berlin' })];
    expect(await reconcileSchedules(ground.backend, berlin)).toMatchObject({ changed: [ACME] });
    expect(await reconcileSchedules(ground.backend, berlin)).toMatchObject({ unchanged: [ACME] });
    expect(await queue().getJobCounts('wait', 'delayed')).toEqual({ wait: 0, delayed: 1 });
  });

  it('are removed with their organization, and what they had prepared with them', async () => {
    await reconcileSchedules(ground.backend, [scheduled('acme'), scheduled('globex')]);
    expect(await reconcileSchedules(ground.backend, [scheduled('acme')])).toMatchObject({
      unchanged: [ACME],
      removed: [GLOBEX],
    });
    expect(await listSchedules(ground.backend)).toMatchObject([ACME]);
    expect(await queue().getJobCounts('delayed')).toEqual({ delayed: 1 });
  });

  describe('beside another worker', () => {
    const both = [scheduled('acme'), scheduled('globex')];

    async function otherWorker(organizations: readonly ScheduledOrganization[]) {
      const backend = await ground.otherProcess();
      const role = { takes: 'targets', targets: targetsOf(organizations) } as const;
      return ground.worker(closingMirror().mirror, { backend, role });
    }

    it('stay as they are while it mirrors other organizations, and are reconciled once it is gone', async () => {
      await reconcileSchedules(ground.backend, both);
      const other = await otherWorker(both);
      expect(await reconcileSchedules(ground.backend, [scheduled('acme', { cron: '0 4 * * *' })])).toEqual({
        status: 'refused',
        reason: expect.stringContaining('another worker is alive that mirrors other organizations'),
      });
      expect(await listSchedules(ground.backend)).toMatchObject([{ cron: RARELY }, { cron: RARELY }]);
      await other.close();
      await vi.waitFor(async () =>
        expect(await reconcileSchedules(ground.backend, [scheduled('acme')])).toMatchObject({ status: 'reconciled' }),
      );
    });

    it('wait for it to go, say why once, and are reconciled then', async () => {
      const other = await otherWorker(both);
      const waiting = reconcileWhenAlone(ground.backend, [scheduled('acme')], {
        signal: new AbortController().signal,
        everyMs: 20,
      });
      await vi.waitFor(() => expect(ground.lines).toHaveLength(1));
      expect(await listSchedules(ground.backend)).toEqual([]);
      await other.close();
      expect(await waiting).toMatchObject({ status: 'reconciled', added: [ACME] });
      expect(ground.lines).toEqual([expect.stringContaining('another worker is alive')]);
    });

    it('wait no longer than the worker itself lives', async () => {
      await otherWorker(both);
      const controller = new AbortController();
      const waiting = reconcileWhenAlone(ground.backend, [scheduled('acme')], { signal: controller.signal });
      await vi.waitFor(() => expect(ground.lines).toHaveLength(1));
      controller.abort();
      expect(await waiting).toBeNull();
    });

    it('are reconciled where it mirrors the same, in whatever order', async () => {
      await otherWorker([scheduled('globex'), scheduled('acme')]);
      expect(await reconcileSchedules(ground.backend, both)).toMatchObject({ status: 'reconciled' });
    });

    it('are reconciled beside a sync, which mirrors what it was asked for', async () => {
      await ground.worker(closingMirror().mirror, { role: { takes: 'sync', syncId: 'mine' } });
      expect(await reconcileSchedules(ground.backend, both)).toMatchObject({ status: 'reconciled' });
    });

    it('are reconciled beside the worker of another mirror on the same server', async () => {
      const elsewhere =
        ground.location.store === 'postgres'
          ? ({ ...ground.location, schema: 'another_queue' } as const)
          : ({ ...ground.location, prefix: `${ground.location.prefix}-other` } as const);
      const backend = await openQueueBackend(elsewhere, { clock: REAL_CLOCK, log: () => {} });
      const worker = await ground.worker(closingMirror().mirror, {
        backend,
        role: { takes: 'targets', targets: [ACME] },
      });
      expect(await reconcileSchedules(ground.backend, both)).toMatchObject({ status: 'reconciled' });
      await worker.close();
      await backend.close();
    });
  });

  describe('run now', () => {
    it('do what they do at their time, for each kind', async () => {
      await reconcileSchedules(ground.backend, [
        scheduled('acme', { kinds: ['models', 'datasets'] }),
        scheduled('globex'),
      ]);
      const jobs = await runScheduleNow(ground.backend, 'acme');
      expect(jobs.map(({ kind }) => kind).sort()).toEqual(['datasets', 'models']);
      const { mirror, requests } = closingMirror();
      await ground.worker(mirror, { role: { takes: 'targets', targets: jobs } });
      await awaitJobs(ground.backend, jobs);
      expect(requests.map(({ organization, trigger }) => [organization, trigger])).toEqual([
        ['acme', 'schedule'],
        ['acme', 'schedule'],
      ]);
    });

    it('say what to do where there is none', async () => {
      await expect(runScheduleNow(ground.backend, 'acme')).rejects.toMatchObject({
        class: 'not_found',
        hint: expect.stringContaining('Start a worker'),
      });
    });
  });
});
