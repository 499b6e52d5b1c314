import { createHash } from 'node:crypto';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { QueueBackend } from './backend.ts';
import { type MirrorTarget, targetId } from './targets.ts';

/**
 * Which workers are alive, and whether they mirror the same organizations. A worker's connection carries a name with a
 * digest of what it mirrors, and the server itself lists its connections: a worker that dies is gone from the list with
 * its connection, so that nothing has to expire and no clocks are compared.
 */

const WORKER = 'worker';
const SYNC = 'sync';

/** The name of a worker that mirrors these targets by their schedules. */
export function workerName(backend: QueueBackend, targets: readonly MirrorTarget[]): string {
  return [WORKER, digest(backend.namespace), digest(...targets.map(targetId).sort())].join('.');
}

/** The name of a worker that belongs to a `sync` and to no schedule. */
export function syncWorkerName(backend: QueueBackend): string {
  return [SYNC, digest(backend.namespace)].join('.');
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

/**
 * How many workers are alive whose targets differ from these; those of another mirror on the same server do not count.
 * Null where the server does not list its connections (some hosted Redis).
 */
export async function workersWithOtherTargets(
  backend: QueueBackend,
  targets: readonly MirrorTarget[],
): Promise<number | null> {
  const queue = backend.queue(mirrorOrganization.name);
  const mine = workerName(backend, targets);
  const ofThisMirror = `${WORKER}.${digest(backend.namespace)}.`;
  let others = 0;
  for (const client of await queue.getWorkers()) {
    const name = client['rawname'];
    if (name === undefined) return null;
    const own = name.slice(name.lastIndexOf(':') + 1);
    if (own.startsWith(ofThisMirror) && own !== mine) others += 1;
  }
  return others;
}
