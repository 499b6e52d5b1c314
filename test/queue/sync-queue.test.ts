import { describe, expect, it } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { sync } from '../../jobs/sync.ts';
import { awaitJobs } from '../../src/queue/await-jobs.ts';
import type { QueueBackend } from '../../src/queue/backend.ts';
import { type EnqueuedMirror, enqueueMirrors } from '../../src/queue/enqueue.ts';
import { openSyncQueue, removeDeadSyncs } from '../../src/queue/sync-queue.ts';
import { type MirrorTarget, mirrorQueue } from '../../src/queue/targets.ts';
import { ACME, closingMirror, GLOBEX, STORES, useQueue } from './ground.ts';
import { held } from './held.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;

function targets(organization: string, count: number): MirrorTarget[] {
  return Array.from({ length: count }, (_, number) => ({ organization: `${organization}-${number}`, kind: 'models' }));
}

describe.each(STORES.filter(({ available }) => available))('the queue of a sync on $name', (store) => {
  const ground = useQueue(store);

  /** Opens the queue of a sync with its jobs on it, and a worker that does not work yet. */
  async function begin(backend: QueueBackend, asks: readonly MirrorTarget[]) {
    const queue = await openSyncQueue(backend);
    const { mirror, requests } = closingMirror();
    const role = { takes: 'sync', syncId: queue.syncId } as const;
    const worker = await ground.worker(mirror, { backend, role, started: false });
    const jobs = await enqueueMirrors(backend, asks, { trigger: 'manual', syncId: queue.syncId });
    return { queue, worker, jobs, requests };
  }

  /** How often a worker took up each of these jobs. */
  async function takenUp(jobs: readonly EnqueuedMirror[]): Promise<number[]> {
    const found = await Promise.all(jobs.map(({ queue, jobId }) => ground.backend.queue(queue).getJob(jobId)));
    return found.map((job) => job?.attemptsStarted ?? 0);
  }

  it('has two of them at the same time take up no job of the other', async () => {
    const [one, two] = [
      await begin(ground.backend, targets('acme', 20)),
      await begin(await ground.otherProcess(), targets('globex', 20)),
    ];
    for (const { worker } of [one, two]) worker.start();
    for (const { jobs, requests } of [one, two]) {
      const outcomes = await awaitJobs(ground.backend, jobs);
      expect(new Set([...outcomes.values()].map(({ status }) => status))).toEqual(new Set(['closed']));
      expect(requests).toHaveLength(20);
      expect(await takenUp(jobs)).toEqual(jobs.map(() => 1));
    }
  });

  it('leaves the jobs of the schedules to the workers, and its own are left to it', async () => {
    const scheduled = await enqueueMirrors(ground.backend, [ACME], { trigger: 'schedule', syncId: null });
    const own = await begin(ground.backend, [GLOBEX]);
    own.worker.start();
    await awaitJobs(ground.backend, own.jobs);
    expect(await takenUp(scheduled)).toEqual([0]);

    const waiting = await begin(ground.backend, [GLOBEX]);
    const worker = closingMirror();
    await ground.worker(worker.mirror);
    await awaitJobs(ground.backend, scheduled);
    expect(await takenUp(waiting.jobs)).toEqual([0]);
    expect(worker.requests.map(({ organization }) => organization)).toEqual(['acme']);
  });

  it('works its jobs in the order of what was asked', async () => {
    const { worker, jobs, requests } = await begin(ground.backend, [GLOBEX, ACME]);
    await worker.close();
    const role = { takes: 'sync', syncId: jobs[0]?.queue.replace(`${mirrorOrganization.name}.`, '') ?? '' } as const;
    const one = closingMirror();
    await ground.worker(one.mirror, { role, concurrency: 1 });
    await awaitJobs(ground.backend, jobs);
    expect(requests).toEqual([]);
    expect(one.requests.map(({ organization }) => organization)).toEqual(['globex', 'acme']);
  });

  it('forgets no job that is over as long as the sync lives, and leaves nothing when it is closed', async () => {
    const before = (await held(ground.location)).entries;
    const { queue, worker, jobs } = await begin(ground.backend, [ACME, GLOBEX]);
    worker.start();
    await awaitJobs(ground.backend, jobs);
    const over = await ground.backend.queue(mirrorQueue(queue.syncId)).getCompleted();
    expect(over.map(({ opts }) => opts)).toMatchObject(
      jobs.map(() => ({ removeOnComplete: false, removeOnFail: false })),
    );
    await worker.close();
    await queue.close();
    expect(await ground.backend.queue(sync.name).getWaitingCount()).toBe(0);
    // What remains is of the list of those that are under way, which is there once for all of them.
    const after = (await held(ground.location)).entries;
    expect(after - before).toBeLessThanOrEqual(3);
    await (await openSyncQueue(ground.backend)).close();
    expect((await held(ground.location)).entries).toBe(after);
  });

  it('is removed for one that was killed more than a day ago, and for none that is younger or lives', async () => {
    const queue = ground.backend.queue(sync.name);
    const begunAt = async (syncId: string, msAgo: number) => {
      await queue.add(sync.name, {}, { jobId: syncId, timestamp: Date.now() - msAgo });
      return enqueueMirrors(ground.backend, [ACME], { trigger: 'manual', syncId });
    };
    const [dead] = await begunAt('dead', DAY_MS + 60_000);
    const [young] = await begunAt('young', DAY_MS - 60_000);
    const [alive] = await begunAt('alive', 2 * DAY_MS);
    await ground.worker(closingMirror().mirror, { role: { takes: 'sync', syncId: 'alive' }, started: false });

    expect(await removeDeadSyncs(ground.backend)).toBe(1);
    const isThere = async (job: EnqueuedMirror | undefined) =>
      (await ground.backend.queue(job?.queue ?? '').getJob(job?.jobId ?? '')) !== undefined;
    expect([await isThere(dead), await isThere(young), await isThere(alive)]).toEqual([false, true, true]);
    expect((await queue.getWaiting()).map(({ id }) => id).sort()).toEqual(['alive', 'young']);
    expect(await removeDeadSyncs(ground.backend)).toBe(0);
  });
});
