import { describe, expect, it } from 'vitest';
import { PRUNE_SCHEDULE, pruneDeadLetters } from '../../jobs/prune-dead-letters.ts';
import { followLetters } from '../../src/queue/dead-letters.ts';
import { jobOptions } from '../../src/queue/job-options.ts';
import { pruneLetters, schedulePruning, startPruneWorker } from '../../src/queue/prune-letters.ts';
import { createLetterArchive } from '../../src/store/dead-letters/letter-archive.ts';
import { createLetterOutbox } from '../../src/store/dead-letters/letter-outbox.ts';
import { writeLetter } from '../store/letter-ground.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { STORES, useQueue } from './ground.ts';

const NOW = new Date('2025-06-30T05:23:00Z');
const daysAgo = (days: number, seconds = 0): Date => new Date(NOW.getTime() - (days * 86_400 + seconds) * 1_000);
const NEVER = new AbortController().signal;

describe.each(STORES)('the pruning of letters over $name', (store) => {
  describe.skipIf(!store.available || !postgresAvailable)('with a queue of its own', () => {
    const ground = useQueue(store);
    const database = useTestDatabase();
    const archive = (keepDays: number) => createLetterArchive(database.pool, { keepDays, now: () => NOW });

    /** Files letters, puts their jobs into the queues, and closes each when the test says; null leaves it open. */
    const file = async (...closedAt: (Date | null)[]): Promise<string[]> => {
      const ids: string[] = [];
      for (const _ of closedAt) ids.push(await writeLetter(database.pool, { last_failed_at: daysAgo(1_000) }));
      await followLetters(ground.backend, createLetterOutbox(database.pool));
      for (const [index, at] of closedAt.entries()) {
        if (at === null) continue;
        await database.pool.query("UPDATE mirror.dead_letters SET state = 'resolved', closed_at = $2 WHERE id = $1", [
          ids[index],
          at,
        ]);
      }
      return ids;
    };
    const left = async () =>
      (await database.pool.query<{ id: string }>('SELECT id::text FROM mirror.dead_letters ORDER BY id')).rows.map(
        ({ id }) => id,
      );
    const jobs = async () =>
      (await ground.backend.queue('dead-letter.timeout').getJobs()).map(({ id }) => id?.replace('letter-', '')).sort();

    it('deletes what was closed longer ago than it is kept, with its job, and nothing that is open', async () => {
      const [old, , justKept, recent, open] = await file(daysAgo(90, 1), daysAgo(2_000), daysAgo(90), daysAgo(3), null);
      expect(await pruneLetters(ground.backend, archive(90), NEVER)).toEqual({ letters: 2, findings: 0 });
      expect(await left()).toEqual([justKept, recent, open]);
      expect(await jobs()).toEqual([justKept, recent, open].sort());
      expect(await left()).not.toContain(old);
      expect(await pruneLetters(ground.backend, archive(90), NEVER)).toEqual({ letters: 0, findings: 0 });
    });

    it('deletes nothing where all are kept', async () => {
      const ids = await file(daysAgo(9_000), null);
      expect(await pruneLetters(ground.backend, archive(0), NEVER)).toEqual({ letters: 0, findings: 0 });
      expect(await left()).toEqual(ids);
    });

    it('goes through more letters than it deletes at once, and through those that have no job', async () => {
      await database.pool.query(
        `INSERT INTO mirror.dead_letters (error_class, level, organization, kind, detail, attempts, first_failed_at,
                                          last_failed_at, state, closed_at, identity)
         SELECT 'timeout', 'page', 'acme', 'models', 'slow', 1, $1, $1, 'resolved', $1, 'n' || n
         FROM generate_series(1, 230) AS n`,
        [daysAgo(100)],
      );
      expect(await pruneLetters(ground.backend, archive(90), NEVER)).toEqual({ letters: 230, findings: 0 });
      expect(await left()).toEqual([]);
    });

    it('stops between two batches where the process must end', async () => {
      await file(daysAgo(100));
      expect(await pruneLetters(ground.backend, archive(90), AbortSignal.abort())).toEqual({ letters: 0, findings: 0 });
      expect(await left()).toHaveLength(1);
    });

    it('deletes what old runs found absent without ending it, unless a letter speaks of it', async () => {
      const run = async (state: string, finishedAt: Date): Promise<string> => {
        const { rows } = await database.pool.query<{ id: string }>(
          `INSERT INTO mirror.runs (organization, kind, include_public, trigger, day, time_zone, catalog_url, page_size,
                                    state, started_at, finished_at, lease_expires_at)
           VALUES ('acme', 'models', false, 'schedule', '2025-01-01', 'UTC', 'x', 10, $1, $2, $2, $2)
           RETURNING id::text`,
          [state, finishedAt],
        );
        const id = rows[0]?.id ?? '';
        await database.pool.query(
          `INSERT INTO mirror.run_absences (run_id, artifact_id, finding)
           SELECT $1, gen_random_uuid(), 'absent' FROM generate_series(1, 3)`,
          [id],
        );
        return id;
      };
      const old = daysAgo(90, 1);
      const [ended, spokenOf, recent] = [
        await run('certified', old),
        await run('held', old),
        await run('held', daysAgo(90)),
      ];
      for (const state of ['held', 'inexact', 'partial']) await run(state, old);
      await writeLetter(database.pool, { error_class: 'suspicious_removal', run_id: spokenOf });
      expect(await pruneLetters(ground.backend, archive(0), NEVER)).toEqual({ letters: 0, findings: 0 });
      expect(await pruneLetters(ground.backend, archive(90), NEVER)).toEqual({ letters: 0, findings: 9 });
      const kept = await database.pool.query('SELECT DISTINCT run_id::text AS id FROM mirror.run_absences ORDER BY id');
      expect(kept.rows.map(({ id }) => id)).toEqual([ended, spokenOf, recent].sort());
    });

    it('is done by a worker when the schedule fires, and said in a line', async () => {
      await file(daysAgo(100), null);
      const worker = await startPruneWorker(ground.backend, archive(90));
      try {
        await ground.backend.queue(pruneDeadLetters.name).add(pruneDeadLetters.name, {}, jobOptions(pruneDeadLetters));
        await expect.poll(left, { timeout: 10_000 }).toHaveLength(1);
        await expect
          .poll(() => ground.lines, { timeout: 10_000 })
          .toContain('dead letters: 1 that were closed long ago are deleted');
      } finally {
        await worker.close();
      }
    });

    it('has one schedule, whoever asks for it, and one that is due is left untouched', async () => {
      await schedulePruning(ground.backend);
      const queue = ground.backend.queue(pruneDeadLetters.name);
      const before = await queue.getJobSchedulers();
      expect(before).toMatchObject([{ key: pruneDeadLetters.name, ...PRUNE_SCHEDULE }]);
      await schedulePruning(await ground.otherProcess());
      expect(await queue.getJobSchedulers()).toEqual(before);
      expect(await queue.getDelayedCount()).toBe(1);
    });

    it('has one schedule, though many processes that start together set it at the same moment', async () => {
      const processes = await Promise.all(Array.from({ length: 6 }, () => ground.otherProcess()));
      await Promise.all(processes.map((backend) => schedulePruning(backend)));
      expect(await ground.backend.queue(pruneDeadLetters.name).getDelayedCount()).toBe(1);
    });
  });
});
