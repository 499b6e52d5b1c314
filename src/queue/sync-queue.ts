import { randomUUID } from 'node:crypto';
import { sync } from '../../jobs/sync.ts';
import type { QueueBackend } from './backend.ts';
import { jobOptions } from './job-options.ts';
import { mirrorQueue } from './targets.ts';

/** The queue that one `sync` has for itself, as long as it lives. */
export interface SyncQueue {
  /** For enqueueMirrors() and the worker of this `sync`. */
  readonly syncId: string;
  /** Removes the queue with all that is in it; after its worker is closed. Waits for the server no longer than 5 seconds. */
  close(): Promise<void>;
}

/** After so long without a live worker the queue of a `sync` is that of a dead one. */
const DEAD_AFTER_MS = 24 * 60 * 60 * 1_000;
const CLOSE_MS = 5_000;

/**
 * Opens a queue for one `sync`. In a queue that several of them shared, each would take up jobs that are not its own: it
 * may have another token, another gate and other organizations.
 */
export async function openSyncQueue(backend: QueueBackend): Promise<SyncQueue> {
  await removeDeadSyncs(backend);
  const syncId = randomUUID();
  await backend.queue(sync.name).add(sync.name, {}, { ...jobOptions(sync), jobId: syncId });
  return {
    syncId,
    close: async () => {
      const waiting = new AbortController();
      try {
        await Promise.race([removeSync(backend, syncId), backend.clock.sleep(CLOSE_MS, waiting.signal)]);
      } finally {
        waiting.abort();
      }
    },
  };
}

/**
 * Removes the queues of those that were killed more than a day ago.
 * @returns how many they were
 */
export async function removeDeadSyncs(backend: QueueBackend): Promise<number> {
  let removed = 0;
  for (const { id, timestamp } of await backend.queue(sync.name).getWaiting()) {
    if (id === undefined || Date.now() - timestamp < DEAD_AFTER_MS) continue;
    const alive = await backend.queue(mirrorQueue(id)).getWorkers();
    if (alive.length > 0) continue;
    await removeSync(backend, id);
    removed += 1;
  }
  return removed;
}

async function removeSync(backend: QueueBackend, syncId: string): Promise<void> {
  const queue = backend.queue(mirrorQueue(syncId));
  // Answers once the queue has written down what it is: behind the removal that would be left for good.
  await queue.getVersion();
  await queue.obliterate({ force: true });
  await backend.queue(sync.name).remove(syncId);
}
