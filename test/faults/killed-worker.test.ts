import { beforeAll, describe, expect, it } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { createSystemClock } from '../../src/clock.ts';
import { openQueueBackend, type QueueBackend, type QueueLocation } from '../../src/queue/backend.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import { QUEUES, type Queue } from '../cli/ground.ts';
import { FIRST_NIGHT, withNight } from '../end-to-end/nights.ts';
import { type BuiltProgram, buildProgram, type SyncProcess } from '../end-to-end/processes.ts';
import { countStaged } from '../end-to-end/state-of-mirror.ts';
import { ACME } from '../queue/ground.ts';
import { emptyRedis } from '../support/redis.ts';

/** 95 artifacts in pages of 8. */
const PAGES = 12;
const READ_BEFORE = 5;
const IN_FLIGHT = 4;
/** What docs/production.md says: the lock of the job runs out after 30 seconds, and two looks for such jobs take 20 more. */
const TAKEN_OVER_WITHIN_MS = 60_000;

// Both side by side: nearly all of their time is waiting for the lock of the dead worker.
describe.concurrent('of two workers, one killed by kill -9 in the middle of its walk', () => {
  let program: BuiltProgram;
  beforeAll(async () => {
    program = await buildProgram();
    return program.remove;
  });

  describe.each(QUEUES)('over $queue', ({ queue, available }) => {
    it.skipIf(!available)(
      'leaves its run to the other, which reads the rest: nothing lost, nothing twice',
      { timeout: 3 * TAKEN_OVER_WITHIN_MS },
      () =>
        withNight(FIRST_NIGHT, async (ground, database) => {
          const { pool, connectionString } = database;
          await withQueue(queue, connectionString, async (backend, queueSettings) => {
            // No schedule fires meanwhile: the run is that of one job.
            const settings = { ...ground.settings(connectionString), ...queueSettings, MIRROR_CRON: '0 0 1 1 *' };
            const jobs = backend.queue(mirrorOrganization.name);
            const answerAgain = ground.catalog.script(({ number }) =>
              number > READ_BEFORE ? { act: 'hang' } : undefined,
            );
            await enqueueMirrors(backend, [ACME], { trigger: 'schedule', syncId: null });
            const workers: SyncProcess[] = [];
            try {
              const first = program.startWorker(null, settings);
              workers.push(first);
              const staged = async () => (await pool.query('SELECT FROM mirror.staged_pages')).rowCount;
              await expect.poll(staged, { timeout: 30_000 }).toBe(READ_BEFORE);
              const second = program.startWorker(null, settings);
              workers.push(second);
              await expect.poll(async () => (await jobs.getWorkers()).length, { timeout: 30_000 }).toBe(2);
              await first.kill();
              answerAgain();

              const runs = async () => (await pool.query('SELECT state, listed, letters FROM mirror.runs')).rows;
              await expect
                .poll(runs, { timeout: TAKEN_OVER_WITHIN_MS, interval: 200 })
                .toEqual([{ state: 'certified', listed: 95, letters: 1 }]);
              second.process.kill('SIGTERM');
              expect(await second.ended).toMatchObject({ code: 0 });
            } finally {
              await Promise.all(workers.map((worker) => worker.kill()));
            }
            expect(ground.catalog.requests.length).toBeLessThanOrEqual(PAGES + IN_FLIGHT);
            const { rows } = await pool.query(
              `SELECT (SELECT count(*)::integer FROM mirror.artifacts) AS artifacts,
                      (SELECT count(*)::integer FROM mirror.download_observations) AS observations,
                      (SELECT count(*)::integer FROM mirror.artifact_events) AS events`,
            );
            expect(rows).toEqual([{ artifacts: 94, observations: 94, events: 0 }]);
            expect(await countStaged(pool)).toBe(0);
            expect(await jobs.getJobCounts('active', 'wait')).toMatchObject({ active: 0, wait: 0 });
          });
        }),
    );
  });
});

async function withQueue(
  queue: Queue,
  databaseUrl: string,
  use: (backend: QueueBackend, settings: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const redis = queue === 'Redis' ? await emptyRedis() : null;
  const location: QueueLocation =
    redis === null ? { store: 'postgres', databaseUrl } : { store: 'redis', redisUrl: redis.url };
  const backend = await openQueueBackend(location, { clock: createSystemClock(), log: () => {} });
  try {
    await use(backend, redis === null ? {} : { REDIS_URL: redis.url });
  } finally {
    await backend.close();
    await redis?.release();
  }
}
