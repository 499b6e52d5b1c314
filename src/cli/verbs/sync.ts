import { randomUUID } from 'node:crypto';
import { awaitJobs, type JobOutcome } from '../../queue/await-jobs.ts';
import { type EnqueuedMirror, enqueueMirrors, withdrawMirrors } from '../../queue/enqueue.ts';
import { type MirrorTarget, targetsOf } from '../../queue/targets.ts';
import { createMirrorWorker } from '../../queue/worker.ts';
import { withProgress } from '../../terminal/progress.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { openMirror, requireCatalog, requireOrganizations } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';
import { renderOutcomes } from '../tables/outcomes.ts';
import { UsageError } from '../usage-error.ts';

/** How a `sync` that is stopped hands back what it does, in milliseconds: a person waits. */
const STOP_WITHIN_MS = 10_000;

/** `sync [ORG…]`: mirrors organizations now, through the queue, and works the jobs in this process. */
export async function sync(context: Context, organizations: readonly string[]): Promise<ExitCode> {
  requireCatalog(context);
  const targets = chooseTargets(context, organizations);
  const parts = await openMirror(context);
  try {
    const syncId = randomUUID();
    const worker = await createMirrorWorker({
      backend: parts.backend,
      role: { takes: 'sync', syncId },
      mirror: parts.mirror,
      outbox: parts.outbox,
      concurrency: context.settings.mirror.organizationConcurrency,
    });
    try {
      const jobs = await enqueueMirrors(parts.backend, targets, { trigger: 'manual', syncId });
      worker.start();
      const outcomes = await withProgress(
        { output: context.output, clock: context.clock, verb: 'mirroring', total: jobs.length },
        async (progress) => {
          try {
            return await awaitJobs(parts.backend, jobs, {
              signal: context.signal,
              onProgress: (job, { pagesRead, pages }) => progress.update(nameOf(job, targets), pagesRead, pages),
              onOutcome: (job) => progress.finish(nameOf(job, targets)),
            });
          } catch (error) {
            if (context.signal.aborted) progress.print('Stopping: what is being mirrored is finished or handed back.');
            await withdrawMirrors(parts.backend, jobs);
            throw error;
          }
        },
      );
      return report(context, jobs, outcomes);
    } finally {
      await worker.close({ withinMs: STOP_WITHIN_MS });
    }
  } finally {
    await parts.close();
  }
}

/** The kind is named only where there is more than one of them. */
function nameOf({ organization, kind }: MirrorTarget, all: readonly MirrorTarget[]): string {
  return all.some((other) => other.kind !== kind) ? `${kind} of ${organization}` : organization;
}

function chooseTargets(context: Context, named: readonly string[]): readonly MirrorTarget[] {
  const configured = requireOrganizations(context);
  const known = new Set(configured.map(({ organization }) => organization));
  const unknown = named.filter((organization) => !known.has(organization));
  if (unknown.length > 0) {
    throw new UsageError(
      `The settings do not name ${unknown.join(', ')}. They name: ${[...known].join(', ')}.`,
      'Add it to CATALOG_ORGANIZATIONS or to catalog-mirror.config.json: which organizations are mirrored decides who ' +
        'speaks for an artifact.',
    );
  }
  const wanted = new Set(named.length === 0 ? known : named);
  return targetsOf(configured.filter(({ organization }) => wanted.has(organization)));
}

function report(
  context: Context,
  jobs: readonly EnqueuedMirror[],
  outcomes: ReadonlyMap<string, JobOutcome>,
): ExitCode {
  const results = jobs.map((job) => ({ job, outcome: outcomes.get(job.jobId) ?? ({ status: 'removed' } as const) }));
  const exitCode = exitCodeOf(results.map(({ outcome }) => outcome));
  if (context.output.json) {
    context.printJson(
      results.map(({ job: { organization, kind }, outcome }) =>
        outcome.status === 'closed' ? outcome.run : { organization, kind, ...outcome },
      ),
    );
    return exitCode;
  }
  context.print(renderOutcomes(results, { width: context.output.stdout.columns, colours: context.colours }));
  const hasLetters = results.some(({ outcome }) => outcome.status === 'closed' && outcome.run.figures.letters > 0);
  if (exitCode !== EXIT.ok || hasLetters) {
    context.say(
      'See `catalog-mirror dead-letters list` for what failed, and `catalog-mirror runs show ID` for one run.',
    );
  }
  return exitCode;
}
