import { Redis } from 'ioredis';
import { afterEach, beforeEach } from 'vitest';
import { type Clock, createSystemClock } from '../../src/clock.ts';
import type { LetterOutbox } from '../../src/letters/types.ts';
import type { MirrorOrganization, MirrorRequest, RunSummary } from '../../src/mirror/types.ts';
import { openQueueBackend, QUEUE_SCHEMA, type QueueBackend, type QueueLocation } from '../../src/queue/backend.ts';
import type { MirrorTarget } from '../../src/queue/targets.ts';
import { createMirrorWorker, type MirrorWorker, type WorkerRole } from '../../src/queue/worker.ts';
import { repeatedly } from '../../src/store/repeat.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { redisAvailable, redisForTest } from '../support/redis.ts';

/** A place for one test's queue. */
interface Place {
  readonly location: QueueLocation;
  /** Takes everything out, as if it had never been used. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

export interface Store {
  readonly name: string;
  readonly available: boolean;
  place(): Promise<Place>;
}

/** Both places a queue can live in: every test of what the queue carries runs on both. */
export const STORES: readonly Store[] = [
  {
    name: 'PostgreSQL',
    available: postgresAvailable,
    place: async () => {
      const database = await createTestDatabase({ empty: true });
      return {
        location: { store: 'postgres', databaseUrl: database.connectionString },
        empty: () => emptyPostgres(database),
        remove: database.drop,
      };
    },
  },
  {
    name: 'Redis',
    available: redisAvailable,
    place: async () => {
      const { url, prefix } = redisForTest();
      return {
        location: { store: 'redis', redisUrl: url, prefix },
        empty: () => emptyRedis(url, prefix),
        remove: async () => {},
      };
    },
  },
];

async function emptyPostgres({ pool }: TestDatabase): Promise<void> {
  const { rows } = await pool.query<{ tables: string }>(
    `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables
     FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migration'`,
    [QUEUE_SCHEMA],
  );
  // Whoever uses the queue meanwhile may stand in the way.
  await repeatedly(() => pool.query(`TRUNCATE ${rows[0]?.tables}`));
}

async function emptyRedis(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys(`${prefix}:*`);
    if (keys.length > 0) await redis.del(keys);
  } finally {
    redis.disconnect();
  }
}

/** The present, without chance: what is tried again is tried again at once. */
export const REAL_CLOCK: Clock = { ...createSystemClock(), random: () => 0 };

export interface Ground {
  readonly location: QueueLocation;
  readonly backend: QueueBackend;
  /** What was logged. */
  readonly lines: string[];
  /** Takes everything out of the queue, behind the back of whoever uses it. */
  empty(): Promise<void>;
  /** Another process's view of the same queue. */
  otherProcess(): Promise<QueueBackend>;
  /** A worker that runs; `backend` is the test's own unless another is given. */
  worker(mirror: MirrorOrganization, options?: WorkerChoices): Promise<MirrorWorker>;
}

interface WorkerChoices {
  readonly role?: WorkerRole;
  readonly backend?: QueueBackend;
  readonly outbox?: LetterOutbox;
  readonly concurrency?: number;
  readonly stalledAfterMs?: number;
  readonly started?: boolean;
}

/** Gives each test of the surrounding describe an empty queue; all that it opened is closed after it. */
export function useQueue(store: Store): Ground {
  let place: Place;
  let backend: QueueBackend;
  let workers: MirrorWorker[];
  let backends: QueueBackend[];
  let lines: string[];
  const open = async () => {
    const opened = await openQueueBackend(place.location, { clock: REAL_CLOCK, log: (line) => lines.push(line) });
    backends.push(opened);
    return opened;
  };
  beforeEach(async () => {
    [workers, backends, lines] = [[], [], []];
    place = await store.place();
    backend = await open();
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close({ withinMs: 0 })));
    await Promise.all(backends.map((opened) => opened.close()));
    await place.remove();
  });
  return {
    get location() {
      return place.location;
    },
    get backend() {
      return backend;
    },
    get lines() {
      return lines;
    },
    empty: () => place.empty(),
    otherProcess: open,
    worker: async (mirror, choices = {}) => {
      const worker = await createMirrorWorker({
        backend: choices.backend ?? backend,
        role: choices.role ?? { takes: 'targets', targets: [ACME, GLOBEX] },
        mirror,
        outbox: choices.outbox ?? emptyOutbox(),
        concurrency: choices.concurrency ?? 4,
        ...(choices.stalledAfterMs === undefined ? {} : { stalledAfterMs: choices.stalledAfterMs }),
      });
      workers.push(worker);
      if (choices.started !== false) worker.start();
      return worker;
    },
  };
}

export const ACME: MirrorTarget = { organization: 'acme', kind: 'models' };
export const GLOBEX: MirrorTarget = { organization: 'globex', kind: 'models' };

export function emptyOutbox(): LetterOutbox {
  return { pending: async () => [], markQueued: async () => {}, closed: async () => [], markUnqueued: async () => {} };
}

export function summaryOf(request: Pick<MirrorRequest, 'organization' | 'kind'>, runId = '1'): RunSummary {
  return {
    runId,
    organization: request.organization,
    kind: request.kind,
    state: 'certified',
    day: '2025-01-15',
    startedAt: '2025-01-15T03:00:00.000Z',
    finishedAt: '2025-01-15T03:00:05.000Z',
    figures: {
      total: 1,
      listed: 1,
      pages: 1,
      passes: 1,
      extraReads: 0,
      requests: 1,
      retries: 0,
      added: 1,
      changed: 0,
      counted: 1,
      superseded: 0,
      withdrawn: 0,
      restored: 0,
      unproved: 0,
      letters: 0,
    },
    error: null,
    errorClass: null,
  };
}

/** A mirror that closes a run at once, and remembers what it was asked. */
export function closingMirror(): { readonly mirror: MirrorOrganization; readonly requests: MirrorRequest[] } {
  const requests: MirrorRequest[] = [];
  return {
    requests,
    mirror: async (request) => {
      requests.push(request);
      return { status: 'closed', run: summaryOf(request) };
    },
  };
}

/** A gate that a mirror stands before until the test opens it. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
