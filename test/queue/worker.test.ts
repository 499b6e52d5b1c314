import { describe, expect, it, vi } from 'vitest';
import { deadLetter } from '../../jobs/dead-letter.ts';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { Failure } from '../../src/catalog/failure.ts';
import type { LetterOutbox, QueuedLetter } from '../../src/letters/types.ts';
import type { MirrorOrganization, MirrorRequest } from '../../src/mirror/types.ts';
import { awaitJobs } from '../../src/queue/await-jobs.ts';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import { FakeClock } from '../support/clock.ts';
import { ACME, closingMirror, emptyOutbox, GLOBEX, gate, STORES, summaryOf, useQueue } from './ground.ts';

const MANUAL = { trigger: 'manual', syncId: null } as const;

function refused(): Failure {
  return new Failure({
    class: 'connection',
    operation: 'read page 1',
    subject: 'models of acme',
    detail: 'connection refused',
    hint: 'Check the address.',
  });
}

function outboxOf(letters: readonly QueuedLetter[]): LetterOutbox & { readonly queued: string[] } {
  const queued: string[] = [];
  return {
    ...emptyOutbox(),
    queued,
    pending: async (limit) => letters.filter(({ letterId }) => !queued.includes(letterId)).slice(0, limit),
    markQueued: async (marked) => {
      queued.push(...marked.map(({ letterId }) => letterId));
    },
  };
}

function letter(letterId: string): QueuedLetter {
  return {
    letterId,
    errorClass: 'not_found',
    level: 'organization',
    organization: 'acme',
    kind: 'models',
    runId: '7',
    page: null,
    artifactId: null,
    status: 404,
    detail: 'no such organization',
    occurrences: 1,
    lastFailedAt: '2025-01-15T03:00:00.000000Z',
  };
}

describe.each(STORES.filter(({ available }) => available))('a worker with its queue on $name', (store) => {
  const ground = useQueue(store);

  /** Enqueues ACME and waits for it. */
  async function mirrored(mirror: MirrorOrganization) {
    await ground.worker(mirror);
    const [job] = await enqueueMirrors(ground.backend, [ACME], MANUAL);
    if (job === undefined) throw new Error('nothing was enqueued');
    const outcomes = await awaitJobs(ground.backend, [job]);
    return {
      outcome: outcomes.get(job.jobId),
      job: await ground.backend.queue(mirrorOrganization.name).getJob(job.jobId),
    };
  }

  it('asks the mirror for what the job says and answers with the run', async () => {
    const { mirror, requests } = closingMirror();
    const { outcome } = await mirrored(mirror);
    expect(outcome).toEqual({ status: 'closed', run: summaryOf(ACME) });
    expect(requests).toEqual([
      expect.objectContaining({ ...ACME, trigger: 'manual', runId: null, approves: null, lastAttempt: false }),
    ]);
  });

  it('tries a failed attempt again with the run that it opened, and says which attempt is the last', async () => {
    const requests: MirrorRequest[] = [];
    const { outcome } = await mirrored(async (request) => {
      requests.push(request);
      if (request.runId === null) await request.onRunOpened('7');
      if (requests.length < 3) throw refused();
      return { status: 'closed', run: summaryOf(request, request.runId ?? 'none') };
    });
    expect(requests.map(({ runId, lastAttempt }) => [runId, lastAttempt])).toEqual([
      [null, false],
      ['7', false],
      ['7', true],
    ]);
    expect(outcome).toMatchObject({ status: 'closed', run: { runId: '7' } });
  });

  it('keeps what a person approved through every attempt, whatever became of the one before', async () => {
    const requests: MirrorRequest[] = [];
    await ground.worker(async (request) => {
      requests.push(request);
      if (requests.length === 1) throw refused();
      if (requests.length === 2) return { status: 'busy', retryInMs: 1 };
      if (requests.length === 3) {
        await request.onRunOpened('8');
        throw refused();
      }
      return { status: 'closed', run: summaryOf(request, '8') };
    });
    const jobs = await enqueueMirrors(ground.backend, [{ ...ACME, approves: '7' }], {
      trigger: 'replay',
      syncId: null,
    });
    await awaitJobs(ground.backend, jobs);
    expect(requests.map(({ trigger, approves, runId }) => ({ trigger, approves, runId }))).toEqual([
      { trigger: 'replay', approves: '7', runId: null },
      { trigger: 'replay', approves: '7', runId: null },
      { trigger: 'replay', approves: '7', runId: null },
      { trigger: 'replay', approves: '7', runId: '8' },
    ]);
  });

  it('takes a job of a version that had no approvals, and approves nothing', async () => {
    const { mirror, requests } = closingMirror();
    await ground.worker(mirror);
    const data = { ...ACME, trigger: 'schedule', runId: null, syncId: null };
    await ground.backend.queue(mirrorOrganization.name).add(mirrorOrganization.name, data, { jobId: 'old' });
    expect(
      (await awaitJobs(ground.backend, [{ ...ACME, jobId: 'old', queue: mirrorOrganization.name }])).get('old'),
    ).toMatchObject({
      status: 'closed',
    });
    expect(requests).toEqual([expect.objectContaining({ ...ACME, trigger: 'schedule', approves: null })]);
  });

  it('says why, and what to do, when every attempt failed', async () => {
    let attempts = 0;
    const { outcome } = await mirrored(async () => {
      attempts += 1;
      throw refused();
    });
    expect(attempts).toBe(3);
    expect(outcome).toEqual({
      status: 'failed',
      reason: 'could not read page 1 (models of acme): connection refused; Check the address.',
    });
  });

  it('names a defect as what it is', async () => {
    const { outcome } = await mirrored(async () => {
      throw new TypeError('x is not a function');
    });
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringContaining('defect of catalog-mirror') });
  });

  it('comes back to a busy organization as often as it takes, which costs no attempt', async () => {
    const requests: MirrorRequest[] = [];
    const { outcome, job } = await mirrored(async (request) => {
      requests.push(request);
      return requests.length <= 4 ? { status: 'busy', retryInMs: 1 } : { status: 'closed', run: summaryOf(request) };
    });
    expect(outcome).toMatchObject({ status: 'closed' });
    expect(requests.map(({ lastAttempt }) => lastAttempt)).toEqual([false, false, false, false, false]);
    // Only the attempt that ended the job counts.
    expect(job?.attemptsMade).toBe(1);
  });

  it('comes back to a job that found no database as often as it takes, which costs no attempt', async () => {
    let asked = 0;
    const { outcome, job } = await mirrored(async (request) => {
      asked += 1;
      if (asked <= 4) return { status: 'away', retryInMs: 1, failure: refused() };
      return { status: 'closed', run: summaryOf(request) };
    });
    expect(outcome).toMatchObject({ status: 'closed' });
    expect(asked).toBe(5);
    expect(job?.attemptsMade).toBe(1);
  });

  it('gives up a job that found no database for a day, and says why', async () => {
    const queue = ground.backend.queue(mirrorOrganization.name);
    const data = { ...ACME, trigger: 'schedule', runId: null, syncId: null };
    const timestamp = Date.now() - 25 * 60 * 60 * 1000;
    await queue.add(mirrorOrganization.name, data, { jobId: 'forlorn', timestamp, attempts: 1 });
    await ground.worker(async () => ({ status: 'away', retryInMs: 1, failure: refused() }));
    const outcomes = await awaitJobs(ground.backend, [{ ...ACME, jobId: 'forlorn', queue: queue.name }]);
    expect(outcomes.get('forlorn')).toEqual({
      status: 'failed',
      reason: 'could not read page 1 (models of acme): connection refused; Check the address.',
    });
  });

  it('gives up a job whose payload it does not understand, without asking the mirror', async () => {
    const { mirror, requests } = closingMirror();
    await ground.worker(mirror);
    const queue = ground.backend.queue(mirrorOrganization.name);
    await queue.add('mirror-organization', { organization: 'acme' }, { jobId: 'odd', attempts: 3 });
    const outcomes = await awaitJobs(ground.backend, [{ ...ACME, jobId: 'odd', queue: mirrorOrganization.name }]);
    expect(outcomes.get('odd')).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/could not read the payload of a job .*kind.*all workers/),
    });
    expect(requests).toEqual([]);
    expect((await queue.getJob('odd'))?.attemptsMade).toBe(1);
  });

  it('works as many jobs side by side as it may', async () => {
    const { open, opened } = gate();
    let [working, most] = [0, 0];
    const worker = await ground.worker(
      async (request) => {
        working += 1;
        most = Math.max(most, working);
        await opened;
        working -= 1;
        return { status: 'closed', run: summaryOf(request) };
      },
      { concurrency: 2 },
    );
    const jobs = await enqueueMirrors(ground.backend, [ACME, GLOBEX, ACME], MANUAL);
    await vi.waitFor(() => expect(worker.active).toBe(2));
    open();
    await awaitJobs(ground.backend, jobs);
    expect(most).toBe(2);
  });

  it('leaves a job to other workers whose settings name its organization', async () => {
    const { mirror, requests } = closingMirror();
    const worker = await ground.worker(mirror, { role: { takes: 'targets', targets: [GLOBEX] } });
    const [acme, globex] = await enqueueMirrors(ground.backend, [ACME, GLOBEX], MANUAL);
    if (acme === undefined || globex === undefined) throw new Error('nothing was enqueued');
    await awaitJobs(ground.backend, [globex]);
    const job = await ground.backend.queue(mirrorOrganization.name).getJob(acme.jobId);
    await vi.waitFor(async () => expect(await job?.getState()).toBe('delayed'));
    expect(requests.map(({ organization }) => organization)).toEqual(['globex']);

    await worker.close();
    const other = closingMirror();
    await ground.worker(other.mirror, {
      backend: await ground.otherProcess(),
      role: { takes: 'targets', targets: [ACME] },
    });
    await job?.promote();
    await vi.waitFor(() => expect(other.requests).toHaveLength(1));
  });

  it('gives up a job that nobody took for a day', async () => {
    const { mirror } = closingMirror();
    const queue = ground.backend.queue(mirrorOrganization.name);
    const data = { ...ACME, trigger: 'schedule', runId: null, syncId: null };
    const timestamp = Date.now() - 25 * 60 * 60 * 1000;
    await queue.add(mirrorOrganization.name, data, { jobId: 'forgotten', timestamp, attempts: 3 });
    await ground.worker(mirror, { role: { takes: 'targets', targets: [GLOBEX] } });
    const outcomes = await awaitJobs(ground.backend, [{ ...ACME, jobId: 'forgotten', queue: queue.name }]);
    expect(outcomes.get('forgotten')).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('acme (models)'),
    });
  });

  it('takes over the job of a worker that was killed', async () => {
    const [job] = await enqueueMirrors(ground.backend, [ACME], MANUAL);
    if (job === undefined) throw new Error('nothing was enqueued');
    const killed = ground.backend.worker(mirrorOrganization.name, async () => {}, {
      name: 'killed',
      lockDuration: 1,
      skipLockRenewal: true,
    });
    expect((await killed.getNextJob('its-token'))?.id).toBe(job.jobId);
    await killed.close(true);

    const { mirror, requests } = closingMirror();
    await ground.worker(mirror, { stalledAfterMs: 200 });
    const outcomes = await awaitJobs(ground.backend, [job]);
    expect(outcomes.get(job.jobId)).toMatchObject({ status: 'closed' });
    expect(requests).toHaveLength(1);
  });

  it('goes on with what it does where the queue was emptied, and says so once', async () => {
    const { open, opened } = gate();
    const over: MirrorRequest[] = [];
    await ground.worker(
      async (request) => {
        await opened;
        await request.onRunOpened('7');
        over.push(request);
        return { status: 'closed', run: summaryOf(request) };
      },
      { stalledAfterMs: 200 },
    );
    const jobs = await enqueueMirrors(ground.backend, [ACME, GLOBEX], MANUAL);
    const queue = ground.backend.queue(mirrorOrganization.name);
    await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(2));
    await ground.empty();
    const renewals = vi.fn();
    const looking = await ground.otherProcess();
    await vi.waitFor(
      async () => {
        // Long enough for the locks to have been renewed in vain.
        renewals(await looking.queue(mirrorOrganization.name).getActiveCount());
        expect(renewals.mock.calls.length).toBeGreaterThan(10);
      },
      { interval: 50, timeout: 10_000 },
    );
    open();
    await vi.waitFor(() => expect(over).toHaveLength(jobs.length));
    expect(over.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    await vi.waitFor(() => expect(ground.lines).toHaveLength(1));
    expect(ground.lines).toEqual([
      expect.stringMatching(
        /^queue \(\w+\): a job that was being worked is gone, or belongs to another worker: .*emptied/,
      ),
    ]);
    const { mirror, requests } = closingMirror();
    await ground.worker(mirror, { backend: looking });
    await awaitJobs(looking, await enqueueMirrors(looking, [ACME], MANUAL));
    expect(over.length + requests.length).toBe(3);
  });

  describe('that closes', () => {
    it('lets finish what runs, and takes nothing more', async () => {
      const { open, opened } = gate();
      const requests: MirrorRequest[] = [];
      const worker = await ground.worker(
        async (request) => {
          requests.push(request);
          await opened;
          return { status: 'closed', run: summaryOf(request) };
        },
        { concurrency: 1 },
      );
      const [first, second] = await enqueueMirrors(ground.backend, [ACME, GLOBEX], MANUAL);
      await vi.waitFor(() => expect(requests).toHaveLength(1));
      const closed = worker.close();
      open();
      await closed;
      const queue = ground.backend.queue(mirrorOrganization.name);
      expect(await (await queue.getJob(first?.jobId ?? ''))?.getState()).toBe('completed');
      expect(await (await queue.getJob(second?.jobId ?? ''))?.getState()).toBe('waiting');
      expect(requests[0]?.signal.aborted).toBe(false);
    });

    it('hands back what does not finish, which costs no attempt, and another worker goes on with the run', async () => {
      const started = gate();
      const worker = await ground.worker(async (request) => {
        await request.onRunOpened('7');
        started.open();
        return new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        });
      });
      const [job] = await enqueueMirrors(ground.backend, [ACME], MANUAL);
      if (job === undefined) throw new Error('nothing was enqueued');
      await started.opened;
      const other = closingMirror();
      await worker.close({ withinMs: 0 });
      await ground.worker(other.mirror, { backend: await ground.otherProcess() });
      await awaitJobs(ground.backend, [job]);
      expect(other.requests).toEqual([expect.objectContaining({ runId: '7', lastAttempt: false })]);
      expect((await ground.backend.queue(mirrorOrganization.name).getJob(job.jobId))?.attemptsMade).toBe(1);
    });

    it('leaves no rejection unheard where letters take their time after a job was handed back', async () => {
      const unheard: unknown[] = [];
      const listen = (reason: unknown) => unheard.push(reason);
      process.on('unhandledRejection', listen);
      try {
        const started = gate();
        const queue = ground.backend.queue(mirrorOrganization.name);
        let jobId: string | null = null;
        const pending = async () => {
          // Letters are looked for at the start as well, when there is no job yet.
          const handedBack = jobId;
          if (handedBack !== null) {
            await vi.waitFor(async () => {
              expect(['waiting', 'prioritized']).toContain(await (await queue.getJob(handedBack))?.getState());
            });
          }
          return [];
        };
        const worker = await ground.worker(
          async (request) => {
            started.open();
            return new Promise((_, reject) => {
              request.signal.addEventListener('abort', () => reject(request.signal.reason));
            });
          },
          { outbox: { ...emptyOutbox(), pending } },
        );
        const [job] = await enqueueMirrors(ground.backend, [ACME], MANUAL);
        await started.opened;
        jobId = job?.jobId ?? null;
        await worker.close({ withinMs: 0 });
      } finally {
        process.off('unhandledRejection', listen);
      }
      expect(unheard).toEqual([]);
    });
  });

  it.each<[string | null, string]>([
    [null, '1 job did not stop in time; another worker takes over when the lock runs out'],
    ['a-sync', '1 job did not stop in time; the next run of the organization goes on'],
  ])('is over in time though a job does not stop, and says who goes on (queue of %s)', async (syncId, line) => {
    const clock = new FakeClock({ autoAdvance: false });
    const lines: string[] = [];
    const backend = await openQueueBackend(ground.location, { clock, log: (line) => lines.push(line) });
    const { open, opened } = gate();
    const requests: MirrorRequest[] = [];
    const worker = await ground.worker(
      async (request) => {
        requests.push(request);
        await opened;
        return { status: 'closed', run: summaryOf(request) };
      },
      { backend, ...(syncId === null ? {} : { role: { takes: 'sync', syncId } }) },
    );
    await enqueueMirrors(backend, [ACME], { trigger: 'manual', syncId });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    const closed = worker.close({ withinMs: 30_000 });
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    clock.advance(19_999);
    expect(requests[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    expect(requests[0]?.signal.aborted).toBe(true);
    clock.advance(9_000);
    await closed;
    expect(lines).toContain(line);
    await backend.close();
    open();
  });

  describe('and dead letters', () => {
    it('puts each into the queue of its class after an attempt, whatever became of it', async () => {
      const outbox = outboxOf([letter('1'), letter('2'), { ...letter('3'), errorClass: 'timeout' }]);
      await ground.worker(
        async () => {
          throw refused();
        },
        { outbox },
      );
      const [job] = await enqueueMirrors(ground.backend, [ACME], MANUAL);
      if (job === undefined) throw new Error('nothing was enqueued');
      await awaitJobs(ground.backend, [job]);
      const waiting = await ground.backend.queue('dead-letter.not_found').getJobs(['wait']);
      expect(waiting.map(({ data }) => data)).toEqual(expect.arrayContaining([letter('1'), letter('2')]));
      expect(waiting).toHaveLength(2);
      expect(await ground.backend.queue('dead-letter.timeout').getJobCounts('wait')).toEqual({ wait: 1 });
      expect(outbox.queued).toEqual(['1', '2', '3']);
    });

    it('puts none in twice, though it died before it could mark them', async () => {
      const many = Array.from({ length: 250 }, (_, index) => letter(String(index + 1)));
      for (const outbox of [outboxOf(many), outboxOf(many)]) {
        await ground.worker(closingMirror().mirror, { outbox });
        await vi.waitFor(() => expect(outbox.queued).toHaveLength(250));
      }
      expect(await ground.backend.queue('dead-letter.not_found').getJobCounts('wait')).toEqual({ wait: 250 });
    });

    it('ends a job well although its letters could not be queued, and says so', async () => {
      const outbox: LetterOutbox = {
        ...emptyOutbox(),
        pending: async () => {
          throw new Error('the database is away');
        },
      };
      await ground.worker(closingMirror().mirror, { outbox });
      const [job] = await enqueueMirrors(ground.backend, [ACME], MANUAL);
      if (job === undefined) throw new Error('nothing was enqueued');
      expect((await awaitJobs(ground.backend, [job])).get(job.jobId)).toMatchObject({ status: 'closed' });
      expect(ground.lines).toContain(
        'the queues of the dead letters stay as they are until the next attempt: the database is away',
      );
    });

    it('carries nothing in a letter’s job but what finds the letter', () => {
      expect(() => deadLetter.payload.parse({ ...letter('1'), payload: 'text as received' })).toThrow(/payload/);
    });
  });
});
