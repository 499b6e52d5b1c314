import { DelayedError, type Job, UnrecoverableError, WaitingError } from 'bullmq';
import { type MirrorPayload, type MirrorResult, mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { Failure } from '../catalog/failure.ts';
import type { Clock } from '../clock.ts';
import type { MirrorOrganization, MirrorProgress } from '../mirror/types.ts';
import { checkedPayload } from './payload.ts';
import { isUnknownJob } from './unknown-job.ts';

/** How long a job that this worker does not take is kept from it, so that another can take it. */
const PASS_ON_MS = 5_000;
/**
 * A job that nobody took for so long is given up: its organization is in no settings any more. So is one that found no
 * database for as long: the next night's is there by then.
 */
const TOO_OLD_MS = 24 * 60 * 60 * 1_000;
const PROGRESS_EVERY_MS = 500;
const BUSY_LEAST_MS = 100;

export interface MirrorProcessing {
  readonly mirror: MirrorOrganization;
  readonly accepts: (payload: MirrorPayload) => boolean;
  readonly clock: Clock;
  /** Has the queues of the letters follow PostgreSQL; its own failures are its own. */
  readonly followLetters: () => Promise<void>;
}

/**
 * One attempt of a mirror job, by the rules of design sections 4 and 6: the job carries its run's id; a busy
 * organization or a shutdown costs no attempt; a failure is thrown for BullMQ to try again.
 *
 * @param token BullMQ's lock on the job
 * @param signal aborted when the worker hands back what it does, or has lost the lock
 * @throws DelayedError or WaitingError where the job was put back; otherwise the failure of this attempt
 */
export async function processMirrorJob(
  job: Job<unknown, unknown, string, object>,
  token: string | undefined,
  signal: AbortSignal,
  processing: MirrorProcessing,
): Promise<MirrorResult> {
  const payload = payloadOf(job);
  if (!processing.accepts(payload)) return passOn(job, token, payload);
  if (signal.aborted) return handBack(job, token);
  try {
    const outcome = await processing.mirror({
      organization: payload.organization,
      kind: payload.kind,
      trigger: payload.trigger,
      runId: payload.runId,
      approves: payload.approves,
      records: payload.records,
      lastAttempt: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      onRunOpened: (runId) => rememberRun(job, { ...payload, runId }),
      onProgress: progressReporter(job, processing.clock),
      signal,
    });
    if (outcome.status === 'closed') return outcome.run;
    if (outcome.status === 'replayed') return { records: outcome.records };
    if (outcome.status === 'away' && isTooOld(job)) throw outcome.failure;
    await job.moveToDelayed(Date.now() + Math.max(outcome.retryInMs, BUSY_LEAST_MS), token);
    throw new DelayedError();
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    // Awaited here: while the letters below take their time, its rejection would have nobody to hear it.
    if (signal.aborted) return await handBack(job, token);
    throw forTheQueue(error instanceof Failure ? error : defect(payload, error));
  } finally {
    await processing.followLetters();
  }
}

/** Has the job carry its run; one that the queue knows no more needs to carry nothing. */
async function rememberRun(job: Job<unknown, unknown, string, object>, payload: MirrorPayload): Promise<void> {
  try {
    await job.updateData(payload);
  } catch (error) {
    if (!isUnknownJob(error)) throw error;
  }
}

function payloadOf(job: Job<unknown, unknown, string, object>): MirrorPayload {
  try {
    return checkedPayload(mirrorOrganization, job.data);
  } catch (error) {
    throw error instanceof Failure ? new UnrecoverableError(forTheQueue(error).message) : error;
  }
}

/** The queue keeps an error's message alone: this one says what to do as well. */
function forTheQueue(failure: Failure): Error {
  return new Error(`${failure.message}; ${failure.hint}`, { cause: failure });
}

async function passOn(
  job: Job<unknown, unknown, string, object>,
  token: string | undefined,
  payload: MirrorPayload,
): Promise<never> {
  if (isTooOld(job)) {
    throw new UnrecoverableError(
      `nobody took this job for a day: no live worker has ${payload.organization} (${payload.kind}) in its settings`,
    );
  }
  await job.moveToDelayed(Date.now() + PASS_ON_MS, token);
  throw new DelayedError();
}

function isTooOld({ timestamp }: Job<unknown, unknown, string, object>): boolean {
  return Date.now() - timestamp > TOO_OLD_MS;
}

async function handBack(job: Job<unknown, unknown, string, object>, token: string | undefined): Promise<never> {
  // Where the lock is lost the job is another worker's already, and BullMQ refuses to move it.
  await job.moveToWait(token).catch(() => undefined);
  throw new WaitingError();
}

function defect(payload: MirrorPayload, error: unknown): Failure {
  return new Failure({
    class: 'internal',
    operation: `mirror ${payload.kind}`,
    subject: payload.organization,
    detail: error instanceof Error ? error.message : String(error),
    hint: 'This looks like a defect of catalog-mirror: please report it with this message.',
    cause: error,
  });
}

/** Progress goes through the queue, so that whoever waits for the job sees it; not more often than a person can read. */
function progressReporter(
  job: Job<unknown, unknown, string, object>,
  clock: Clock,
): (progress: MirrorProgress) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = clock.now().getTime();
    if (now - lastAt < PROGRESS_EVERY_MS) return;
    lastAt = now;
    // Nothing depends on it: a queue that is away for a moment must not disturb the run.
    job.updateProgress({ ...progress }).catch(() => undefined);
  };
}
