import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import { QUEUES } from '../cli/ground.ts';
import { runCommand } from '../cli/terminal.ts';
import { artifacts } from '../mirror/harness.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type EmptyRedis, emptyRedis } from '../support/redis.ts';
import { ECHOES, echoOf } from './echoes.ts';
import { dumpDatabase, dumpRedis } from './places.ts';
import { openProgram, type Program, type Said } from './program.ts';
import { tracesOf } from './search.ts';

/** How the secrets are given: a token with all that JSON and addresses escape by variables, a key by files. */
const WAYS = {
  PostgreSQL: { given: 'by variables', setting: 'CATALOG_TOKEN', secret: 'tok"7f3a9c1e\\4b/+5d8&2<f6a>0c=9e%1' },
  Redis: { given: 'by files', setting: 'CATALOG_API_KEY', secret: 'key-91c4a07e5d2b4f86a3e0' },
} as const;

/** What no catalog answers: the store fails for one organization, and another's list is empty all of a sudden. */
const UNSTORABLE = 'unstorable';
const VANISHING = 'vanishing';
const SLOW = 'hangs';
const NOT_OF_A_CATALOG = ['tls', 'internal'];

const CASES = QUEUES.map(({ queue, available }) => ({ queue, available, ...WAYS[queue] }));

let program: Program;
beforeAll(async () => {
  program = await openProgram();
}, 60_000);
afterAll(() => program.remove());

describe.each(CASES)(
  'secrets given $given, with the queue on $queue,',
  ({ queue, available, given, setting, secret }) => {
    describe.skipIf(!available)('after every failure', () => {
      const names = [...Object.keys(ECHOES), UNSTORABLE, VANISHING];
      const password = `db-${randomBytes(12).toString('hex')}/&=`;
      const redisPassword = `redis-${randomBytes(12).toString('hex')}`;
      const user = `secrets_${randomBytes(6).toString('hex')}`;
      const secrets = { secret, password, ...(queue === 'Redis' ? { redisPassword } : {}) };
      let catalog: FakeCatalog;
      let database: TestDatabase;
      let redis: EmptyRedis | null = null;
      let folder: string;
      let settings: Record<string, string>;
      const said: Said[] = [];
      /** What others see of the processes while they run. */
      const seen: string[] = [];

      /** A command in a process of its own. */
      const run = async (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<void> => {
        const started = program.start(args, { ...settings, ...more });
        const stop = catalog.script(() => {
          if (process.platform === 'linux' && started.process.exitCode === null) {
            seen.push(readFileSync(`/proc/${started.process.pid}/cmdline`, 'latin1'));
          }
          return undefined;
        });
        said.push(await started.ended);
        stop();
      };

      /** A command in this process, which takes less time. */
      const runHere = async (args: readonly string[]): Promise<void> => {
        said.push({ args, ...(await runCommand(args, { env: settings, cwd: folder })) });
      };

      /** A worker, until its schedule has brought a run of each of these to an end. */
      const work = async (organizations: readonly string[]): Promise<void> => {
        const more = { CATALOG_ORGANIZATIONS: organizations.join(','), MIRROR_CRON: '* * * * * *' };
        const worker = program.start(['worker'], { ...settings, ...more });
        for (let ended = 0; ended < organizations.length && worker.process.exitCode === null; ) {
          const { rows } = await database.pool.query<{ count: number }>(
            `SELECT count(DISTINCT organization)::integer AS count FROM mirror.runs
           WHERE trigger = 'schedule' AND state <> 'running'`,
          );
          ended = rows[0]?.count ?? 0;
        }
        worker.process.kill('SIGTERM');
        said.push(await worker.ended);
      };

      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-secrets-'));
        catalog = await startFakeCatalog({
          organizations: Object.fromEntries(names.map((name) => [name, { models: artifacts(1, 15, name) }])),
        });
        catalog.script((request) => {
          const echo = ECHOES[request.organization ?? ''];
          return echo?.[1](echoOf(request, secret));
        });
        database = await createTestDatabase({ withQueue: true });
        await database.pool.query(`CREATE ROLE ${user} LOGIN SUPERUSER PASSWORD '${password}'`);
        await database.pool.query(
          `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$`,
        );
        await database.pool.query(
          `CREATE TRIGGER refuse BEFORE INSERT ON mirror.artifacts FOR EACH ROW
         WHEN (NEW.mirrored_by = '${UNSTORABLE}') EXECUTE FUNCTION public.refuse()`,
        );
        const databaseUrl = new URL(database.connectionString);
        databaseUrl.username = user;
        databaseUrl.password = encodeURIComponent(password);
        redis = queue === 'Redis' ? await emptyRedis() : null;
        const given: Record<string, string> = { [setting]: secret, DATABASE_URL: databaseUrl.href };
        if (redis !== null) given['REDIS_URL'] = await withPassword(redis.url, user, redisPassword);
        settings = {
          CATALOG_URL: catalog.url,
          CATALOG_ORGANIZATIONS: names.filter((name) => name !== SLOW).join(','),
          MIRROR_ORGANIZATION_CONCURRENCY: '16',
          MIRROR_PAGE_SIZE: '10',
          DEBUG: 'catalog-mirror',
          ...(await settingsOf(given)),
        };
        // Beside the others: it has to wait out fifteen tries.
        const slow = run(['sync'], { CATALOG_ORGANIZATIONS: SLOW, CATALOG_TIMEOUT_SECONDS: '1' });
        await run(['sync']);
        catalog.setOrganization(VANISHING, { models: [] });
        await run(['sync', '--json', VANISHING, 'redirected', 'large-error', 'record-name', 'no-text']);
        await work(['unauthorized', 'gateway', 'record-good']);
        await run(['doctor']);
        await run(['dead-letters', 'list', '--limit', '1000']);
        await run(['dead-letters', 'show', '1']);
        await run(['runs', 'show', '1', '--json']);
        await slow;
        const { rows: letters } = await database.pool.query<{ id: string }>(
          'SELECT DISTINCT ON (error_class) id::text FROM mirror.dead_letters ORDER BY error_class, id',
        );
        for (const [index, { id }] of letters.entries()) {
          await runHere(['dead-letters', 'show', id, ...(index % 2 === 0 ? ['--json'] : [])]);
        }
        for (const name of ['forbidden', 'html', 'record-name']) await runHere(['list', name, '--json']);
        await runHere(['runs', 'list', '--json']);
        await runHere(['doctor', '--json']);
        await runHere(['dead-letters', 'replay', '--level', 'record']);
      }, 480_000);

      afterAll(async () => {
        await catalog.close();
        if (redis !== null) {
          const admin = new Redis(redis.url);
          await admin.acl('DELUSER', user);
          admin.disconnect();
          await redis.release();
        }
        await database.pool.query(`REASSIGN OWNED BY ${user} TO CURRENT_USER`);
        await database.pool.query(`DROP ROLE ${user}`);
        await database.drop();
        await rm(folder, { recursive: true, force: true });
      });

      /** As variables, or as files that variables name. */
      const settingsOf = async (values: Readonly<Record<string, string>>): Promise<Record<string, string>> => {
        if (given === 'by variables') return { ...values };
        const files: Record<string, string> = {};
        for (const [name, value] of Object.entries(values)) {
          files[`${name}_FILE`] = join(folder, name);
          await writeFile(join(folder, name), `${value}\n`);
        }
        return files;
      };

      const expectNoTraces = (text: string): void => {
        for (const [which, value] of Object.entries(secrets)) {
          expect({ which, traces: tracesOf(value, text) }).toEqual({ which, traces: [] });
        }
      };

      it('met every class that a catalog, its lists and the store can cause', async () => {
        const { rows } = await database.pool.query<{ error_class: string }>(
          'SELECT DISTINCT error_class FROM mirror.dead_letters',
        );
        const expected = FAILURE_CLASSES.filter((one) => !NOT_OF_A_CATALOG.includes(one));
        expect(rows.map((row) => row.error_class).sort()).toEqual([...expected].sort());
        for (const [organization, [errorClass]] of Object.entries(ECHOES)) {
          const { rowCount } = await database.pool.query(
            'SELECT FROM mirror.dead_letters WHERE organization = $1 AND error_class = $2',
            [organization, errorClass],
          );
          expect({ organization, letters: (rowCount ?? 0) > 0 }).toEqual({ organization, letters: true });
        }
      });

      it('keeps what a catalog repeated, but for the secret', async () => {
        const { rows } = await database.pool.query<{ payload: string }>(
          `SELECT payload FROM mirror.dead_letters WHERE payload LIKE '%[redacted]%'`,
        );
        expect(rows.length).toBeGreaterThan(20);
      });

      it('has none in the database', async () => {
        expectNoTraces(await dumpDatabase(database.pool));
      });

      if (queue === 'Redis') {
        it('has none in Redis', async () => {
          if (redis === null) throw new Error('the queue is not in Redis');
          const dump = await dumpRedis(redis.url);
          expect(dump).toContain('mirror-organization');
          expectNoTraces(dump);
        });
      }

      it('has said none, with and without --json and with stacks', () => {
        expect(said.filter(({ code }) => code === null)).toEqual([]);
        expect(said.filter(({ args, code }) => code === 2 && args[0] !== 'list')).toEqual([]);
        const verbs = new Set(said.map(({ args }) => args[0]));
        expect([...verbs].sort()).toEqual(['dead-letters', 'doctor', 'list', 'runs', 'sync', 'worker']);
        expectNoTraces(said.map(({ out, err }) => `${out}\n${err}`).join('\n'));
      });

      it.skipIf(process.platform !== 'linux')('has shown none to those who list processes', () => {
        expect(seen.length).toBeGreaterThan(0);
        expectNoTraces(seen.join('\n'));
      });
    });
  },
);

/** The address with a user of its own who has this password. */
async function withPassword(address: string, user: string, password: string): Promise<string> {
  const admin = new Redis(address);
  await admin.acl('SETUSER', user, 'on', `>${password}`, '~*', '&*', '+@all');
  admin.disconnect();
  const url = new URL(address);
  url.username = user;
  url.password = password;
  return url.href;
}
