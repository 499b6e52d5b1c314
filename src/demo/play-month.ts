import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createCatalogClient } from '../catalog/client.ts';
import { Failure } from '../catalog/failure.ts';
import { createMirror } from '../mirror/mirror-organization.ts';
import type { RunSummary } from '../mirror/types.ts';
import { awaitJobs } from '../queue/await-jobs.ts';
import type { QueueBackend } from '../queue/backend.ts';
import { enqueueMirrors } from '../queue/enqueue.ts';
import { targetsOf } from '../queue/targets.ts';
import { createMirrorWorker } from '../queue/worker.ts';
import { bindCatalog } from '../store/catalog-address.ts';
import { createLetterOutbox } from '../store/dead-letters/letter-outbox.ts';
import type { DemoClock } from './demo-clock.ts';
import type { DemoPlan } from './plan.ts';
import type { RecordedCatalog } from './recorded-catalog.ts';

export interface MonthParts {
  readonly pool: pg.Pool;
  readonly backend: QueueBackend;
  readonly catalog: RecordedCatalog;
  readonly clock: DemoClock;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly onNight?: (day: string) => void;
  readonly onProgress?: (organization: string, pagesRead: number, pages: number | null) => void;
  readonly onRun?: (run: RunSummary) => void;
}

/**
 * Mirrors every night of a plan through the real queue, the real client and the real store, with the clock set to each
 * night in turn.
 *
 * @returns the runs, oldest first
 * @throws Failure where a job could not be worked; the signal's reason
 */
export async function playMonth(plan: DemoPlan, parts: MonthParts): Promise<readonly RunSummary[]> {
  const { pool, backend, catalog, clock, signal } = parts;
  const client = createCatalogClient({ url: catalog.url, version: parts.version, clock });
  const organizations = plan.organizations.map((one) => ({ ...one, kinds: ['models'], timeZone: 'UTC' }));
  const catalogUrl = await bindCatalog(pool, `${catalog.url}/api/v1`, clock.now());
  const syncId = randomUUID();
  const worker = await createMirrorWorker({
    backend,
    role: { takes: 'sync', syncId },
    mirror: createMirror({
      pool,
      clock,
      organizations,
      catalogUrl,
      clientFor: () => client,
      pageSize: 200,
      pageConcurrency: 4,
      maxPasses: 3,
      maxExtraReads: 1,
      maxLooks: 12,
      maxRemoval: 0.2,
      resumeMinutes: 60,
    }),
    outbox: createLetterOutbox(pool),
    concurrency: organizations.length,
  });
  const runs: RunSummary[] = [];
  try {
    worker.start();
    for (const night of plan.nights) {
      catalog.setDay(night.day);
      clock.set(night.at);
      parts.onNight?.(night.day);
      const jobs = await enqueueMirrors(backend, targetsOf(organizations), { trigger: 'schedule', syncId });
      await awaitJobs(backend, jobs, {
        signal,
        pollMs: 200,
        onProgress: (job, { pagesRead, pages }) => parts.onProgress?.(job.organization, pagesRead, pages),
        onOutcome: (job, outcome) => {
          if (outcome.status !== 'closed') throw notWorked(job.organization, night.day, outcome);
          runs.push(outcome.run);
          parts.onRun?.(outcome.run);
        },
      });
    }
    return runs;
  } finally {
    await worker.close({ withinMs: 5_000 });
    await client.close();
  }
}

function notWorked(
  organization: string,
  day: string,
  outcome: { readonly status: string; readonly reason?: string },
): Failure {
  return new Failure({
    class: 'internal',
    operation: 'mirror a recorded night',
    subject: `models of ${organization} on ${day}`,
    detail: outcome.reason ?? `its job was ${outcome.status}`,
    hint: 'Run it again; if it stays, report it with this message.',
  });
}
