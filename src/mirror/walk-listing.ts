import { drizzle } from 'drizzle-orm/node-postgres';
import type { Kind } from '../catalog/kinds.ts';
import { createPageReader } from '../catalog/page-reader.ts';
import type { RetryLimits } from '../catalog/retry.ts';
import { letterIdentity } from '../letters/identity.ts';
import type { RunIdentity } from '../store/claim-run.ts';
import { overlapOf } from '../store/overlap-of.ts';
import { RunLost, type RunSession } from '../store/run-session.ts';
import { countUnlisted } from '../store/scope.ts';
import { showsChange } from '../store/shows-change.ts';
import { type StagedNaming, stagePage } from '../store/stage-page.ts';
import { distinctStagedIds, stagedPages } from '../store/staged-facts.ts';
import { unlistedWithin } from '../store/unlisted-within.ts';
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

/** Walks the run's listing: pages from the catalog's client into this run's staging. */
export async function walkListing(
  dependencies: MirrorDependencies,
  request: MirrorRequest,
  { session, identity, kind }: Work,
  attempt: { readonly spent: Spent; readonly patience: Patience; readonly signal: AbortSignal },
): Promise<WalkResult> {
  const { spent, patience, signal } = attempt;
  const { runId } = session.run;
  const naming = stagedNaming(identity);
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
  });
  const staged = await session.exclusively((client) => stagedPages(client, runId));
  return walk(
    {
      readPage: async (page, limit) => {
        const answer = await readPage({
          organization: identity.organization,
          sortBy: 'created_at',
          sortDir: 'asc',
          page,
          limit,
          includePublic: identity.includePublic,
        });
        patience.succeeded();
        return answer;
      },
      stage: async (summary, answer) => {
        const isStaged = await session.exclusively((client) => stagePage(client, session.run, summary, answer, naming));
        if (!isStaged) throw new RunLost();
      },
      distinctIds: (pass) => session.exclusively((client) => distinctStagedIds(client, runId, pass)),
      unlisted: () => session.exclusively((client) => countUnlisted(drizzle(client), runId, identity)),
      unlistedWithin: (gaps) => session.exclusively((client) => unlistedWithin(client, runId, identity, gaps)),
      overlap: (seam) => session.exclusively((client) => overlapOf(client, runId, seam)),
      showsChange: () => session.exclusively((client) => showsChange(client, runId)),
      inVain: () => patience.isOver(),
    },
    {
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
    },
  );
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
