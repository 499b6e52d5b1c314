import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { createSystemClock } from '../../src/clock.ts';
import { startFakeCatalog } from '../../src/fake/server.ts';
import { packageRoot } from '../../src/package-root.ts';
import { openQueueBackend, type QueueBackend, type QueueLocation } from '../../src/queue/backend.ts';
import { jobOptions } from '../../src/queue/job-options.ts';
import { checkedPayload } from '../../src/queue/payload.ts';
import { buildProgram } from '../../test/support/built-program.ts';
import { listsOf, organizationNames } from '../organizations/lists.ts';
import { startChild } from '../parts/child.ts';

const COMMAND = join(packageRoot(), 'src', 'cli', 'main.ts');
const READY_WITHIN_MS = 60_000;
const WITHIN_MS = 180_000;
const NAMES = organizationNames(3);
const [REFUSED = '', SAME_TOKEN = '', OTHER_TOKEN = ''] = NAMES;
const PAGES = 400;
/** A request that was on its way when the catalog refused another one arrives no later than this. */
const UNDER_WAY_MS = 250;
/** Between the end of a quiet and the next refusal, in requests of the one that is refused. */
const BETWEEN = 20;
const LATENCY_MS = 10;

/** One refusal, and what came of it. All times in milliseconds. */
export interface Refusal {
  /** The header as it was sent. */
  readonly header: string;
  readonly asked: number;
  /** Until the process that was refused asked again. */
  readonly own: number;
  /** Until the other process with the same token asked again, but for what it had under way. */
  readonly other: number;
  /** Requests of a process with another token in the meantime. */
  readonly free: number;
}

export interface Quiet {
  readonly refusals: readonly Refusal[];
  /** Requests that were made again, by the runs of the two processes with the refused token. */
  readonly retries: readonly number[];
  /** Attempts that the jobs of all three took. */
  readonly attempts: readonly number[];
  readonly states: readonly string[];
}

/** What a refusal asks for, from now on. */
const HEADERS: readonly ((now: number) => { readonly header: string; readonly asked: number })[] = [
  () => ({ header: '1', asked: 1_000 }),
  () => ({ header: '3', asked: 3_000 }),
  () => ({ header: '0.5', asked: 500 }),
  (now) => {
    const until = Math.ceil(now / 1_000) * 1_000 + 2_000;
    return { header: new Date(until).toUTCString(), asked: until - now };
  },
];

/**
 * Has three workers read a list each, two of them with the same token, and refuses one of these now and then.
 *
 * @param databaseUrl an empty database
 * @throws Error where a worker does not begin in time, or a job is not over in time
 */
export async function measureQuiet(databaseUrl: string, location: QueueLocation): Promise<Quiet> {
  const arrivals: { readonly organization: string; readonly at: number }[] = [];
  const refused: { header: string; asked: number; at: number }[] = [];
  const catalog = await startFakeCatalog({
    organizations: listsOf(NAMES.length, PAGES),
    credentials: [{ token: 'token-a' }, { token: 'token-b' }],
  });
  let sinceRefusal = 0;
  catalog.script(({ organization }) => {
    const at = performance.now();
    arrivals.push({ organization: organization ?? '', at });
    const allAreThere = NAMES.every((name) => arrivals.some((one) => one.organization === name));
    if (!allAreThere) return { act: 'answer', latencyMs: 500 };
    if (organization === REFUSED) sinceRefusal += 1;
    const next = HEADERS[refused.length];
    if (organization !== REFUSED || sinceRefusal < BETWEEN || next === undefined) {
      return { act: 'answer', latencyMs: LATENCY_MS };
    }
    sinceRefusal = 0;
    const { header, asked } = next(Date.now());
    refused.push({ header, asked, at });
    return { act: 'status', status: 429, retryAfter: header };
  });
  const program = await buildProgram(COMMAND);
  const children = NAMES.map((organization) =>
    startChild([program.script, 'worker'], {
      cwd: program.folder,
      env: {
        CATALOG_URL: catalog.url,
        CATALOG_TOKEN: organization === OTHER_TOKEN ? 'token-b' : 'token-a',
        CATALOG_ORGANIZATIONS: organization,
        DATABASE_URL: databaseUrl,
        ...(location.store === 'redis' ? { REDIS_URL: location.redisUrl } : {}),
        CATALOG_MIRROR_HOME: join(program.folder, 'home'),
        MIRROR_PAGE_SIZE: '1',
        MIRROR_PAGE_CONCURRENCY: '1',
      },
    }),
  );
  const backend = await openQueueBackend(location, { log: () => {}, clock: createSystemClock() });
  try {
    await Promise.all(children.map((child) => child.said(/ worker ready on /, READY_WITHIN_MS)));
    const attempts = await workJobs(backend);
    return {
      refusals: refused.map((refusal) => whatCameOf(refusal, arrivals)),
      attempts,
      ...(await readRuns(databaseUrl)),
    };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await backend.close();
    await catalog.close();
    await program.remove();
  }
}

/**
 * Puts a job for each list on the queue and waits until all are over.
 *
 * @returns how many attempts each took
 */
async function workJobs(backend: QueueBackend): Promise<readonly number[]> {
  const queue = backend.queue(mirrorOrganization.name);
  await queue.addBulk(
    NAMES.map((organization) => ({
      name: mirrorOrganization.name,
      data: checkedPayload(mirrorOrganization, {
        organization,
        kind: 'models',
        trigger: 'manual',
        runId: null,
        syncId: null,
      }),
      opts: jobOptions(mirrorOrganization),
    })),
  );
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const over = await queue.getJobs(['completed', 'failed']);
    if (over.length === NAMES.length) return over.map(({ attemptsMade }) => attemptsMade);
    if (performance.now() > deadline) throw new Error(`${over.length} of ${NAMES.length} jobs were over in time`);
    await setTimeout(250);
  }
}

function whatCameOf(
  { header, asked, at: from }: { readonly header: string; readonly asked: number; readonly at: number },
  arrivals: readonly { readonly organization: string; readonly at: number }[],
): Refusal {
  const next = (name: string, after: number): number =>
    (arrivals.find(({ organization, at }) => organization === name && at > after)?.at ?? Number.NaN) - from;
  const own = next(REFUSED, from);
  const free = arrivals.filter(({ organization, at }) => organization === OTHER_TOKEN && at > from && at < from + own);
  return { header, asked, own, other: next(SAME_TOKEN, from + Math.min(UNDER_WAY_MS, asked / 2)), free: free.length };
}

const runRow = z.object({ organization: z.string(), state: z.string(), retries: z.number() });

async function readRuns(databaseUrl: string): Promise<Pick<Quiet, 'retries' | 'states'>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT organization, state, retries FROM mirror.runs ORDER BY organization');
    const runs = rows.map((row) => runRow.parse(row));
    return {
      retries: runs.filter(({ organization }) => organization !== OTHER_TOKEN).map(({ retries }) => retries),
      states: runs.map(({ state }) => state),
    };
  } finally {
    await client.end();
  }
}
