import pg from 'pg';
import { z } from 'zod';
import type { Clock } from '../../src/clock.ts';
import { type Child, NotSaid, startChild } from '../parts/child.ts';

/** Many organizations whose schedules fire at one moment, and the workers that share them. */
export interface FireOptions {
  /** The built command: what `node` is to run. */
  readonly program: string;
  /** A folder of the workers' own, without a settings file. */
  readonly folder: string;
  readonly catalogUrl: string;
  /** An empty database. */
  readonly databaseUrl: string;
  /** An empty Redis for the queue; null where it is to be in the database. */
  readonly redisUrl: string | null;
  readonly organizations: readonly string[];
  readonly workers: number;
  /** From the start of the workers to the fire, in milliseconds; more where they are not ready by then. */
  readonly leadMs: number;
  /** From the fire to the end of the last run, at most, in milliseconds. */
  readonly withinMs: number;
  readonly clock: Clock;
}

/** What one fire came to. */
export interface Fire {
  /** From the start of the workers until the last had reconciled the schedules. */
  readonly readyMs: number;
  /** From the moment of the schedules to the first run. */
  readonly firstRunMs: number;
  /** From the moment of the schedules to the end of the last run. */
  readonly wholeMs: number;
  readonly runs: number;
  readonly certified: number;
  /** Organizations with more than one run. */
  readonly twice: number;
  /** Artifacts in the mirror. */
  readonly artifacts: number;
  readonly requests: number;
  /** Runs that each worker closed. */
  readonly shares: readonly number[];
  /** The most memory of each worker; null where the system does not tell. */
  readonly peakRssMb: readonly (number | null)[];
  /** The most connections to the database at one look, those of this measurement apart. */
  readonly peakConnections: number;
  /** What the workers said beside the runs and their own beginning and end. */
  readonly remarks: readonly string[];
}

const LOOK_EVERY_MS = 250;
const MORE_LEAD = 3;
const MOST_LEAD_MS = 600_000;
/** Before the moment of the schedules, for the workers that are not ready to be killed. */
const MARGIN_MS = 3_000;
const READY = /schedules: \d+ added, \d+ changed, \d+ removed, \d+ unchanged$/;
const CLOSED = /^\S+ run \d+ models of /;
const EXPECTED = [CLOSED, READY, / worker ready on /, / stopping: /, / stopped$/];

/**
 * Starts the workers with one schedule for all, lets it fire once, and waits until every organization has a run that is
 * over.
 *
 * @throws Error where the workers are never ready in time, a worker ends by itself, or not all is over in time
 */
export async function measureFire(options: FireOptions): Promise<Fire> {
  const { clock, withinMs, organizations } = options;
  const { workers, fireAt, readyMs } = await startReady(options);
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 1 });
  pool.on('error', () => {});
  try {
    const deadline = fireAt.getTime() + withinMs;
    const { peakConnections } = await untilOver(pool, organizations.length, { clock, deadline, workers });
    const peakRssMb = await Promise.all(workers.map((worker) => worker.peakRssMb()));
    const codes = await Promise.all(workers.map((worker) => worker.stop()));
    if (codes.some((code) => code !== 0)) throw new Error(`a worker ended with ${codes.join(', ')}:\n${tail(workers)}`);
    return {
      readyMs,
      ...(await readRuns(pool, fireAt)),
      shares: workers.map(({ lines }) => lines.filter((line) => CLOSED.test(line)).length),
      peakRssMb,
      peakConnections,
      remarks: workers.flatMap(({ lines }) => lines.filter((line) => !EXPECTED.some((one) => one.test(line)))),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await pool.end();
  }
}

interface Ready {
  readonly workers: readonly Child[];
  readonly fireAt: Date;
  readonly readyMs: number;
}

/**
 * Starts the workers so long before the moment of their schedules that all of them are ready by then. Where the machine
 * is too busy for that, they are killed before the moment, and it is tried again with more time: nothing has fired.
 */
async function startReady(options: FireOptions): Promise<Ready> {
  const { clock } = options;
  for (let leadMs = options.leadMs; ; leadMs *= MORE_LEAD) {
    const startedAt = clock.now();
    const fireAt = new Date(Math.ceil((startedAt.getTime() + leadMs) / 1_000) * 1_000);
    const workers = Array.from({ length: options.workers }, () => startWorker(options, fireAt));
    try {
      await Promise.all(workers.map((worker) => worker.said(READY, leadMs - MARGIN_MS)));
      return { workers, fireAt, readyMs: clock.now().getTime() - startedAt.getTime() };
    } catch (error) {
      await Promise.all(workers.map((worker) => worker.kill()));
      if (!(error instanceof NotSaid) || leadMs * MORE_LEAD > MOST_LEAD_MS) throw error;
    }
  }
}

function startWorker(options: FireOptions, fireAt: Date): Child {
  const [hour, minute, second] = [fireAt.getUTCHours(), fireAt.getUTCMinutes(), fireAt.getUTCSeconds()];
  return startChild([options.program, 'worker'], {
    cwd: options.folder,
    env: {
      CATALOG_URL: options.catalogUrl,
      CATALOG_TOKEN: 'a-token-of-the-benchmark',
      CATALOG_ORGANIZATIONS: options.organizations.join(','),
      CATALOG_MIRROR_HOME: options.folder,
      DATABASE_URL: options.databaseUrl,
      ...(options.redisUrl === null ? {} : { REDIS_URL: options.redisUrl }),
      MIRROR_CRON: `${second} ${minute} ${hour} * * *`,
      MIRROR_TIMEZONE: 'UTC',
    },
  });
}

async function untilOver(
  pool: pg.Pool,
  expected: number,
  {
    clock,
    deadline,
    workers,
  }: { readonly clock: Clock; readonly deadline: number; readonly workers: readonly Child[] },
): Promise<{ readonly peakConnections: number }> {
  let ended = false;
  for (const worker of workers) {
    void worker.ended.then(() => {
      ended = true;
    });
  }
  for (let peakConnections = 0; ; ) {
    const { rows } = await pool.query(
      `SELECT (SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid())::integer AS connections,
              (SELECT count(DISTINCT organization) FROM mirror.runs WHERE state <> 'running')::integer AS over`,
    );
    const { connections, over } = looked.parse(rows[0]);
    peakConnections = Math.max(peakConnections, connections);
    if (over >= expected) return { peakConnections };
    if (ended) throw new Error(`a worker ended by itself:\n${tail(workers)}`);
    if (clock.now().getTime() > deadline) {
      throw new Error(`only ${over} of ${expected} organizations have a run that is over:\n${tail(workers)}`);
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
}

const looked = z.object({ connections: z.int(), over: z.int() });

const summary = z.object({
  runs: z.int(),
  certified: z.int(),
  twice: z.int(),
  artifacts: z.int(),
  requests: z.int(),
  first_run: z.date(),
  last_end: z.date(),
});

async function readRuns(pool: pg.Pool, fireAt: Date) {
  const { rows } = await pool.query(
    `SELECT count(*)::integer AS runs,
            count(*) FILTER (WHERE state = 'certified')::integer AS certified,
            (count(*) - count(DISTINCT organization))::integer AS twice,
            (SELECT count(*) FROM mirror.artifacts)::integer AS artifacts,
            sum(requests)::integer AS requests,
            min(started_at) AS first_run,
            max(finished_at) AS last_end
     FROM mirror.runs`,
  );
  const { first_run, last_end, ...figures } = summary.parse(rows[0]);
  return {
    ...figures,
    firstRunMs: first_run.getTime() - fireAt.getTime(),
    wholeMs: last_end.getTime() - fireAt.getTime(),
  };
}

function tail(workers: readonly Child[]): string {
  return workers.map(({ lines }) => lines.slice(-10).join('\n')).join('\n--\n');
}
