import { describe, expect, it } from 'vitest';
import { deadLetter, deadLetterQueue } from '../../jobs/dead-letter.ts';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { pruneDeadLetters } from '../../jobs/prune-dead-letters.ts';
import type { QueuedLetter } from '../../src/letters/types.ts';
import { addLetterJobs, removeLetterJobs } from '../../src/queue/dead-letters.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import { jobOptions } from '../../src/queue/job-options.ts';
import { schedulePruning } from '../../src/queue/prune-letters.ts';
import { reconcileSchedules } from '../../src/queue/schedules.ts';
import { ACME, closingMirror, STORES, useQueue } from '../queue/ground.ts';
import { held } from '../queue/held.ts';

/** More than the queue is to remember of either. */
const JOBS = 1_050;
/** Jobs that end at the same moment on PostgreSQL do not see each other, so that none of them makes room for the others. */
const SIDE_BY_SIDE = 8;
/** Each makes three events: it is added, waits, and is removed. */
const LETTERS = 4_000;
/** What BullMQ keeps of a queue's events, and what it may be late with when it cuts them. */
const EVENTS = { kept: 10_000, late: 1_000 };
/** Keys or rows that a queue has beside its jobs: its settings, lists and counters. */
const BESIDE = 30;

function letter(number: number): QueuedLetter {
  return {
    letterId: String(number),
    errorClass: 'timeout',
    level: 'organization',
    organization: 'acme',
    kind: 'models',
    runId: null,
    page: null,
    artifactId: null,
    status: null,
    detail: 'slow',
    occurrences: 1,
    lastFailedAt: '2025-01-15T03:00:00.000000Z',
  };
}

describe.each(STORES.filter(({ available }) => available))('what a queue on $name remembers', (store) => {
  const ground = useQueue(store);
  const queue = () => ground.backend.queue(mirrorOrganization.name);

  it('is so many of the jobs that succeeded and of those that failed, however many there were', async () => {
    const { keepCompleted, keepFailed, name } = mirrorOrganization;
    await ground.worker(closingMirror().mirror, { concurrency: SIDE_BY_SIDE });
    await enqueueMirrors(
      ground.backend,
      Array.from({ length: JOBS }, () => ACME),
      { trigger: 'manual', syncId: null },
    );
    // Their payload is not understood, so that each fails at once and for good.
    await queue().addBulk(
      Array.from({ length: JOBS }, () => ({ name, data: {}, opts: jobOptions(mirrorOrganization) })),
    );
    await expect
      .poll(() => queue().getJobCountByTypes('wait', 'active', 'delayed'), { timeout: 60_000, interval: 200 })
      .toBe(0);
    const { completed, failed } = await queue().getJobCounts('completed', 'failed');
    for (const [count = 0, keep] of [
      [completed, keepCompleted],
      [failed, keepFailed],
    ] as const) {
      expect(count).toBeGreaterThanOrEqual(keep.count);
      expect(count).toBeLessThan(keep.count + SIDE_BY_SIDE);
    }
    const { entries, events } = await held(ground.location);
    expect(entries).toBeLessThanOrEqual(keepCompleted.count + keepFailed.count + 2 * SIDE_BY_SIDE + BESIDE);
    expect(events).toBeLessThanOrEqual(EVENTS.kept + EVENTS.late);
  }, 90_000);

  it('is nothing of the letters that are closed, and so many of their events', async () => {
    const letters = Array.from({ length: LETTERS }, (_, at) => letter(at + 1));
    await addLetterJobs(ground.backend, letters);
    const jobs = () => ground.backend.queue(deadLetterQueue('timeout')).getJobCountByTypes('wait');
    expect(await jobs()).toBe(LETTERS);
    for (let start = 0; start < LETTERS; start += 100) {
      await removeLetterJobs(ground.backend, letters.slice(start, start + 100));
    }
    expect(await jobs()).toBe(0);
    const { entries, events } = await held(ground.location);
    expect(entries).toBeLessThanOrEqual(BESIDE);
    expect(events).toBeGreaterThan(EVENTS.kept / 2);
    expect(events).toBeLessThanOrEqual(EVENTS.kept + EVENTS.late);
  }, 90_000);

  it('is one job for each schedule, kept like any other once it is over', async () => {
    await reconcileSchedules(ground.backend, [
      { organization: 'acme', kinds: ['models', 'datasets'], cron: '0 3 1 1 *', timeZone: 'UTC' },
    ]);
    await schedulePruning(ground.backend);
    const prepared = await queue().getDelayed();
    expect(prepared).toHaveLength(2);
    for (const job of prepared) expect(job.opts).toMatchObject(keeping(mirrorOrganization));
    const pruning = await ground.backend.queue(pruneDeadLetters.name).getDelayed();
    expect(pruning.map(({ opts }) => opts)).toMatchObject([keeping(pruneDeadLetters)]);
  });

  it('is bounded for every kind of job', () => {
    for (const definition of [mirrorOrganization, deadLetter, pruneDeadLetters]) {
      for (const { count, age } of [definition.keepCompleted, definition.keepFailed]) {
        expect(count).toBeLessThanOrEqual(1_000);
        expect(age).toBeLessThanOrEqual(30 * 24 * 60 * 60);
      }
    }
  });
});

function keeping({ keepCompleted, keepFailed }: Pick<typeof mirrorOrganization, 'keepCompleted' | 'keepFailed'>) {
  return { removeOnComplete: keepCompleted, removeOnFail: keepFailed };
}
