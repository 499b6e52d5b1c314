import type { MirrorProgress, RunTrigger } from '../../mirror/types.ts';
import type { JobOutcome } from '../../queue/await-jobs.ts';
import { awaitThroughLosses } from '../../queue/await-through-losses.ts';
import { type EnqueuedMirror, enqueueMirrors, withdrawMirrors } from '../../queue/enqueue.ts';
import { openSyncQueue } from '../../queue/sync-queue.ts';
import type { MirrorAsk, MirrorTarget } from '../../queue/targets.ts';
import { createMirrorWorker } from '../../queue/worker.ts';
import { readRunsSince } from '../../store/runs-since.ts';
import { countOf } from '../../terminal/format.ts';
import { withProgress } from '../../terminal/progress.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import type { Context } from '../shell.ts';
import { renderOutcomes } from '../tables/outcomes.ts';
import { renderRecordReplays } from '../tables/record-replays.ts';
import type { OpenMirror } from './mirror.ts';

/** How a command that is stopped hands back what it does, in milliseconds: a person waits. */
const STOP_WITHIN_MS = 10_000;

/** What a person asks to be mirrored while he waits. */
export interface MirrorNow {
  readonly asks: readonly MirrorAsk[];
  readonly trigger: RunTrigger;
}

/**
 * Mirrors listings through the queue, works the jobs in this process, and prints what became of each: what `sync` and
 * `dead-letters replay` have in common (design section 6).
 *
 * @returns the exit code of `sync`
 * @throws the signal's reason where the command is stopped: what has not begun is taken back
 */
export async function mirrorNow(context: Context, parts: OpenMirror, request: MirrorNow): Promise<ExitCode> {
  const queue = await openSyncQueue(parts.backend);
  let results: readonly Result[];
  try {
    results = await workQueue(context, parts, request, queue.syncId);
  } finally {
    // Nothing hangs on it: where the queue is away by now, a later command removes what is left.
    await queue.close().catch(() => undefined);
  }
  // Whoever reads may take long.
  return report(context, results);
}

/** What was asked for, and what became of it. */
interface Result {
  readonly job: EnqueuedMirror;
  readonly outcome: JobOutcome;
}

async function workQueue(
  context: Context,
  parts: OpenMirror,
  { asks, trigger }: MirrorNow,
  syncId: string,
): Promise<readonly Result[]> {
  const since = context.clock.now();
  const worker = await createMirrorWorker({
    backend: parts.backend,
    role: { takes: 'sync', syncId },
    mirror: parts.mirror,
    outbox: parts.outbox,
    concurrency: context.settings.mirror.organizationConcurrency,
  });
  try {
    const jobs = await enqueueMirrors(parts.backend, asks, { trigger, syncId });
    worker.start();
    const outcomes = await withProgress(
      { output: context.output, clock: context.clock, verb: 'mirroring', total: jobs.length },
      async (progress) => {
        const awaiting = {
          signal: context.signal,
          onProgress: (job: EnqueuedMirror, { pagesRead, pages }: MirrorProgress) =>
            progress.update(nameOf(job, asks), pagesRead, pages),
          onOutcome: (job: EnqueuedMirror) => progress.finish(nameOf(job, asks)),
        };
        try {
          return await awaitThroughLosses(parts.backend, { asks, jobs }, awaiting, {
            trigger,
            syncId,
            since,
            readRunsSince: (listings) => readRunsSince(parts.database.pool, listings),
            onLost: (lost) =>
              progress.print(`The queue lost ${countOf(lost, 'job')}, as one that is emptied does: asked again.`),
          });
        } catch (error) {
          if (context.signal.aborted) progress.print('Stopping: what is being mirrored is finished or handed back.');
          await withdrawMirrors(parts.backend, jobs);
          throw error;
        }
      },
    );
    return jobs.map((job) => ({ job, outcome: outcomes.get(job.jobId) ?? { status: 'removed' } }));
  } finally {
    await worker.close({ withinMs: STOP_WITHIN_MS });
  }
}

/** The kind is named only where there is more than one of them. */
function nameOf({ organization, kind }: MirrorTarget, all: readonly MirrorTarget[]): string {
  return all.some((other) => other.kind !== kind) ? `${kind} of ${organization}` : organization;
}

async function report(context: Context, results: readonly Result[]): Promise<ExitCode> {
  const exitCode = exitCodeOf(results.map(({ outcome }) => outcome));
  if (context.output.json) {
    await context.printJsonList(
      results.map(({ job: { organization, kind }, outcome }) =>
        outcome.status === 'closed' ? outcome.run : { organization, kind, ...outcome },
      ),
    );
    return exitCode;
  }
  const table = { width: context.output.stdout.columns, colours: context.colours };
  const replayed = results.flatMap(({ outcome }) => (outcome.status === 'replayed' ? outcome.records : []));
  const others = results.filter(({ outcome }) => outcome.status !== 'replayed');
  if (others.length > 0) context.print(renderOutcomes(others, table));
  if (replayed.length > 0) context.print(renderRecordReplays(replayed, table));
  const hasLetters = results.some(({ outcome }) => outcome.status === 'closed' && outcome.run.figures.letters > 0);
  if (exitCode !== EXIT.ok || hasLetters) {
    context.say(
      'See `catalog-mirror dead-letters list` for what failed, and `catalog-mirror runs show ID` for one run.',
    );
  }
  return exitCode;
}
