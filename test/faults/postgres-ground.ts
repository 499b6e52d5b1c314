import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import { openQueueBackend, type QueueLocation } from '../../src/queue/backend.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import type { Queue } from '../cli/ground.ts';
import { HASTY_CLOCK, type Running, startCommand } from '../cli/terminal.ts';
import { artifact, artifactId, artifacts } from '../mirror/harness.ts';
import { ACME, GLOBEX } from '../queue/ground.ts';
import type { EmbeddedGround } from '../support/embedded.ts';
import { emptyRedis } from '../support/redis.ts';

/** A mirror of acme and globex after its first night, on a PostgreSQL of its own that a test may break. */
export interface PostgresGround {
  readonly catalog: FakeCatalog;
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  /** Starts a command that is ended with the test, if not before. */
  start(args: readonly string[]): Running;
  /** Changes acme, and not globex, and puts a job for each on the queue, as their schedules would. */
  beginSecondNight(): Promise<void>;
  /** What both nights together must have left, and what they have. */
  expectedEnd(): object;
  readEnd(): Promise<object>;
}

const DATABASE = 'faults';

/** Everything is closed when the test is finished. */
export async function openPostgresGround(embedded: EmbeddedGround, queue: Queue): Promise<PostgresGround> {
  const home = await embedded.home();
  const server = await embedded.join(home);
  await server.ensureDatabase(DATABASE);
  const databaseUrl = server.connectionString(DATABASE);
  const redis = queue === 'Redis' ? await emptyRedis() : null;
  const catalog = await startFakeCatalog({
    organizations: { acme: { models: artifacts(1, 60) }, globex: { models: artifacts(1, 3, 'globex') } },
  });
  const pool = new pg.Pool({ connectionString: databaseUrl });
  pool.on('error', () => {});
  const running: Running[] = [];
  onTestFinished(async () => {
    for (const command of running) {
      if (!command.isOver) command.signal('SIGTERM');
      await command.ended.catch(() => {});
    }
    await pool.end();
    await redis?.release();
    await catalog.close();
  });
  const env = {
    PATH: process.env['PATH'],
    CATALOG_URL: catalog.url,
    CATALOG_ORGANIZATIONS: 'acme,globex',
    CATALOG_MIRROR_HOME: join(home, 'not-used'),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis?.url,
    MIRROR_PAGE_SIZE: '10',
  };
  const start = (args: readonly string[]): Running => {
    const command = startCommand(args, { env, cwd: home.slice(0, home.lastIndexOf('/')) });
    running.push(command);
    return command;
  };
  const { code, err } = await start(['sync']).ended;
  if (code !== 0) throw new Error(`the first night ended with ${code}: ${err}`);
  return {
    catalog,
    databaseUrl,
    pool,
    start,
    async beginSecondNight() {
      for (let n = 1; n <= 20; n++) catalog.update('acme', artifactId(n), { download_count: 10_000 + n });
      catalog.remove('acme', artifactId(30));
      for (const n of [61, 62, 63]) catalog.put('acme', artifact(n));
      const location: QueueLocation =
        redis === null ? { store: 'postgres', databaseUrl } : { store: 'redis', redisUrl: redis.url };
      const backend = await openQueueBackend(location, { clock: HASTY_CLOCK, log: () => {} });
      await enqueueMirrors(backend, [ACME, GLOBEX], { trigger: 'schedule', syncId: null });
      await backend.close();
    },
    expectedEnd: () => ({
      runs: [
        { organization: 'acme', state: 'certified' },
        { organization: 'globex', state: 'certified' },
        { organization: 'acme', state: 'certified' },
        { organization: 'globex', state: 'certified' },
      ].sort(byText),
      counts: [{ current: 62 + 3, observations: 60 + 3 + 20 + 3, withdrawn: 1, letters: 0, staged: 0 }],
    }),
    readEnd: async () => ({
      runs: (await pool.query('SELECT organization, state FROM mirror.runs')).rows.sort(byText),
      counts: (
        await pool.query(
          `SELECT (SELECT count(*)::integer FROM mirror.artifacts WHERE ended_at IS NULL) AS current,
                  (SELECT count(*)::integer FROM mirror.download_observations) AS observations,
                  (SELECT count(*)::integer FROM mirror.artifact_events WHERE event = 'withdrawn') AS withdrawn,
                  (SELECT count(*)::integer FROM mirror.dead_letters) AS letters,
                  (SELECT count(*)::integer FROM mirror.staged_pages) AS staged`,
        )
      ).rows,
    }),
  };
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
