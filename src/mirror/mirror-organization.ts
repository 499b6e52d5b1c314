import { Failure } from '../catalog/failure.ts';
import { kindByName } from '../catalog/kinds.ts';
import { policyOf } from '../catalog/policy.ts';
import type { ApplyContext } from '../store/apply/context.ts';
import { withConnection } from '../store/connection.ts';
import { readRun } from '../store/read-runs.ts';
import { openRunSession, RunLost, type RunSession } from '../store/run-session.ts';
import type { Staging } from '../store/staging.ts';
import type { WalkResult } from '../walk/walk.ts';
import { closeFailed, closeNight } from './close-night.ts';
import { dayIn } from './day.ts';
import type { MirrorDependencies } from './dependencies.ts';
import { AWAY_RETRY_MS, untilReachable } from './outage.ts';
import { speakersOf } from './owner.ts';
import { createPatience } from './patience.ts';
import { replayRecords } from './replay-records.ts';
import { troubleOf, untoldRun } from './trouble.ts';
import type { MirrorOrganization, MirrorOutcome, MirrorRequest } from './types.ts';
import { type Spent, stagingOf, type Work, walkListing } from './walk-listing.ts';

/** Between two looks at a run that another worker is busy with, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Makes the function that mirrors one organization's listing of one kind: walk, certify, apply (design section 4).
 * Each call is one attempt of one job; it leaves the mirror as it was or with the whole night.
 */
export function createMirror(dependencies: MirrorDependencies): MirrorOrganization {
  const triedInVain: TriedInVain = new Map();
  return async (request) => {
    const spent: Spent = { requests: 0, retries: 0 };
    let { runId } = request;
    const onRunOpened = (opened: string): Promise<void> => {
      runId = opened;
      return request.onRunOpened(opened);
    };
    try {
      const closed = await closedAlready(dependencies, runId);
      return closed ?? (await attempt(dependencies, { ...request, onRunOpened }, spent, triedInVain));
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      const failure = troubleOf(error, subjectOf(request));
      if (failure.class !== 'database') throw failure;
      return afterOutage(dependencies, { ...request, runId }, spent, failure);
    }
  };
}

/**
 * What the runs that are to be tried again have tried in vain, in milliseconds, by run. It stays with the process: another
 * worker that takes such a run up is patient anew.
 */
type TriedInVain = Map<string, number>;

/** The run that the job opened before, where it is over. */
async function closedAlready(
  { pool }: MirrorDependencies,
  runId: string | null,
): Promise<Extract<MirrorOutcome, { status: 'closed' }> | null> {
  if (runId === null) return null;
  const run = await withConnection(pool, (client) => readRun(client, runId));
  return run === null || run.state === 'running' ? null : { status: 'closed', run };
}

async function attempt(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  spent: Spent,
  triedInVain: TriedInVain,
): Promise<MirrorOutcome> {
  const question = describeWork(dependencies, request);
  if (request.records.length > 0) return replayRecords(dependencies, request, question);
  return inSession(dependencies, request, question, async (session) => {
    const worked = await workRun(dependencies, request, { ...question, session }, spent, triedInVain);
    if (worked.status === 'again') throw worked.failure;
    return worked;
  });
}

/** Claims the listing, tells the job its run, and lets go of both whatever `use` comes to. */
async function inSession(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  { identity, startedAt }: Question,
  use: (session: RunSession) => Promise<MirrorOutcome>,
): Promise<MirrorOutcome> {
  const opened = await openRunSession(dependencies.pool, identity, {
    trigger: request.trigger,
    startedAt,
    resumeMinutes: dependencies.resumeMinutes,
    approvedRunId: request.approves,
    patience: dependencies.connectionPatience,
  });
  if (opened.status === 'busy') return opened;
  const { session } = opened;
  try {
    await tellRun(request, session.run.runId);
    return await use(session);
  } finally {
    await session.close();
  }
}

/**
 * PostgreSQL failed, and nothing of that could be kept in it. The next attempt finds it there again; after the last one
 * the run is closed as `failed`, so that the failure has its letter. Where it stays away, a job for which nobody waits
 * comes back until it is there.
 */
async function afterOutage(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  spent: Spent,
  failure: Failure,
): Promise<MirrorOutcome> {
  const isBack = await untilReachable(dependencies, request.signal);
  const isReplayOfRecords = request.records.length > 0;
  if (!isBack && request.trigger === 'schedule' && !isReplayOfRecords) {
    return { status: 'away', retryInMs: AWAY_RETRY_MS, failure };
  }
  if (!isBack || !request.lastAttempt || isReplayOfRecords) throw failure;
  try {
    return (await closedAlready(dependencies, request.runId)) ?? (await giveUp(dependencies, request, spent, failure));
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    // It cannot even be written down: the run stays open, and who begins the next one files its letter.
    throw troubleOf(error, subjectOf(request));
  }
}

/** Closes the job's run as failed, with a letter; one that it could not even open is opened for that. */
async function giveUp(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  spent: Spent,
  failure: Failure,
): Promise<MirrorOutcome> {
  const question = describeWork(dependencies, request);
  return inSession(dependencies, request, question, async (session) => {
    const context = applyContext(dependencies, { ...question, session });
    const { runId } = session.run;
    const isClosed = await closeFailed(session, failure, context, { passes: 0, ...spent });
    return isClosed ? closedRun(dependencies, runId) : runOfAnother(dependencies, runId);
  });
}

async function tellRun(request: MirrorRequest, runId: string): Promise<void> {
  try {
    await request.onRunOpened(runId);
  } catch (error) {
    throw untoldRun(error, subjectOf(request));
  }
}

function subjectOf({ organization, kind }: { readonly organization: string; readonly kind: string }): string {
  return `${kind} of ${organization}`;
}

/** What a request asks of which listing. */
type Question = Omit<Work, 'session'> & { readonly startedAt: Date };

/** What this request asks, by the settings of now. */
function describeWork(dependencies: MirrorDependencies, request: MirrorRequest): Question {
  const organization = dependencies.organizations.find((one) => one.organization === request.organization);
  const kind = kindByName(request.kind);
  if (organization === undefined || kind === undefined) {
    throw new Failure({
      class: 'invalid_request',
      operation: 'mirror the listing',
      subject: subjectOf(request),
      detail: organization === undefined ? 'the settings do not name this organization' : 'there is no such kind',
      hint: 'add the organization to CATALOG_ORGANIZATIONS or to the settings file, or remove its schedule',
    });
  }
  const startedAt = dependencies.clock.now();
  return {
    kind,
    startedAt,
    identity: {
      organization: organization.organization,
      kind: kind.name,
      day: dayIn(organization.timeZone, startedAt),
      timeZone: organization.timeZone,
      includePublic: organization.includePublic,
      pageSize: Math.min(dependencies.pageSize, kind.maxLimit),
      catalogUrl: dependencies.catalogUrl,
    },
  };
}

/** What became of a run in this attempt; `again` where it stays open because another one may get past the failure. */
type Worked = MirrorOutcome | { readonly status: 'again'; readonly failure: Failure };

async function workRun(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  work: Work,
  spent: Spent,
  triedInVain: TriedInVain,
): Promise<Worked> {
  const { session } = work;
  const { runId } = session.run;
  let staging: Staging | null = null;
  try {
    const patience = createPatience(dependencies.clock, triedInVain.get(runId));
    triedInVain.delete(runId);
    const signal = AbortSignal.any([request.signal, session.signal]);
    staging = await stagingOf(dependencies, work);
    const walked = await walkListing(dependencies, request, work, { staging, spent, patience, signal });
    const failure = worthAnotherAttempt(walked.result, request.lastAttempt || patience.isOver());
    if (failure !== null) {
      triedInVain.set(runId, patience.triedInVainMs());
      await session.handBack(spent);
      return { status: 'again', failure };
    }
    const context = applyContext(dependencies, work);
    const applied = await closeNight(session, staging, walked, context, dependencies.maxRemoval, spent);
    return applied ? await closedRun(dependencies, runId) : await runOfAnother(dependencies, runId);
  } catch (error) {
    if (error instanceof RunLost || session.signal.reason instanceof RunLost) return runOfAnother(dependencies, runId);
    // What closes the run is not to wait for a load that nobody applies.
    staging?.close();
    await afterTrouble(dependencies, request, work, spent, error);
    return closedRun(dependencies, runId);
  } finally {
    staging?.close();
  }
}

/** The failure that another attempt of the job may get past; null where the run is to be closed now. */
function worthAnotherAttempt(result: WalkResult, isLast: boolean): Failure | null {
  if (result.status === 'read' || isLast) return null;
  return result.failures.find(({ failure }) => policyOf(failure.class).retry === 'backoff')?.failure ?? null;
}

/**
 * The store failed, the client cannot be made, or the worker must stop. The run stays open for the next attempt with what
 * it staged; after the last one, or where none can help, it is closed as `failed`, so that the failure has its letter.
 */
async function afterTrouble(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  work: Work,
  spent: Spent,
  error: unknown,
): Promise<void> {
  const { session, identity } = work;
  if (session.signal.aborted) throw session.signal.reason;
  const isHopeless = error instanceof Failure && policyOf(error.class).retry === 'never';
  if (request.signal.aborted || !(request.lastAttempt || isHopeless)) {
    await session.handBack(spent);
    throw error;
  }
  const failure = troubleOf(error, subjectOf(identity));
  const figures = { passes: 0, ...spent };
  if (!(await closeFailed(session, failure, applyContext(dependencies, work), figures))) throw failure;
}

function applyContext(dependencies: MirrorDependencies, { session, identity }: Work): ApplyContext {
  return {
    runId: session.run.runId,
    scope: identity,
    day: identity.day,
    at: dependencies.clock.now(),
    mirrored: speakersOf(dependencies, identity.kind),
    approvedRunId: session.run.approvedRunId,
  };
}

/** Another worker has the run now: it is theirs to close. */
async function runOfAnother(dependencies: MirrorDependencies, runId: string): Promise<MirrorOutcome> {
  const run = await withConnection(dependencies.pool, (client) => readRun(client, runId));
  if (run === null || run.state === 'running') return { status: 'busy', retryInMs: LOOK_AGAIN_MS };
  return { status: 'closed', run };
}

async function closedRun(dependencies: MirrorDependencies, runId: string): Promise<MirrorOutcome> {
  const run = await withConnection(dependencies.pool, (client) => readRun(client, runId));
  if (run === null) throw new Error(`run ${runId} is not in mirror.runs`);
  return { status: 'closed', run };
}
