import { describe, expect, it, vi } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { Clock } from '../../src/clock.ts';
import type { MirrorProgress } from '../../src/mirror/types.ts';
import { awaitJobs, type JobOutcome } from '../../src/queue/await-jobs.ts';
import type { QueueBackend } from '../../src/queue/backend.ts';
import { enqueueMirrors, withdrawMirrors } from '../../src/queue/enqueue.ts';
import { ACME, closingMirror, GLOBEX, gate, STORES, summaryOf, useQueue } from './ground.ts';

const ANYBODYS = { trigger: 'manual', syncId: null } as const;

describe.each(STORES.filter(({ available }) => available))('waiting for jobs on $name', (store) => {
  const ground = useQueue(store);
  const queue = () => ground.backend.queue(mirrorOrganization.name);

  it('ends with the outcome of each, though another process works them', async () => {
    const jobs = await enqueueMirrors(ground.backend, [ACME, GLOBEX], ANYBODYS);
    const heard: [string, JobOutcome][] = [];
    const outcomes = awaitJobs(ground.backend, jobs, {
      onOutcome: ({ organization }, outcome) => heard.push([organization, outcome]),
    });
    await ground.worker(closingMirror().mirror, { backend: await ground.otherProcess() });
    expect([...(await outcomes).values()]).toHaveLength(2);
    expect(new Map(heard)).toEqual(
      new Map([
        ['acme', { status: 'closed', run: summaryOf(ACME) }],
        ['globex', { status: 'closed', run: summaryOf(GLOBEX) }],
      ]),
    );
  });

  it('ends at once for jobs that were over before anybody waited', async () => {
    const [job] = await enqueueMirrors(ground.backend, [ACME], ANYBODYS);
    if (job === undefined) throw new Error('nothing was enqueued');
    await ground.worker(closingMirror().mirror);
    await vi.waitFor(async () => expect(await (await queue().getJob(job.jobId))?.getState()).toBe('completed'));
    expect((await awaitJobs(ground.backend, [job])).get(job.jobId)).toMatchObject({ status: 'closed' });
  });

  it('knows a success from a failure though the job failed before it succeeded', async () => {
    const [job] = await enqueueMirrors(ground.backend, [ACME], ANYBODYS);
    if (job === undefined) throw new Error('nothing was enqueued');
    let attempts = 0;
    await ground.worker(async (request) => {
      attempts += 1;
      if (attempts === 1) throw new Error('once');
      return { status: 'closed', run: summaryOf(request) };
    });
    await vi.waitFor(async () => expect(await (await queue().getJob(job.jobId))?.getState()).toBe('completed'));
    expect((await awaitJobs(ground.backend, [job])).get(job.jobId)).toMatchObject({ status: 'closed' });
  });

  it('has nothing to wait for without jobs', async () => {
    expect(await awaitJobs(ground.backend, [])).toEqual(new Map());
  });

  it('hears the progress of each', async () => {
    const [job] = await enqueueMirrors(ground.backend, [ACME], ANYBODYS);
    if (job === undefined) throw new Error('nothing was enqueued');
    const heard: MirrorProgress[] = [];
    const { open, opened } = gate();
    const outcomes = awaitJobs(ground.backend, [job], {
      onProgress: (of, progress) => {
        expect(of).toEqual(job);
        heard.push(progress);
        open();
      },
    });
    const progress: MirrorProgress = { ...ACME, pagesRead: 3, pages: null, listed: 600 };
    await ground.worker(async (request) => {
      // An event that is told before the listener listens is lost, and nothing hangs on it: so it is told until heard.
      const telling = setInterval(() => request.onProgress?.(progress), 50);
      await opened;
      clearInterval(telling);
      return { status: 'closed', run: summaryOf(request) };
    });
    await outcomes;
    expect(heard[0]).toEqual(progress);
  });

  it('never takes the job of another process for its own', async () => {
    const [theirs] = await enqueueMirrors(ground.backend, [ACME], { trigger: 'manual', syncId: 'killed' });
    const [own] = await enqueueMirrors(ground.backend, [ACME], { trigger: 'manual', syncId: 'mine' });
    expect(own?.jobId).not.toBe(theirs?.jobId);
    if (own === undefined) throw new Error('nothing was enqueued');
    await ground.worker(closingMirror().mirror, { role: { takes: 'sync', syncId: 'mine' } });
    // The dead job stays on its queue, and nobody waits for it.
    expect((await awaitJobs(ground.backend, [own])).size).toBe(1);
    const dead = await ground.backend.queue(theirs?.queue ?? '').getJob(theirs?.jobId ?? '');
    expect(await dead?.getState()).toBe('waiting');
  });

  it('ends for a job that somebody removed', async () => {
    const jobs = await enqueueMirrors(ground.backend, [ACME], ANYBODYS);
    const outcomes = awaitJobs(ground.backend, jobs, { pollMs: 20 });
    expect(await withdrawMirrors(ground.backend, jobs)).toBe(1);
    expect([...(await outcomes).values()]).toEqual([{ status: 'removed' }]);
  });

  it('looks the more rarely the longer a look takes, but every ten seconds', async () => {
    const jobs = await enqueueMirrors(ground.backend, [ACME], ANYBODYS);
    let nowMs = 0;
    const slept: number[] = [];
    const clock: Clock = {
      now: () => new Date(nowMs),
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
        if (slept.length === 2) await withdrawMirrors(ground.backend, jobs);
      },
      random: () => 0,
    };
    const slow: QueueBackend = {
      ...ground.backend,
      clock,
      queue: (name) => {
        nowMs += slept.length === 0 ? 700 : 7_000;
        return ground.backend.queue(name);
      },
    };
    await awaitJobs(slow, jobs);
    expect(slept).toEqual([2_800, 10_000]);
  });

  it('takes back only what nobody works', async () => {
    const { open, opened } = gate();
    const worker = await ground.worker(
      async (request) => {
        await opened;
        return { status: 'closed', run: summaryOf(request) };
      },
      { concurrency: 1 },
    );
    const jobs = await enqueueMirrors(ground.backend, [ACME, GLOBEX], ANYBODYS);
    await vi.waitFor(() => expect(worker.active).toBe(1));
    expect(await withdrawMirrors(ground.backend, jobs)).toBe(1);
    open();
    const outcomes = await awaitJobs(ground.backend, jobs);
    expect(jobs.map(({ jobId }) => outcomes.get(jobId)?.status)).toEqual(['closed', 'removed']);
  });

  it('ends with the signal', async () => {
    const jobs = await enqueueMirrors(ground.backend, [ACME], ANYBODYS);
    const controller = new AbortController();
    const outcomes = awaitJobs(ground.backend, jobs, { signal: controller.signal });
    controller.abort(new Error('Ctrl-C'));
    await expect(outcomes).rejects.toThrow('Ctrl-C');
  });
});
