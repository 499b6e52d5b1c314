import type pg from 'pg';
import type { Kind } from '../catalog/kinds.ts';
import { readListAgain } from '../catalog/list-again.ts';
import { createPageReader } from '../catalog/page-reader.ts';
import type { RetryLimits } from '../catalog/retry.ts';
import { letterIdentity } from '../letters/identity.ts';
import type { RunIdentity } from '../store/claim-run.ts';
import type { ListedCounts } from '../store/count-listed.ts';
import { overlapOf } from '../store/overlap-of.ts';
import { readKnownPages } from '../store/read-known-pages.ts';
import type { RunSession } from '../store/run-session.ts';
import { showsChange } from '../store/shows-change.ts';
import type { StagedNaming } from '../store/stage-pages.ts';
import { distinctStagedIds, stagedPages } from '../store/staged-facts.ts';
import { createStager } from '../store/stager.ts';
import { openStaging, type Staging } from '../store/staging.ts';
import { unlistedWithin } from '../store/unlisted-within.ts';
import type { WalkOptions, WalkPorts } from '../walk/ports.ts';
import { type WalkResult, walk } from '../walk/walk.ts';
import type { MirrorDependencies } from './dependencies.ts';
import { ownerIn } from './owner.ts';
import type { Patience } from './patience.ts';
import type { MirrorRequest } from './types.ts';

/**
 * How one page is tried within one attempt of the job. A try begun at the last moment may take 20 s more; three attempts
 * of the job then end within the two minutes that design section 6 promises.
 */
const RETRY_LIMITS: RetryLimits = {
  tries: 5,
  totalMs: 15_000,
  firstPauseMs: 500,
  longestPauseMs: 5_000,
  rateLimitMs: 15 * 60_000,
};

/** One claimed run and what it is about. */
export interface Work {
  readonly identity: RunIdentity;
  readonly kind: Kind;
  readonly session: RunSession;
}

/** Requests and retries of this attempt, counted as they happen. */
export interface Spent {
  requests: number;
  retries: number;
}

/** What a walk came to. */
export interface Walked {
  readonly result: WalkResult;
  /** What was counted last, over all that is staged; null where something was staged since. */
  readonly counts: ListedCounts | null;
}

/** What one attempt has to walk with. */
export interface Attempt {
  readonly staging: Staging;
  readonly spent: Spent;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

/** Opens the staging of a run. The caller closes it. */
export function stagingOf(dependencies: MirrorDependencies, { session, identity, kind }: Work): Promise<Staging> {
  return openStaging({
    pool: dependencies.pool,
    session,
    identity,
    naming: stagedNaming(identity),
    readAgain: (list, answer) => readListAgain(kind, identity.organization, list, answer),
    loadsFrom: dependencies.loadsFrom,
    patience: dependencies.connectionPatience,
  });
}

/** Walks the run's listing: pages from the catalog's client into this run's staging. */
export async function walkListing(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  { session, identity, kind }: Work,
  attempt: Attempt,
): Promise<Walked> {
  const { staging, spent, patience, signal } = attempt;
  const { runId } = session.run;
  const [staged, known] = await session.exclusively(async (client) => [
    await stagedPages(client, runId),
    await readKnownPages(client, identity),
  ]);
  const readPage = createPageReader(dependencies.clientFor(identity.organization), kind, {
    clock: dependencies.clock,
    signal,
    limits: dependencies.retryLimits ?? RETRY_LIMITS,
    onRequest: () => {
      spent.requests += 1;
    },
    onRetry: () => {
      spent.retries += 1;
    },
    onQuiet: (milliseconds) => patience.waits(milliseconds),
    known,
  });
  const stager = createStager(staging.stage);
  let counts: Promise<ListedCounts> | null = null;
  /** Asks the store something about all that was read so far. */
  const ask = async <T>(question: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    await stager.allStaged();
    return staging.ask(question);
  };
  const count = (): Promise<ListedCounts> => {
    counts ??= stager.allStaged().then(() => staging.count());
    return counts;
  };
  const ports: WalkPorts = {
    readPage: async (page, limit, onArrival) => {
      const { organization, includePublic } = identity;
      const answer = await readPage(
        { organization, sortBy: 'created_at', sortDir: 'asc', page, limit, includePublic },
        onArrival,
      );
      patience.succeeded();
      return answer;
    },
    stage: (summary, answer) => {
      counts = null;
      return stager.stage(summary, answer);
    },
    mayReadAhead: () => stager.isBehind(),
    distinctIds: async (pass) =>
      pass === null ? (await count()).listed : ask((client) => distinctStagedIds(client, runId, pass)),
    unlisted: async () => (await count()).unlisted,
    unlistedWithin: (gaps) => ask((client) => unlistedWithin(client, runId, identity, gaps)),
    overlap: (seam) => ask((client) => overlapOf(client, runId, seam)),
    showsChange: () => ask((client) => showsChange(client, runId)),
    inVain: () => patience.isOver(),
  };
  const options: WalkOptions = {
    pageSize: identity.pageSize,
    maxLimit: kind.maxLimit,
    concurrency: dependencies.pageConcurrency,
    maxPasses: dependencies.maxPasses,
    maxExtraReads: dependencies.maxExtraReads,
    maxLooks: dependencies.maxLooks,
    staged,
    signal,
    onPage: (progress) =>
      request.onProgress?.({
        organization: request.organization,
        kind: request.kind,
        ...progress,
      }),
  };
  try {
    const result = await walk(ports, options);
    await stager.allStaged();
    return { result, counts: await counts };
  } catch (error) {
    // What was read is kept for the next attempt, whatever ended this one.
    await stager.allStaged().catch(() => {});
    throw error;
  }
}

function stagedNaming({ organization, kind }: RunIdentity): StagedNaming {
  return {
    owner: ownerIn,
    identity: (record) =>
      letterIdentity({
        errorClass: 'invalid_record',
        level: 'record',
        organization,
        kind,
        page: null,
        artifactId: record.id,
        record: record.id === null ? record.source : null,
      }),
  };
}
