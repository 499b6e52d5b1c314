import { reconcileSchedules } from '../../queue/schedules.ts';
import { targetsOf } from '../../queue/targets.ts';
import { createMirrorWorker } from '../../queue/worker.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { logged, timestamped } from '../parts/log.ts';
import { openMirror } from '../parts/mirror.ts';
import { countOf, formatList } from '../render/format.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

/** How long a worker that is told to stop finishes or hands back what it does, in milliseconds (design section 7). */
const STOP_WITHIN_MS = 30_000;

/** `worker`: mirrors by the schedules of the settings until it is told to stop. */
export async function worker(context: Context): Promise<ExitCode> {
  const { settings, signal } = context;
  const log = timestamped(context);
  const parts = await openMirror({ ...context, say: log });
  try {
    const targets = targetsOf(settings.organizations);
    const mirrorWorker = await createMirrorWorker({
      backend: parts.backend,
      role: { takes: 'targets', targets },
      mirror: logged(parts.mirror, log),
      outbox: parts.outbox,
      concurrency: settings.mirror.organizationConcurrency,
    });
    try {
      const schedules = await reconcileSchedules(parts.backend, settings.organizations);
      if (schedules.status === 'refused') {
        throw new UsageError(
          schedules.reason,
          'Give every worker of this mirror the same organizations, or stop the others first.',
        );
      }
      mirrorWorker.start();
      log(
        `worker ready: ${countOf(targets.length, 'listing')} on the ${parts.backend.store} queue; schedules: ` +
          `${schedules.added.length} added, ${schedules.changed.length} changed, ${schedules.removed.length} removed, ` +
          `${schedules.unchanged.length} unchanged (${formatList(
            settings.organizations.map((one) => one.organization),
            5,
          )})`,
      );
      await stopped(signal);
      log('stopping: what is being mirrored is finished or handed back');
    } finally {
      await mirrorWorker.close({ withinMs: STOP_WITHIN_MS });
    }
    log('stopped');
    return EXIT.ok;
  } finally {
    await parts.close();
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
