import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { useCommands } from '../cli/ground.ts';
import { HASTY_CLOCK, type Running } from '../cli/terminal.ts';
import { artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { type OwnRedis, ownRedisAvailable, startOwnRedis } from '../support/own-redis.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const LISTS = { acme: artifacts(1, 12), globex: artifacts(1, 3, 'globex') };
const RUNS = 'SELECT organization, trigger, state FROM mirror.runs ORDER BY id';
const CERTIFIED = { organization: 'acme', trigger: 'schedule', state: 'certified' };
/** Never by itself, while a test runs. */
const NIGHTLY = { MIRROR_CRON: '0 3 1 1 *' };
const EVERY_SECOND = { MIRROR_CRON: '* * * * * *' };
/** Looks at once what a worker looks at each minute. */
const IMPATIENT: Clock = {
  ...HASTY_CLOCK,
  sleep: (milliseconds, signal) => HASTY_CLOCK.sleep(Math.min(milliseconds, 300), signal),
};
/** Redis is asked again every two seconds at most; far less than the half minute after which a lost job is found. */
const PROMPTLY_MS = 15_000;
/** How long a page takes that a fault is to come upon. */
const SLOWLY_MS = 1_500;

describe.skipIf(!postgresAvailable || !ownRedisAvailable)('a Redis that fails', () => {
  const ground = useCommands(LISTS);
  let redis: OwnRedis;
  let proxy: TcpProxy;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    redis = await startOwnRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    proxy = await startTcpProxy(redis.url);
    env = { ...NIGHTLY, REDIS_URL: proxy.url };
  });
  afterEach(() => proxy.close());

  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Running =>
    ground.start(args, { ...env, ...more }, { clock: IMPATIENT });
  const runs = () => ground.rows(RUNS);

  /** Resolves when the next page of acme is being read; it takes its time. */
  function acmeIsRead(): Promise<void> {
    return new Promise((resolve) => {
      const forget = ground.catalog.script(({ organization }) => {
        if (organization !== 'acme') return undefined;
        forget();
        resolve();
        return { act: 'answer', latencyMs: SLOWLY_MS };
      });
    });
  }

  /** A worker that is at a run of acme. */
  async function workerAtWork(): Promise<Running> {
    const worker = start(['worker']);
    await worker.said('schedules: 2 added');
    const reading = acmeIsRead();
    expect((await ground.run(['schedule', 'run', 'acme'], { ...env, REDIS_URL: redis.url })).code).toBe(0);
    await reading;
    return worker;
  }

  /** Has globex mirrored as well, and expects that nothing had to be waited for. */
  async function expectPromptNextRun(): Promise<void> {
    const at = performance.now();
    expect((await ground.run(['schedule', 'run', 'globex'], { ...env, REDIS_URL: redis.url })).code).toBe(0);
    await expect.poll(runs, { timeout: 60_000 }).toContainEqual({ ...CERTIFIED, organization: 'globex' });
    expect(performance.now() - at).toBeLessThan(PROMPTLY_MS);
  }

  async function endOf(worker: Running): Promise<string[]> {
    worker.signal('SIGTERM');
    const { code, err } = await worker.ended;
    expect(code).toBe(0);
    return err
      .trim()
      .split('\n')
      .map((line) => line.slice(line.indexOf(' ') + 1))
      .filter((line) => line.startsWith('queue') || line.startsWith('schedules: '));
  }

  it('and restarts in mid-run is told of in two lines; the run is applied once and the next job taken at once', async () => {
    const worker = await workerAtWork();
    await redis.restart();
    await worker.said('models of acme certified');
    await worker.said('answers again');
    await expectPromptNextRun();
    expect(await runs()).toEqual([CERTIFIED, { ...CERTIFIED, organization: 'globex' }]);
    expect(await endOf(worker)).toEqual([
      'schedules: 2 added, 0 changed, 0 removed, 0 unchanged',
      expect.stringMatching(/^queue \(Redis\): the connection is lost \(.+\); what is being mirrored goes on/),
      expect.stringMatching(/^queue \(Redis\): answers again after \d+\.\d s$/),
    ]);
  });

  it('and is emptied in mid-run has the run finished and applied once, and its schedules set again', async () => {
    const worker = await workerAtWork();
    await redis.command('FLUSHALL');
    await worker.said('models of acme certified');
    await worker.said('schedules: 2 were gone from the queue');
    await expectPromptNextRun();
    expect(await runs()).toEqual([CERTIFIED, { ...CERTIFIED, organization: 'globex' }]);
    expect((await ground.run(['schedule', 'list', '--json'], env)).json()).toMatchObject([
      { organization: 'acme' },
      { organization: 'globex' },
    ]);
    const said = await endOf(worker);
    expect(said).toHaveLength(3);
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^queue \(Redis\): a job that was being worked is gone, .*emptied/),
        'schedules: 2 were gone from the queue, as where it was emptied, and are set again',
      ]),
    );
  });

  it('and is emptied between two runs fires again by its schedules, without a restart of the worker', async () => {
    const worker = start(['worker'], EVERY_SECOND);
    await worker.said('models of globex certified');
    await redis.command('FLUSHALL');
    await worker.said('schedules: 2 were gone from the queue');
    const [{ last } = { last: 0 }] = await ground.rows<{ last: number }>(
      'SELECT max(id)::integer AS last FROM mirror.runs',
    );
    const organizationsSince = () =>
      ground.rows("SELECT DISTINCT organization FROM mirror.runs WHERE id > $1 AND state = 'certified' ORDER BY 1", [
        last,
      ]);
    await expect
      .poll(organizationsSince, { timeout: 30_000 })
      .toEqual([{ organization: 'acme' }, { organization: 'globex' }]);
    worker.signal('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    expect(await ground.rows("SELECT id FROM mirror.runs WHERE state <> 'certified'")).toEqual([]);
  });

  it('and stands still in mid-run does not keep the run from its end, and is used again when it moves', async () => {
    const worker = await workerAtWork();
    proxy.stall();
    await expect.poll(runs, { timeout: 30_000 }).toEqual([CERTIFIED]);
    proxy.resume();
    await expectPromptNextRun();
    expect(await runs()).toEqual([CERTIFIED, { ...CERTIFIED, organization: 'globex' }]);
    await endOf(worker);
  });

  it('and cannot be reached in mid-run does not keep the run from its end, and is used again when it can', async () => {
    const worker = await workerAtWork();
    proxy.cut();
    await expect.poll(runs, { timeout: 30_000 }).toEqual([CERTIFIED]);
    proxy.resume();
    await expectPromptNextRun();
    expect(await runs()).toEqual([CERTIFIED, { ...CERTIFIED, organization: 'globex' }]);
    expect((await endOf(worker)).filter((line) => line.startsWith('queue'))).toEqual([
      expect.stringContaining('the connection is lost'),
      expect.stringContaining('answers again'),
    ]);
  });

  it('and is emptied under a sync costs it nothing: every organization is mirrored, once', async () => {
    const reading = acmeIsRead();
    const sync = start(['sync', '--json'], { MIRROR_ORGANIZATION_CONCURRENCY: '1' });
    await reading;
    await redis.command('FLUSHALL');
    const { code, json } = await sync.ended;
    expect(json()).toMatchObject([
      { organization: 'acme', state: 'certified' },
      { organization: 'globex', state: 'certified' },
    ]);
    expect(code).toBe(0);
    expect(await runs()).toEqual([
      { ...CERTIFIED, trigger: 'manual' },
      { ...CERTIFIED, trigger: 'manual', organization: 'globex' },
    ]);
  });

  it('and cannot be reached when the worker is told to stop does not keep it from stopping in time', async () => {
    const worker = start(['worker']);
    await worker.said('schedules: 2 added');
    proxy.cut();
    await worker.said('the connection is lost');
    const at = performance.now();
    worker.signal('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    // The time that a worker has to stop (design section 7).
    expect(performance.now() - at).toBeLessThan(30_000);
  }, 60_000);
});
