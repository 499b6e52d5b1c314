import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SETTING_NAMES } from '../../src/settings/table.ts';
import { readPage } from '../docs/markdown.ts';
import { artifacts } from '../mirror/harness.ts';
import { docker } from '../support/docker.ts';
import { buildChanged, layersOf, ourLayersOf, runIn } from './image.ts';
import { needCompose } from './needs.ts';
import { pageCommands } from './page-commands.ts';
import { createStack, type Stack } from './stack.ts';

const ORGANIZATIONS = {
  acme: { models: artifacts(1, 7) },
  globex: { models: artifacts(1, 3, 'globex') },
};
const TOKEN = randomBytes(16).toString('hex');
const PASSWORD = randomBytes(16).toString('hex');
/** What runs under the init of the worker's container. */
const WORKER_PROCESS = '$(cat /proc/1/task/1/children)';

const client = await needCompose();

/** Settings that docker-compose.yml does not name. */
const NOT_NAMED = [
  // Of the embedded server, which the image leaves out.
  'CATALOG_MIRROR_HOME',
  // Set in the image, whose health check looks there.
  'MIRROR_HEARTBEAT_PATH',
  // Of `serve`, which comes later.
  'SERVER_HOST',
  'SERVER_PORT',
  'SERVER_TOKEN',
];

it('docker-compose.yml knows every setting', async () => {
  const text = await readPage('docker-compose.yml');
  const known = SETTING_NAMES.filter((name) => new RegExp(`^ {6}${name}:`, 'm').test(text));
  expect([...known, ...NOT_NAMED].sort()).toEqual([...SETTING_NAMES].sort());
});

describe.skipIf(client === null)('docker-compose.yml', () => {
  let stack: Stack;
  beforeAll(async () => {
    if (client === null) return;
    stack = await createStack(client, { organizations: ORGANIZATIONS, token: TOKEN, password: PASSWORD });
    await stack.compose(['build']);
  }, 400_000);
  afterAll(() => stack.remove(), 120_000);

  describe('builds an image', { timeout: 300_000 }, () => {
    it('of what the program needs to run, and no more', async () => {
      const entry = z.object({ dev: z.boolean(), optional: z.boolean(), devOptional: z.boolean() }).partial();
      const lock = z
        .object({ packages: z.record(z.string(), entry) })
        .parse(JSON.parse(await readPage('package-lock.json')));
      const wanted = Object.entries(lock.packages).flatMap(([path, { dev, optional, devOptional }]) => {
        const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
        return name === undefined || dev || optional || devOptional ? [] : [name];
      });
      const installed = await runIn(stack.image, 'sh', '-c', 'cd /app/node_modules && ls -d [a-z]* @*/*');
      expect(installed.split('\n').sort()).toEqual(wanted.sort());
      expect(wanted).toContain('bullmq');
      expect(installed).not.toMatch(/^(vitest|typescript)$/m);
      expect(await runIn(stack.image, 'sh', '-c', 'ls -A /app /app/dist | xargs')).toBe(
        '/app: bin data dist drizzle node_modules package.json /app/dist: jobs src',
      );
      const bytes = (await ourLayersOf(stack.image)).reduce((sum, size) => sum + size, 0);
      expect(bytes).toBeGreaterThan(10e6);
      expect(bytes).toBeLessThan(45e6);
    });

    it('for which nothing is installed again where only the source has changed, and which no .env gets into', async () => {
      if (client === null) return;
      const changed = await buildChanged(client, {
        'src/clock.ts': '\nexport {};\n',
        '.env': `CATALOG_TOKEN=${TOKEN}\n`,
      });
      try {
        const [before, after] = [await layersOf(stack.image), await layersOf(changed.image)];
        expect(after.at(-1)).not.toBe(before.at(-1));
        expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
        expect(await runIn(changed.image, 'cat', '/app/dist/src/clock.js')).toContain('export {};');
        expect(await runIn(changed.image, 'ls', '-A', '/app')).not.toContain('.env');
      } finally {
        await changed.remove();
      }
    });
  });

  describe('brought up', { timeout: 150_000 }, () => {
    // Whatever a test took down is brought up for the next one; what runs is left as it is.
    beforeEach(() => stack.up(), 180_000);

    const inWorker = (script: string) => stack.exec('worker', 'sh', '-c', script);

    /** Has the worker mirror an organization, and waits for the end of the run. */
    async function mirrorAcme(): Promise<void> {
      const [before] = await stack.column('SELECT coalesce(max(id), 0) FROM mirror.runs');
      await stack.exec('worker', 'catalog-mirror', 'schedule', 'run', 'acme');
      const run = `SELECT organization || ' ' || state FROM mirror.runs WHERE id > ${before}`;
      await expect.poll(() => stack.column(run), { timeout: 60_000, interval: 300 }).toEqual(['acme certified']);
      expect(await stack.column("SELECT count(*) FROM report.artifacts WHERE organization = 'acme'")).toEqual(['7']);
    }

    async function health(): Promise<string | undefined> {
      const [worker] = await stack.containers('worker');
      return worker?.State.Health?.Status;
    }

    const untilHealthIs = (status: string) => expect.poll(health, { timeout: 60_000, interval: 300 }).toBe(status);

    it.each(['postgres', 'redis', 'worker'])('mirrors before and after a restart of %s', async (service) => {
      await mirrorAcme();
      const before = await stack.containers('worker');
      await stack.compose(['restart', service]);
      await stack.untilHealthy(service);
      await mirrorAcme();
      await stack.untilHealthy('worker');
      const after = await stack.containers('worker');
      const moments = [before, after].map((workers) => workers.map(({ State }) => State.StartedAt));
      if (service === 'worker') expect(moments[1]).not.toEqual(moments[0]);
      else expect(moments[1], 'the same worker went on').toEqual(moments[0]);
      const counted = 'SELECT count(*), count(DISTINCT artifact_id) FROM mirror.download_observations';
      expect(
        await stack.column(
          `${counted} NATURAL JOIN (SELECT id AS run_id FROM mirror.runs WHERE organization = 'acme') runs`,
        ),
      ).toEqual(['7|7']);
    });

    it('starts a worker again that was killed, which mirrors', async () => {
      const [before] = await stack.containers('worker');
      await inWorker(`kill -KILL ${WORKER_PROCESS}`);
      const restarts = async () => (await stack.containers('worker'))[0]?.RestartCount;
      await expect.poll(restarts, { timeout: 60_000, interval: 300 }).toBe((before?.RestartCount ?? 0) + 1);
      await stack.untilHealthy('worker');
      await mirrorAcme();
    });

    it('shows a worker that hangs as unhealthy, and as healthy when it goes on', async () => {
      await inWorker(`kill -STOP ${WORKER_PROCESS} && touch -d '2 minutes ago' /tmp/heartbeat`);
      await untilHealthIs('unhealthy');
      await inWorker(`kill -CONT ${WORKER_PROCESS}`);
      await untilHealthIs('healthy');
    });

    it('shows a worker as unhealthy whose Redis is away, and as healthy when it is back', async () => {
      await stack.compose(['stop', 'redis']);
      await inWorker("touch -d '2 minutes ago' /tmp/heartbeat");
      await untilHealthIs('unhealthy');
      await stack.compose(['start', 'redis']);
      await untilHealthIs('healthy');
    });

    it('is read without a warning', async () => {
      expect(await stack.compose(['config', '--quiet'])).toEqual({ stdout: '', stderr: '' });
    });

    it('passes on what a file .env sets, and nothing that it does not set', async () => {
      const set = (await inWorker('env')).split('\n').filter((line) => /^(CATALOG|MIRROR)_/.test(line));
      expect(set.sort()).toEqual([
        'CATALOG_ALLOW_HTTP=true',
        'CATALOG_ORGANIZATIONS=acme,globex',
        'CATALOG_TOKEN=',
        'CATALOG_TOKEN_FILE=/run/secrets/catalog_token',
        'CATALOG_URL=http://catalog:8080',
        'MIRROR_CRON=0 0 29 2 *',
        'MIRROR_HEARTBEAT_PATH=/tmp/heartbeat',
      ]);
    });

    it('runs the worker as node, without capabilities, on a file system that it cannot write to', async () => {
      expect(await inWorker('id -u')).toBe('1000');
      expect(await inWorker('grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/1/status')).toBe(
        'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1',
      );
      expect(await inWorker('touch /tmp/here && ! touch /app/here 2>&1')).toMatch(/Read-only file system/);
    });

    it('reaps what a command in the container leaves behind', async () => {
      // The shell is gone before its child ends, which then belongs to the first process of the container.
      await inWorker('sleep 0.3 &');
      const names = () => inWorker('cat /proc/[0-9]*/comm');
      await expect.poll(names, { timeout: 30_000, interval: 200 }).not.toContain('sleep');
    });

    it('shows the token nowhere, and the password only in the environment that it was given', async () => {
      await mirrorAcme();
      const [worker] = await stack.containers('worker');
      const id = worker?.Id ?? '';
      const shown = await Promise.all([
        docker('inspect', id),
        docker('history', '--no-trunc', stack.image),
        docker('image', 'inspect', stack.image),
        stack.compose(['logs']).then(({ stdout }) => stdout),
      ]);
      const [inspected = '', ...others] = shown;
      expect(shown.join()).not.toContain(TOKEN);
      expect(inspected.split(PASSWORD)).toHaveLength(2);
      expect(inspected).toContain(`"DATABASE_URL=postgres://catalog_mirror:${PASSWORD}@postgres:5432/catalog_mirror"`);
      expect(others.join()).not.toContain(PASSWORD);
      expect(await docker('logs', id)).not.toContain('CATALOG_TOKEN');
    });

    it('keeps a bounded log of each container', async () => {
      for (const service of ['postgres', 'redis', 'worker']) {
        const [container] = await stack.containers(service);
        expect(container?.HostConfig.LogConfig, service).toEqual({
          Type: 'json-file',
          Config: { 'max-file': '3', 'max-size': '10m' },
        });
      }
    });

    it('is used by the commands of the pages, which do what they say', async () => {
      const commands = await pageCommands();
      expect(commands.length).toBeGreaterThan(8);
      await mirrorAcme();
      for (const { args, check } of commands) {
        const printed = await stack.compose(args);
        await check(stack, printed);
      }
    });
  });
});
