import { Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { awaitJobs } from '../../src/queue/await-jobs.ts';
import { openQueueBackend, QUEUE_SCHEMA, type QueueLocation } from '../../src/queue/backend.ts';
import { connectionLog, isConnectionLoss, outageLog, reasonOf } from '../../src/queue/connection-log.ts';
import { enqueueMirrors } from '../../src/queue/enqueue.ts';
import { FakeClock } from '../support/clock.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { ACME, closingMirror, REAL_CLOCK, STORES, useQueue } from './ground.ts';

const open = (location: QueueLocation) => openQueueBackend(location, { clock: REAL_CLOCK, log: () => {} });

describe.each(STORES.filter(({ available }) => available))('the queue on $name', (store) => {
  const ground = useQueue(store);

  async function asServer<T>(work: (server: { pg: pg.Client | null; redis: Redis | null }) => Promise<T>): Promise<T> {
    if (ground.location.store === 'redis') {
      const redis = new Redis(ground.location.redisUrl);
      return work({ pg: null, redis }).finally(() => redis.disconnect());
    }
    const client = new pg.Client({ connectionString: ground.location.databaseUrl });
    await client.connect();
    return work({ pg: client, redis: null }).finally(() => client.end());
  }

  it('may be opened by several processes at once', async () => {
    const opened = await Promise.all(Array.from({ length: 4 }, () => ground.otherProcess()));
    await Promise.all(opened.map((backend) => enqueueMirrors(backend, [ACME], { trigger: 'manual', syncId: null })));
    expect(await ground.backend.queue(mirrorOrganization.name).getJobCounts('wait')).toEqual({ wait: 4 });
  });

  it('leaves no connection behind when it is closed', async () => {
    const backend = await ground.otherProcess();
    const worker = await ground.worker(closingMirror().mirror, { backend });
    await ground.backend.close();
    const jobs = await enqueueMirrors(backend, [ACME], { trigger: 'manual', syncId: null });
    await awaitJobs(backend, jobs);
    const connections = () =>
      asServer(async (server) => {
        if (server.redis !== null) {
          const clients = String(await server.redis.client('LIST'));
          return clients.split('\n').filter((line) => line.includes(`name=${backend.namespace.split('/')[0]}:`)).length;
        }
        const sessions = await server.pg?.query<{ count: number }>(
          'select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        );
        return sessions?.rows[0]?.count ?? 0;
      });
    expect(await connections()).toBeGreaterThan(0);
    await worker.close();
    await backend.close();
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });

  it('goes on after its connections were cut, and says in a line that they were', async () => {
    const { mirror, requests } = closingMirror();
    await ground.worker(mirror);
    await asServer(async (server) => {
      await server.pg?.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      const clients = String((await server.redis?.client('LIST')) ?? '');
      for (const line of clients.split('\n')) {
        const id = /^id=(\d+)/.exec(line)?.[1];
        if (id !== undefined && line.includes(`name=${ground.backend.namespace.split('/')[0]}:`)) {
          await server.redis?.client('KILL', 'ID', id);
        }
      }
    });
    // Before: a connection that does not know yet that it was cut refuses the job, and tells whoever adds it.
    await vi.waitFor(() => expect(ground.lines).toHaveLength(2), { timeout: 15_000 });
    const jobs = await enqueueMirrors(ground.backend, [ACME], { trigger: 'manual', syncId: null });
    await awaitJobs(ground.backend, jobs);
    expect(requests).toHaveLength(1);
    expect(ground.lines).toEqual([
      expect.stringMatching(/^queue \(\w+\): the connection is lost \([^\n]+\); what is being mirrored goes on/),
      expect.stringMatching(/^queue \(\w+\): answers again after \d+\.\d s$/),
    ]);
  });
});

describe('a queue that cannot be opened', () => {
  it('says so and what to check, where no PostgreSQL listens', async () => {
    const databaseUrl = `postgres://me:swordfish@127.0.0.1:${await freePort()}/db`;
    const opening = open({ store: 'postgres', databaseUrl });
    await expect(opening).rejects.toMatchObject({ class: 'database', hint: expect.stringContaining('DATABASE_URL') });
    await expect(opening).rejects.not.toThrow(/swordfish/);
  });

  it('says so and what to check, where no Redis listens', async () => {
    const redisUrl = `redis://:swordfish@127.0.0.1:${await freePort()}/0`;
    const opening = open({ store: 'redis', redisUrl });
    await expect(opening).rejects.toMatchObject({
      class: 'connection',
      message: expect.stringMatching(/^could not open the queue \(the queue on Redis\): Redis: .*ECONNREFUSED/),
      hint: expect.stringContaining('REDIS_URL'),
    });
    await expect(opening).rejects.not.toThrow(/swordfish/);
  });
});

describe.skipIf(!postgresAvailable)('the queue’s schema in PostgreSQL', () => {
  const database = useTestDatabase({ empty: true });

  it('may be made by several processes at once', async () => {
    const location: QueueLocation = { store: 'postgres', databaseUrl: database.connectionString };
    const opened = await Promise.all(Array.from({ length: 5 }, () => open(location)));
    await Promise.all(opened.map((backend) => backend.close()));
    const tables = await database.pool.query('select from pg_tables where schemaname = $1', [QUEUE_SCHEMA]);
    expect(tables.rowCount).toBeGreaterThan(5);
  });

  it('may be made by a DBA for a role that can make none', async () => {
    const role = `worker_${Date.now()}`;
    await database.pool.query(`create role ${role} login password 'swordfish'`);
    try {
      const url = new URL(database.connectionString);
      [url.username, url.password] = [role, 'swordfish'];
      const location: QueueLocation = { store: 'postgres', databaseUrl: url.href };
      await expect(open(location)).rejects.toMatchObject({
        class: 'database',
        detail: expect.stringContaining('42501'),
      });
      await database.pool.query(`create schema ${QUEUE_SCHEMA} authorization ${role}`);
      for (const time of ['first', 'second']) {
        const backend = await open(location);
        await enqueueMirrors(backend, [{ ...ACME, kind: time }], { trigger: 'manual', syncId: null });
        await backend.close();
      }
    } finally {
      await database.pool.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  it('is found though the address has options of its own', async () => {
    const url = new URL(database.connectionString);
    url.searchParams.set('options', '-c statement_timeout=60000');
    const backend = await open({ store: 'postgres', databaseUrl: url.href });
    const jobs = await enqueueMirrors(backend, [ACME], { trigger: 'manual', syncId: null });
    expect(jobs).toHaveLength(1);
    await backend.close();
  });
});

describe('the log of a connection', () => {
  it('says the same thing once a minute and another thing at once', () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const onError = connectionLog((line) => lines.push(line), clock, 'queue');
    onError(new Error('refused\n    at somewhere'));
    onError(new Error('refused'));
    clock.advance(59_999);
    onError(new Error('refused'));
    expect(lines).toEqual(['queue: refused']);
    clock.advance(1);
    onError(new Error('refused'));
    onError(new Error('reset'));
    expect(lines).toEqual(['queue: refused', 'queue: refused', 'queue: reset']);
  });

  it('is no flood where two errors take turns', () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const onError = connectionLog((line) => lines.push(line), clock, 'queue');
    for (let time = 0; time < 10; time += 1) {
      onError(new Error('refused'));
      onError(new Error('reset'));
    }
    expect(lines).toEqual(['queue: refused', 'queue: reset']);
  });

  it('finds a reason where all addresses of a host refused', () => {
    expect(reasonOf(new AggregateError([new Error('connect ECONNREFUSED ::1:6379')]))).toBe(
      'connect ECONNREFUSED ::1:6379',
    );
  });
});

describe('the log of an outage', () => {
  const refused = () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' });

  it('says once that the server is away, and once that it answers again and after how long', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const lines: string[] = [];
    let isAway = true;
    const answers = async () => {
      if (isAway) throw refused();
    };
    const outages = outageLog((line) => lines.push(line), clock, { what: 'queue', answers });
    for (const reason of [refused(), new Error('Connection is closed.'), refused()]) outages.failed(reason);
    for (let looks = 0; looks < 4; looks += 1) {
      await vi.waitFor(() => expect(clock.sleeping).toBe(1));
      isAway = looks < 3;
      clock.advance(500);
    }
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    expect(lines).toEqual([
      'queue: the connection is lost (connect ECONNREFUSED 10.0.0.1:6379); what is being mirrored goes on, and it is tried again',
      'queue: answers again after 2.0 s',
    ]);
    clock.advance(60_000);
    outages.failed(refused());
    expect(lines).toHaveLength(3);
    outages.close();
  });

  it('says nothing of a connection that notices late what is over, and all of an outage that follows another', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const lines: string[] = [];
    let isAway = false;
    const answers = vi.fn(async () => {
      if (isAway) throw refused();
    });
    const outages = outageLog((line) => lines.push(line), clock, { what: 'queue', answers });
    const look = async () => {
      const before = answers.mock.calls.length;
      await vi.waitFor(() => expect(clock.sleeping).toBe(1));
      clock.advance(500);
      await vi.waitFor(() => expect(answers.mock.calls.length).toBe(before + 1));
    };
    outages.failed(refused());
    await look();
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    outages.failed(refused());
    await look();
    expect(lines).toHaveLength(2);
    isAway = true;
    await vi.waitFor(() => {
      outages.failed(refused());
      expect(clock.sleeping).toBe(1);
    });
    await look();
    await vi.waitFor(() => expect(lines).toHaveLength(3));
    isAway = false;
    await look();
    await vi.waitFor(() => expect(lines).toHaveLength(4));
    expect(lines.slice(2)).toEqual([
      expect.stringContaining('the connection is lost'),
      'queue: answers again after 1.0 s',
    ]);
    outages.close();
  });

  it('says nothing more, and asks nothing more, once it is closed', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const lines: string[] = [];
    const answers = vi.fn(async () => {});
    const outages = outageLog((line) => lines.push(line), clock, { what: 'queue', answers });
    outages.failed(refused());
    outages.close();
    outages.failed(refused());
    await vi.waitFor(() => expect(clock.sleeping).toBe(0));
    expect(lines).toHaveLength(1);
  });

  it.each([
    [refused(), true],
    [new AggregateError([refused()]), true],
    [new Error('Connection is closed.'), true],
    [new Error('Connection terminated unexpectedly'), true],
    [new Error("Socket timeout. Expecting data, but didn't receive any in 30000ms."), true],
    [new Error('Reached the max retries per request limit (which is 10). Refer to ...'), true],
    [new Error('Command timed out'), true],
    [new Error('LOADING Redis is loading the dataset in memory'), true],
    [Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' }), true],
    [Object.assign(new Error('the database system is starting up'), { code: '57P03' }), true],
    [Object.assign(new Error('permission denied'), { code: '42501' }), false],
    [new Error("OOM command not allowed when used memory > 'maxmemory'."), false],
    [new Error('WRONGPASS invalid username-password pair'), false],
    ['a text', false],
  ])('knows the loss of a connection from another error: %s', (error, isLoss) => {
    expect(isConnectionLoss(error)).toBe(isLoss);
  });
});
