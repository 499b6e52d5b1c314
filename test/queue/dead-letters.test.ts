import { describe, expect, it } from 'vitest';
import { pruneDeadLetters } from '../../jobs/prune-dead-letters.ts';
import type { QueuedLetter } from '../../src/letters/types.ts';
import { followLetters } from '../../src/queue/dead-letters.ts';
import { keepLettersInStep, restoreLetters } from '../../src/queue/restore-letters.ts';
import { discardLetters } from '../../src/store/dead-letters/discard-letters.ts';
import { createLetterOutbox } from '../../src/store/dead-letters/letter-outbox.ts';
import { createOpenLetters } from '../../src/store/dead-letters/open-letters.ts';
import { writeLetter } from '../store/letter-ground.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { STORES, useQueue } from './ground.ts';

/** However slow the machine is. */
const SOON = { timeout: 20_000 };
const NOTHING = { added: 0, removed: 0, changed: 0 };
const NOW = new Date('2025-01-16T09:00:00Z');

describe.each(STORES)('the queues of the dead letters over $name', (store) => {
  describe.skipIf(!store.available || !postgresAvailable)('with a queue of its own', () => {
    const ground = useQueue(store);
    const database = useTestDatabase();
    const outbox = () => createLetterOutbox(database.pool);
    const openLetters = () => createOpenLetters(database.pool);
    const follow = () => followLetters(ground.backend, outbox());
    const restore = (thorough = false, few?: number) =>
      restoreLetters(ground.backend, openLetters(), { thorough, ...(few === undefined ? {} : { few }) });

    const write = (errorClass = 'timeout') => writeLetter(database.pool, { error_class: errorClass });
    const resolve = (id: string) =>
      database.pool.query("UPDATE mirror.dead_letters SET state = 'resolved', closed_at = now() WHERE id = $1", [id]);
    const discard = (id: string) => discardLetters(database.pool, [id], { reason: 'known', at: NOW, allOrNone: true });
    const queue = (errorClass = 'timeout') => ground.backend.queue(`dead-letter.${errorClass}`);
    const jobs = async (errorClass?: string) =>
      (await queue(errorClass).getJobs()).map((job) => Number(job.id?.replace('letter-', ''))).sort((a, b) => a - b);
    const numbers = (...ids: string[]) => ids.map(Number);

    it('gain the job of a letter, and lose it once the letter is resolved or discarded', async () => {
      const [first, second, third] = [await write(), await write(), await write()];
      await follow();
      expect(await jobs()).toEqual(numbers(first, second, third));
      await resolve(first);
      await discard(third);
      await follow();
      expect(await jobs()).toEqual(numbers(second));
      expect(await restore(true)).toEqual(NOTHING);
    });

    it('gain nothing of a letter that is closed before it had a job, and the rest in more than one go', async () => {
      const first = await write();
      await discard(first);
      const later: string[] = [];
      for (let n = 0; n < 120; n += 1) later.push(await write());
      await follow();
      expect(await jobs()).toEqual(numbers(...later));
      for (const id of later) await resolve(id);
      await follow();
      expect(await jobs()).toEqual([]);
    });

    it('lose a job that was added while its letter was being closed', async () => {
      const id = await write();
      const slow = {
        ...outbox(),
        markQueued: async (letters: readonly QueuedLetter[]) => {
          await discard(id);
          await outbox().markQueued(letters);
        },
      };
      await followLetters(ground.backend, slow);
      expect(await jobs()).toEqual([]);
    });

    it('have every open letter again after they were emptied, once, however often it is looked', async () => {
      const [timeout, forbidden, closed] = [await write(), await write('forbidden'), await write()];
      await follow();
      await resolve(closed);
      await follow();
      for (const errorClass of ['timeout', 'forbidden']) await queue(errorClass).obliterate({ force: true });
      expect(await jobs()).toEqual([]);

      expect(await restore()).toEqual({ ...NOTHING, added: 2 });
      expect(await restore()).toEqual(NOTHING);
      expect(await jobs()).toEqual(numbers(timeout));
      expect(await jobs('forbidden')).toEqual(numbers(forbidden));
      const [job] = await queue('forbidden').getJobs();
      expect(job?.data).toMatchObject({ letterId: forbidden, errorClass: 'forbidden', organization: 'acme' });
    });

    it('have a job again that a person removed, and lose one whose letter is gone', async () => {
      const [kept, removed, gone] = [await write(), await write(), await write()];
      await follow();
      await queue().remove(`letter-${removed}`);
      await database.pool.query('DELETE FROM mirror.dead_letters WHERE id = $1', [gone]);
      // Their number is right.
      expect(await restore()).toEqual({ added: 1, removed: 1, changed: 0 });
      expect(await jobs()).toEqual(numbers(kept, removed));
    });

    it('have the job of a letter say when its failure was met again, how often, and by which run', async () => {
      const [id, other] = [await write(), await write()];
      await follow();
      const met = new Date('2025-01-16T03:00:00.123Z');
      await database.pool.query(
        `UPDATE mirror.dead_letters SET occurrences = 2, run_id = 2, detail = 'it took 30 s', last_failed_at = $2
         WHERE id = $1`,
        [id, met],
      );
      await follow();
      expect((await queue().getJob(`letter-${id}`))?.data).toMatchObject({
        letterId: id,
        runId: '2',
        detail: 'it took 30 s',
        occurrences: 2,
        lastFailedAt: '2025-01-16T03:00:00.123000Z',
      });
      expect((await queue().getJob(`letter-${other}`))?.data).toMatchObject({ occurrences: 1, runId: '1' });
      expect(await outbox().pending(10)).toEqual([]);
      expect(await jobs()).toEqual(numbers(id, other));
    });

    it('have a job say again what its letter says where a person edited it', async () => {
      const id = await write();
      await follow();
      const job = await queue().getJob(`letter-${id}`);
      await job?.updateData({ letterId: '999', detail: 'nothing to see here' });
      expect(await restore()).toEqual({ ...NOTHING, changed: 1 });
      expect((await queue().getJob(`letter-${id}`))?.data).toMatchObject({ letterId: id, occurrences: 1 });
    });

    it('are looked at job by job where there are few, where their number is wrong, or where that is asked', async () => {
      const all = [await write(), await write(), await write()];
      await follow();
      const removeAndAdd = async (letterId: string | undefined) => {
        await queue().remove(`letter-${letterId}`);
        await queue().add('note', {});
      };
      await queue().remove(`letter-${all[0]}`);
      expect(await restore(false, 2)).toEqual({ ...NOTHING, added: 1 });
      await removeAndAdd(all[1]);
      expect(await restore(false, 2)).toEqual(NOTHING);
      expect(await restore(true, 2)).toEqual({ ...NOTHING, added: 1 });
      await queue().drain();
      for (const id of all) await queue().remove(`letter-${id}`);
      expect(await restore(false, 2)).toEqual({ ...NOTHING, added: 3 });
      await removeAndAdd(all[2]);
      expect(await restore(false, 3)).toEqual({ ...NOTHING, added: 1 });
    });

    it('leave a job alone that is no letter’s', async () => {
      await queue().add('note', {}, { jobId: 'somebody-else' });
      await write();
      await follow();
      expect(await restore(true)).toEqual(NOTHING);
      expect(await queue().getJob('somebody-else')).toBeDefined();
    });

    it('are kept in step until it is told to stop, the schedule of the pruning too, and say what they lost', async () => {
      const [first, second] = [await write(), await write()];
      const stop = new AbortController();
      const stopped = keepLettersInStep(
        ground.backend,
        { outbox: outbox(), letters: openLetters() },
        { signal: stop.signal, everyMs: 20 },
      );
      try {
        await expect.poll(() => jobs(), SOON).toEqual(numbers(first, second));
        await queue().obliterate({ force: true });
        await ground.backend.queue(pruneDeadLetters.name).obliterate({ force: true });
        await expect.poll(() => jobs(), SOON).toEqual(numbers(first, second));
        await expect
          .poll(() => ground.lines, SOON)
          .toContain('dead letters: the queues follow the table again: jobs put back 2, taken out 0, rewritten 0');
        await expect.poll(() => ground.backend.queue(pruneDeadLetters.name).getJobSchedulersCount(), SOON).toBe(1);
        await resolve(first);
        await expect.poll(() => jobs(), SOON).toEqual(numbers(second));
      } finally {
        stop.abort();
        await stopped;
      }
    });

    it('are left as they are while PostgreSQL does not answer, with a line, and followed afterwards', async () => {
      const id = await write();
      let isAway = true;
      const pending = outbox().pending;
      const flaky = {
        ...outbox(),
        pending: async (limit: number) => {
          if (isAway) throw new Error('the database is away');
          return pending(limit);
        },
      };
      const stop = new AbortController();
      const stopped = keepLettersInStep(
        ground.backend,
        { outbox: flaky, letters: openLetters() },
        { signal: stop.signal, everyMs: 20 },
      );
      try {
        await expect
          .poll(() => ground.lines, SOON)
          .toContain('the queues of the dead letters stay as they are for a minute: the database is away');
        isAway = false;
        await expect.poll(() => jobs(), SOON).toEqual(numbers(id));
      } finally {
        stop.abort();
        await stopped;
      }
    });
  });
});
