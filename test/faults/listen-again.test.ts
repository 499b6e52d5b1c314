import { Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openQueueBackend, type QueueBackend, type QueueLocation } from '../../src/queue/backend.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import { reconcileSchedules } from '../../src/queue/schedules.ts';
import { mirrorQueue } from '../../src/queue/targets.ts';
import { createMirrorWorker } from '../../src/queue/worker.ts';
import { ACME, closingMirror, emptyOutbox, REAL_CLOCK, STORES, useQueue } from '../queue/ground.ts';
import { kill, useEmbeddedGround } from '../support/embedded.ts';
import { ownRedisAvailable, startOwnRedis } from '../support/own-redis.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/**
 * A worker looks for jobs that it did not hear of every half minute on PostgreSQL: far less than that, even on a slow
 * machine, tells that it heard.
 */
const PROMPTLY_MS = 15_000;
const MANUAL = { trigger: 'manual', syncId: null } as const;
/** Something is due one day, so that the worker waits as long as it ever does. */
const SCHEDULED = [{ organization: 'acme', kinds: ['models'], cron: '0 3 1 1 *', timeZone: 'UTC' }];

/** A worker that waits for a job, and whoever adds one on a way of his own. */
interface Waiting {
  readonly lines: readonly string[];
  /** Adds a job and resolves when the worker has worked it, with the milliseconds that took. */
  pickUp(): Promise<number>;
  /** Has PostgreSQL or Redis end the connection on which the worker waits. */
  endItsConnection(): Promise<void>;
}

/** One that may not have begun to work yet. */
interface Opened extends Waiting {
  start(): void;
  /** Resolves when no job is under way: until then another one of the same organization is not added. */
  isIdle(): Promise<void>;
}

interface Options {
  readonly silentForMs?: number;
}

/** Opens both; `through` is how the worker reaches the server. They are closed with the test. */
async function openWorker(location: QueueLocation, through: string, options: Options): Promise<Opened> {
  const lines: string[] = [];
  const opened: QueueBackend[] = [];
  const open = async (at: QueueLocation, log: (line: string) => void) => {
    const backend = await openQueueBackend(at, { clock: REAL_CLOCK, log, ...options });
    opened.push(backend);
    return backend;
  };
  const own = await open(location, () => {});
  const backend = await open(at(location, through), (line) => lines.push(line));
  const { mirror, requests } = closingMirror();
  const worker = await createMirrorWorker({
    backend,
    role: { takes: 'targets', targets: [ACME] },
    mirror,
    outbox: emptyOutbox(),
    concurrency: 1,
  });
  onTestFinished(async () => {
    await worker.close({ withinMs: 0 });
    for (const one of opened) await one.close();
  });
  await reconcileSchedules(own, SCHEDULED);
  const isIdle = () =>
    vi.waitFor(async () => expect(await own.queue(mirrorQueue(null)).getActiveCount()).toBe(0), {
      timeout: 20_000,
      interval: 10,
    });
  return {
    lines,
    start: () => worker.start(),
    isIdle,
    pickUp: async () => {
      const before = requests.length;
      const at = performance.now();
      await enqueueMirrors(own, [ACME], MANUAL);
      await vi.waitFor(() => expect(requests.length).toBeGreaterThan(before), { timeout: 60_000, interval: 10 });
      return performance.now() - at;
    },
    endItsConnection: async () => {
      await isIdle();
      await endWorkerConnection(location);
    },
  };
}

/** The same once it works: it has worked a job, and waits for the next one or is about to. */
async function workerThatWaits(
  location: QueueLocation,
  through: string = addressOf(location),
  options: Options = {},
): Promise<Waiting> {
  const worker = await openWorker(location, through, options);
  worker.start();
  await worker.pickUp();
  await worker.isIdle();
  return worker;
}

function addressOf(location: QueueLocation): string {
  return location.store === 'postgres' ? location.databaseUrl : location.redisUrl;
}

function at(location: QueueLocation, address: string): QueueLocation {
  return location.store === 'postgres' ? { ...location, databaseUrl: address } : { ...location, redisUrl: address };
}

async function endWorkerConnection(location: QueueLocation): Promise<void> {
  if (location.store === 'postgres') {
    const ended = await asDatabaseOwner(
      location.databaseUrl,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE 'mirror-organization:w:%'`,
    );
    expect(ended).toBe(1);
    return;
  }
  const redis = new Redis(location.redisUrl);
  try {
    const id = await vi.waitFor(
      async () => {
        const waits = String(await redis.client('LIST'))
          .split('\n')
          .filter((line) => line.includes(`name=${location.prefix}:`) && line.includes('cmd=bzpopmin'));
        expect(waits).toHaveLength(1);
        return /^id=(\d+)/.exec(waits[0] ?? '')?.[1] ?? '';
      },
      { timeout: 20_000 },
    );
    await redis.client('KILL', 'ID', id);
  } finally {
    redis.disconnect();
  }
}

/** Asks on a connection of its own; returns how many rows were answered. */
async function asDatabaseOwner(databaseUrl: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

async function openProxy(location: QueueLocation): Promise<TcpProxy> {
  const proxy = await startTcpProxy(addressOf(location));
  onTestFinished(() => proxy.close());
  return proxy;
}

describe.each(STORES.filter(({ available }) => available))('a worker that waits for a job on $name', (store) => {
  const ground = useQueue(store);

  it('hears of the next one after the server ended the connection on which it waits, each time', async () => {
    const waiting = await workerThatWaits(ground.location);
    for (let time = 0; time < 3; time += 1) {
      await waiting.endItsConnection();
      expect(await waiting.pickUp()).toBeLessThan(PROMPTLY_MS);
    }
  });

  it('hears of the next one after the server could not be reached for several tries, and says so in two lines', async () => {
    const proxy = await openProxy(ground.location);
    const waiting = await workerThatWaits(ground.location, proxy.url);
    const asked = proxy.asked;
    proxy.cut();
    await vi.waitFor(() => expect(proxy.asked).toBeGreaterThan(asked + 6), { timeout: 20_000 });
    proxy.resume();
    expect(await waiting.pickUp()).toBeLessThan(PROMPTLY_MS);
    // The next one is heard of, not found by a look that was due in any case.
    expect(await waiting.pickUp()).toBeLessThan(PROMPTLY_MS);
    await vi.waitFor(() => expect(waiting.lines).toHaveLength(2), { timeout: 20_000 });
    expect(waiting.lines).toEqual([
      expect.stringMatching(/^queue \(\w+\): the connection is lost \(.+\); what is being mirrored goes on/),
      expect.stringMatching(/^queue \(\w+\): answers again after \d+\.\d s$/),
    ]);
  });

  it('hears of the next one after the network stood still, though it was added meanwhile', async () => {
    const proxy = await openProxy(ground.location);
    const waiting = await workerThatWaits(ground.location, proxy.url);
    proxy.stall();
    const pickedUp = waiting.pickUp();
    proxy.resume();
    expect(await pickedUp).toBeLessThan(PROMPTLY_MS);
  });

  it('takes the next one soon after the network forgot its connections without a word', async () => {
    const proxy = await openProxy(ground.location);
    const waiting = await workerThatWaits(ground.location, proxy.url, { silentForMs: 3_000 });
    proxy.forget();
    expect(await waiting.pickUp()).toBeLessThan(2 * PROMPTLY_MS);
  }, 90_000);

  it('takes the next one soon after the network forgot its connections before it ever waited', async () => {
    const proxy = await openProxy(ground.location);
    const worker = await openWorker(ground.location, proxy.url, { silentForMs: 3_000 });
    proxy.forget();
    worker.start();
    // The first job it asks for; of the second one it has to hear, on a connection that it had made before.
    await worker.pickUp();
    await worker.isIdle();
    expect(await worker.pickUp()).toBeLessThan(2 * PROMPTLY_MS);
  }, 90_000);
});

describe('a worker that waits for a job on a server that restarts', () => {
  const embedded = useEmbeddedGround();

  it('hears of the next one, on PostgreSQL', async () => {
    const server = await embedded.join(await embedded.home());
    await server.ensureDatabase('queue');
    const databaseUrl = server.connectionString('queue');
    const waiting = await workerThatWaits({ store: 'postgres', databaseUrl });
    // One process of it that is killed has the whole server end all others and start again.
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await kill(rows[0]?.pid ?? 0, 'SIGKILL');
    await client.end().catch(() => {});
    await vi.waitFor(() => asDatabaseOwner(databaseUrl, 'SELECT 1'), { timeout: 30_000, interval: 100 });
    expect(await waiting.pickUp()).toBeLessThan(PROMPTLY_MS);
    await vi.waitFor(() => expect(waiting.lines).toHaveLength(2), { timeout: 20_000 });
  }, 90_000);

  it.skipIf(!ownRedisAvailable)(
    'hears of the next one, on Redis',
    async () => {
      const redis = await startOwnRedis();
      onTestFinished(() => redis.stop());
      const waiting = await workerThatWaits({ store: 'redis', redisUrl: redis.url });
      await redis.restart();
      expect(await waiting.pickUp()).toBeLessThan(PROMPTLY_MS);
      await vi.waitFor(() => expect(waiting.lines).toHaveLength(2), { timeout: 20_000 });
    },
    90_000,
  );
});
