import { describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { QUEUES, useCommands } from './ground.ts';
import { HASTY_CLOCK, STACK } from './terminal.ts';

const LISTS = { acme: artifacts(1, 12), globex: artifacts(1, 3, 'globex') };
const EVERY_SECOND = { MIRROR_CRON: '* * * * * *' };
const RUNS = 'SELECT organization, trigger, state FROM mirror.runs ORDER BY id';

describe.each(QUEUES)('worker over $queue', ({ queue, available }) => {
  describe.skipIf(!available)('with a queue of its own', () => {
    const ground = useCommands(LISTS, { queue });

    it('sets the schedules, mirrors when they fire, and ends well on SIGTERM', async () => {
      const worker = ground.start(['worker'], EVERY_SECOND);
      await worker.said('worker ready on');
      await worker.said('schedules: 2 added, 0 changed, 0 removed, 0 unchanged');
      await worker.said(/run \d+ models of acme certified .*12 artifacts/);
      await worker.said(/run \d+ models of globex certified .*3 artifacts/);
      const toldAt = Date.now();
      worker.signal('SIGTERM');
      const { code, out, err } = await worker.ended;
      expect({ code, out }).toEqual({ code: 0, out: '' });
      expect(Date.now() - toldAt).toBeLessThan(30_000);
      expect(err.trim().split('\n').at(-1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z stopped$/);
      expect(err).not.toMatch(STACK);
      const runs = await ground.rows(RUNS);
      expect(new Set(runs.map((run) => JSON.stringify(run)))).toEqual(
        new Set([
          '{"organization":"acme","trigger":"schedule","state":"certified"}',
          '{"organization":"globex","trigger":"schedule","state":"certified"}',
        ]),
      );
    });

    it('finishes on SIGTERM what it is mirroring', async () => {
      let isReading = false;
      ground.catalog.script(({ organization }) => {
        if (organization !== 'acme') return undefined;
        isReading = true;
        return { act: 'answer', latencyMs: 1_500 };
      });
      const worker = ground.start(['worker'], { ...EVERY_SECOND, CATALOG_ORGANIZATIONS: 'acme' });
      await expect.poll(() => isReading, { timeout: 15_000 }).toBe(true);
      worker.signal('SIGTERM');
      const { code, err } = await worker.ended;
      expect(code).toBe(0);
      expect(err).toContain('stopping: what is being mirrored is finished or handed back');
      expect(await ground.rows('SELECT DISTINCT state FROM mirror.runs')).toEqual([{ state: 'certified' }]);
    });

    it('puts the jobs of open letters back into a queue that was emptied, and takes out those of closed ones', async () => {
      ground.catalog.removeOrganization('acme');
      ground.catalog.removeOrganization('globex');
      expect((await ground.run(['sync'])).code).toBe(4);
      await ground.run(['dead-letters', 'discard', '2', '--reason', 'known']);
      const redisUrl = ground.env['REDIS_URL'];
      const backend = await openQueueBackend(
        redisUrl === undefined
          ? { store: 'postgres', databaseUrl: ground.database.connectionString }
          : { store: 'redis', redisUrl },
        { clock: HASTY_CLOCK, log: () => {} },
      );
      try {
        const jobs = async () => (await backend.queue('dead-letter.not_found').getJobs()).map(({ id }) => id).sort();
        expect(await jobs()).toEqual(['letter-1', 'letter-2']);
        await ground.emptyRedis();
        const worker = ground.start(['worker']);
        await expect.poll(jobs, { timeout: 15_000 }).toEqual(['letter-1']);
        worker.signal('SIGTERM');
        expect((await worker.ended).code).toBe(0);
      } finally {
        await backend.close();
      }
    });

    it('leaves the schedules alone while another worker mirrors other organizations, and says so', async () => {
      const first = ground.start(['worker']);
      await first.said('schedules: 2 added');
      const second = ground.start(['worker'], { CATALOG_ORGANIZATIONS: 'acme' });
      await second.said('another worker is alive that mirrors other organizations, so the schedules stay as they are');
      const listed = (await ground.run(['schedule', 'list', '--json'])).json();
      expect(listed).toMatchObject([{ organization: 'acme' }, { organization: 'globex' }]);
      second.signal('SIGTERM');
      expect((await second.ended).code).toBe(0);
      first.signal('SIGTERM');
      expect((await first.ended).code).toBe(0);
    });
  });

  describe.skipIf(!available)('and its schedules', () => {
    const ground = useCommands(LISTS, { queue });

    it('can be listed, and run before their time: the next worker mirrors what was asked for', async () => {
      const none = await ground.run(['schedule', 'list']);
      expect(none).toMatchObject({ code: 0, out: '' });
      expect(none.err).toContain('they are set when `catalog-mirror worker` starts');
      const unknown = await ground.run(['schedule', 'run', 'globex']);
      expect(unknown.code).toBe(2);
      expect(unknown.err).toContain('error: The queue has no schedule for globex.');

      const nightly = { MIRROR_CRON: '30 2 * * *', MIRROR_TIMEZONE: 'Europe/Berlin' };
      const setting = ground.start(['worker'], nightly);
      await setting.said('schedules: 2 added');
      setting.signal('SIGTERM');
      await setting.ended;
      const listed = await ground.run(['schedule', 'list'], { NO_COLOR: '1' }, { columns: 100 });
      expect(listed.out).toMatch(/^acme +models +30 2 \* \* \* +Europe\/Berlin +\d{4}-\d\d-\d\d 0[01]:30:00 UTC +–$/m);
      expect((await ground.run(['schedule', 'list', '--json'])).json()).toMatchObject([
        { organization: 'acme', kind: 'models', cron: '30 2 * * *', timeZone: 'Europe/Berlin', lastFire: null },
        { organization: 'globex' },
      ]);

      const asked = await ground.run(['schedule', 'run', 'globex']);
      expect(asked).toMatchObject({ code: 0, out: '1 job queued for globex; the next free worker mirrors it.\n' });
      expect(await ground.rows(RUNS)).toEqual([]);

      const worker = ground.start(['worker'], nightly);
      await worker.said('schedules: 0 added, 0 changed, 0 removed, 2 unchanged');
      await worker.said('models of globex certified');
      worker.signal('SIGTERM');
      await worker.ended;
      expect(await ground.rows(RUNS)).toEqual([{ organization: 'globex', trigger: 'schedule', state: 'certified' }]);
    });
  });
});

describe.skipIf(!postgresAvailable)('the log of a worker', () => {
  const ground = useCommands(LISTS);

  it('says why a run failed, and nothing in it acts on a terminal', async () => {
    ground.catalog.script(({ organization }) =>
      organization === 'acme'
        ? { act: 'status', status: 403, detail: 'not \u001b[31mfor\u001b[0m you\u202e' }
        : undefined,
    );
    const worker = ground.start(['worker'], { ...EVERY_SECOND, NO_COLOR: '1' });
    await worker.said(/models of acme failed .*: could not read page 1 .* 403: not .*for.* you/);
    worker.signal('SIGTERM');
    const { err } = await worker.ended;
    expect(err.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe.skipIf(!postgresAvailable)('start', () => {
  const ground = useCommands(LISTS);

  it('is the worker where a catalog is configured', async () => {
    const command = ground.start(['start']);
    await command.said('worker ready on postgres: 2 listings of acme and globex');
    command.signal('SIGINT');
    expect((await command.ended).code).toBe(0);
  });
});
