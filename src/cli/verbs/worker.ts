import { mirrorOrganization } from '../../../jobs/mirror-organization.ts';
import { keepSchedules } from '../../queue/keep-schedules.ts';
import { startPruneWorker } from '../../queue/prune-letters.ts';
import { keepLettersInStep } from '../../queue/restore-letters.ts';
import type { Reconciliation } from '../../queue/schedules.ts';
import { targetsOf } from '../../queue/targets.ts';
import { createMirrorWorker, type MirrorWorker } from '../../queue/worker.ts';
import { createLetterArchive } from '../../store/dead-letters/letter-archive.ts';
import { createOpenLetters } from '../../store/dead-letters/open-letters.ts';
import { readRunsSince } from '../../store/runs-since.ts';
import { countOf, formatList } from '../../terminal/format.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { keepHeartbeat } from '../parts/heartbeat.ts';
import { logged, timestamped } from '../parts/log.ts';
import { type OpenMirror, openMirror } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';

/** How long a worker that is told to stop finishes or hands back what it does, in milliseconds (design section 7). */
const STOP_WITHIN_MS = 30_000;

/** `worker`: mirrors by the schedules of the settings until it is told to stop. */
export async function worker(context: Context): Promise<ExitCode> {
  const { settings } = context;
  const log = timestamped(context);
  const parts = await openMirror({ ...context, say: log });
  try {
    const archive = createLetterArchive(parts.database.pool, {
      keepDays: settings.letters.keepDays,
      now: () => context.clock.now(),
    });
    const pruneWorker = await startPruneWorker(parts.backend, archive);
    const followers = { outbox: parts.outbox, letters: createOpenLetters(parts.database.pool) };
    const ending = new AbortController();
    const inStep = keepLettersInStep(parts.backend, followers, {
      signal: AbortSignal.any([context.signal, ending.signal]),
    });
    try {
      await mirrorUntilStopped({ ...context, say: log }, parts);
    } finally {
      ending.abort();
      await pruneWorker.close();
      await inStep;
    }
    log('stopped');
    return EXIT.ok;
  } finally {
    await parts.close();
  }
}

async function mirrorUntilStopped(context: Context, parts: OpenMirror): Promise<void> {
  const { settings, signal, say: log } = context;
  const targets = targetsOf(settings.organizations);
  const mirrorWorker = await createMirrorWorker({
    backend: parts.backend,
    role: { takes: 'targets', targets },
    mirror: logged(parts.mirror, log),
    outbox: parts.outbox,
    concurrency: settings.mirror.organizationConcurrency,
  });
  const ending = new AbortController();
  // The worker exists already, so that of two that start together at least one sees the other; it takes jobs whatever
  // becomes of the schedules.
  const keeping = keepSchedules(parts.backend, settings.organizations, {
    signal,
    readRunsSince: (listings) => readRunsSince(parts.database.pool, listings),
    onReconciled: (result) => log(describe(result)),
  });
  try {
    mirrorWorker.start();
    void beatWhileWell(context, parts, mirrorWorker, ending.signal);
    const names = settings.organizations.map(({ organization }) => organization);
    log(`worker ready on ${parts.backend.store}: ${countOf(targets.length, 'listing')} of ${formatList(names, 5)}`);
    await Promise.race([stopped(signal), keeping.then(() => stopped(signal))]);
    log('stopping: what is being mirrored is finished or handed back');
  } finally {
    ending.abort();
    await mirrorWorker.close({ withinMs: STOP_WITHIN_MS });
  }
  await keeping;
}

async function beatWhileWell(
  { settings, clock, say: log }: Context,
  { database, backend }: OpenMirror,
  mirrorWorker: MirrorWorker,
  signal: AbortSignal,
): Promise<void> {
  const path = settings.heartbeatPath;
  if (path === null) return;
  const takesJobs = async () => {
    if (!mirrorWorker.takesJobs) throw new Error('the worker takes no jobs');
  };
  const signs = [
    takesJobs,
    () => database.pool.query('SELECT 1'),
    () => backend.queue(mirrorOrganization.name).isPaused(),
  ];
  await keepHeartbeat({ path, signs, clock, log, signal });
}

function describe(result: Reconciliation): string {
  if (result.status === 'refused') return result.reason;
  const { added, changed, removed, unchanged } = result;
  return `schedules: ${added.length} added, ${changed.length} changed, ${removed.length} removed, ${unchanged.length} unchanged`;
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
