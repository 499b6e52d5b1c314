import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deadLetterQueue } from '../../jobs/dead-letter.ts';
import { FAILURE_CLASSES, type FailureClass } from '../../src/catalog/failure.ts';
import { keepLettersInStep } from '../../src/queue/restore-letters.ts';
import { createLetterOutbox } from '../../src/store/dead-letters/letter-outbox.ts';
import { createOpenLetters } from '../../src/store/dead-letters/open-letters.ts';
import { writeLetter } from '../store/letter-ground.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { STORES, useQueue } from './ground.ts';

/** Bull Board finds out by itself which backend a queue has; its types know that of Redis alone. */
type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** However slow the machine is; a look at the board is many questions to its queues. */
const SOON = { timeout: 20_000, interval: 100 };

const listing = z.object({
  queues: z.array(
    z.object({
      name: z.string(),
      counts: z.record(z.string(), z.number()),
      jobs: z.array(z.object({ id: z.string(), name: z.string(), data: z.record(z.string(), z.unknown()) })),
    }),
  ),
});

describe.each(STORES)('Bull Board over the dead letters on $name', (store) => {
  describe.skipIf(!store.available || !postgresAvailable)('beside a worker that keeps them in step', () => {
    const ground = useQueue(store);
    const database = useTestDatabase();
    let ask: (method: string, path: string, body?: unknown) => Promise<Response>;
    let stop: () => Promise<void>;

    const openBoard = (classes: readonly FailureClass[]): typeof ask => {
      const serverAdapter = new HonoAdapter(serveStatic);
      createBullBoard({
        queues: classes.map((errorClass) => {
          const queue: unknown = ground.backend.queue(deadLetterQueue(errorClass));
          return new BullMQAdapter(queue as BoardQueue);
        }),
        serverAdapter,
      });
      const app = serverAdapter.registerPlugin();
      return async (method, path, body) =>
        app.request(path, {
          method,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        });
    };
    beforeEach(async () => {
      ask = openBoard(['timeout', 'forbidden']);
      const stopping = new AbortController();
      const stopped = keepLettersInStep(
        ground.backend,
        { outbox: createLetterOutbox(database.pool), letters: createOpenLetters(database.pool) },
        { signal: stopping.signal, everyMs: 200 },
      );
      stop = () => {
        stopping.abort();
        return stopped;
      };
    });
    afterEach(() => stop());

    const queues = async (query = '') =>
      listing.parse(await (await ask('GET', `/api/queues?page=1&jobsPerPage=50${query}`)).json()).queues;
    /** What the board shows of the jobs of one class, the letters' ids rising. */
    const shown = async (errorClass = 'timeout') => {
      const name = `dead-letter.${errorClass}`;
      const all = await queues(`&activeQueue=${name}&status=latest`);
      const jobs = all.find((queue) => queue.name === name)?.jobs ?? [];
      return jobs.toSorted((a, b) => a.id.localeCompare(b.id));
    };
    const ids = async () => (await shown()).map(({ id }) => id);
    const write = (row: Parameters<typeof writeLetter>[1] = {}) => writeLetter(database.pool, row);
    /** Two letters of one class, with the jobs that the board shows. */
    const twoLetters = async (): Promise<[string, string]> => {
      const jobs: [string, string] = [`letter-${await write()}`, `letter-${await write()}`];
      await expect.poll(ids, SOON).toEqual(jobs);
      return jobs;
    };
    const openLetters = async () =>
      (await database.pool.query("SELECT FROM mirror.dead_letters WHERE state = 'open'")).rowCount;
    const job = (id: string, action: string) => `/api/queues/dead-letter.timeout/${id}/${action}`;

    it('shows a queue for each class, with as many jobs as the class has open letters', async () => {
      await twoLetters();
      await write({ error_class: 'forbidden' });
      await expect.poll(() => shown('forbidden'), SOON).toHaveLength(1);
      ask = openBoard(FAILURE_CLASSES);
      const counted = Object.fromEntries((await queues()).map(({ name, counts }) => [name, counts['waiting']]));
      expect(counted).toEqual({
        ...Object.fromEntries(FAILURE_CLASSES.map((errorClass) => [`dead-letter.${errorClass}`, 0])),
        'dead-letter.timeout': 2,
        'dead-letter.forbidden': 1,
      });
    });

    it('shows what failed, where, why, how often and when, and never what was received', async () => {
      const id = await write({ page: 3, status: 504, occurrences: 4, payload: 'what-was-received' });
      await expect.poll(ids, SOON).toHaveLength(1);
      const [letter] = await shown();
      expect(letter).toEqual({
        id: `letter-${id}`,
        name: 'dead-letter',
        data: {
          letterId: id,
          errorClass: 'timeout',
          level: 'page',
          organization: 'acme',
          kind: 'models',
          runId: '1',
          page: 3,
          artifactId: null,
          status: 504,
          detail: 'the catalog did not answer in time',
          occurrences: 4,
          lastFailedAt: '2025-01-15T03:00:00.000000Z',
        },
      });
      const one = await ask('GET', `/api/queues/dead-letter.timeout/letter-${id}`);
      expect(await one.text()).not.toContain('what-was-received');
    });

    it('loses a job once its letter is discarded', async () => {
      const [first, second] = await twoLetters();
      await database.pool.query(
        `UPDATE mirror.dead_letters SET state = 'discarded', discard_reason = 'known', closed_at = now() WHERE id = $1`,
        [first.replace('letter-', '')],
      );
      await expect.poll(ids, SOON).toEqual([second]);
    });

    it.each<[string, (first: string) => Promise<readonly Response[]>]>([
      ['removes a job', async (first) => [await ask('PUT', job(first, 'clean'))]],
      ['empties the queue', async () => [await ask('PUT', '/api/queues/dead-letter.timeout/empty')]],
      [
        'obliterates the queue',
        async () => [
          await ask('PUT', '/api/queues/dead-letter.timeout/pause'),
          await ask('PUT', '/api/queues/dead-letter.timeout/obliterate', { force: true }),
        ],
      ],
    ])('that %s has it back: the letter is still open', async (_, act) => {
      const jobs = await twoLetters();
      for (const answer of await act(jobs[0])) expect(answer.ok).toBe(true);
      await expect
        .poll(() => ground.lines, SOON)
        .toContainEqual(
          expect.stringMatching(
            /^dead letters: the queues follow the table again: jobs put back [12], taken out 0, rewritten 0$/,
          ),
        );
      await expect.poll(ids, SOON).toEqual(jobs);
      expect(await openLetters()).toBe(2);
    });

    it.each<[string, (first: string) => Promise<Response>]>([
      ['retries a job, which waits already', (first) => ask('PUT', job(first, 'retry'))],
      ['promotes a job, which is not delayed', (first) => ask('PUT', job(first, 'promote'))],
      ['retries all that failed', () => ask('PUT', '/api/queues/dead-letter.timeout/retry/failed')],
      ['promotes all that are delayed', () => ask('PUT', '/api/queues/dead-letter.timeout/promote')],
      ['cleans what is completed', () => ask('PUT', '/api/queues/dead-letter.timeout/clean/completed')],
      ['pauses the queue', () => ask('PUT', '/api/queues/dead-letter.timeout/pause')],
      ['gives a job a priority', (first) => ask('PATCH', job(first, 'priority'), { priority: 5 })],
    ])('that %s changes nothing: nobody works it, and the letter stays', async (_, act) => {
      const jobs = await twoLetters();
      await act(jobs[0]);
      await expect.poll(ids, SOON).toEqual(jobs);
      expect(await openLetters()).toBe(2);
      expect(ground.lines).toEqual([]);
    });

    it('that edits a job has it as it was: nothing is read back from it', async () => {
      const [first] = await twoLetters();
      await ask('PATCH', job(first, 'update-data'), { jobData: { letterId: '999' } });
      await expect
        .poll(() => ground.lines, SOON)
        .toContain('dead letters: the queues follow the table again: jobs put back 0, taken out 0, rewritten 1');
      expect((await shown())[0]?.data).toMatchObject({ letterId: first.replace('letter-', '') });
    });
  });
});
