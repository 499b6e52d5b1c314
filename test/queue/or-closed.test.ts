import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openQueueBackend, QUEUE_SCHEMA, type QueueBackend } from '../../src/queue/backend.ts';
import { startPruneWorker } from '../../src/queue/prune-letters.ts';
import { createMirrorWorker } from '../../src/queue/worker.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { ACME, closingMirror, emptyOutbox, REAL_CLOCK } from './ground.ts';

describe.skipIf(!postgresAvailable)('a PostgreSQL that goes away while a worker starts', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    database = await createTestDatabase({ withQueue: true });
    proxy = await startTcpProxy(database.connectionString);
  });
  afterEach(async () => {
    await proxy.close();
    await database.drop();
  });

  const open = () =>
    openQueueBackend(
      { store: 'postgres', databaseUrl: proxy.url },
      { clock: REAL_CLOCK, log: (line) => lines.push(line) },
    );
  const failure = expect.objectContaining({ class: 'database', operation: 'open the queue' });

  /** Resolves when the proxy was asked for so many connections. */
  async function untilAsked(times: number): Promise<void> {
    while (proxy.asked < times) await new Promise((resolve) => setImmediate(resolve));
  }

  /** No connection is left once another process has come and gone: time for whoever still tries to be heard. */
  async function expectNobody(): Promise<void> {
    proxy.resume();
    await (await open()).close();
    await vi.waitFor(() => expect(proxy.open).toBe(0));
  }

  it('leaves no connection of the queue behind that is tried for ever', async () => {
    // The first one brings the tables up to date.
    const cut = untilAsked(2).then(() => proxy.cut());
    await expect(open()).rejects.toEqual(failure);
    await cut;
    await expectNobody();
  });

  const startMirrorWorker = (backend: QueueBackend) =>
    createMirrorWorker({
      backend,
      role: { takes: 'targets', targets: [ACME] },
      mirror: closingMirror().mirror,
      outbox: emptyOutbox(),
      concurrency: 1,
    });

  const STARTS: readonly [string, (backend: QueueBackend) => Promise<unknown>][] = [
    ['for the listings', startMirrorWorker],
    [
      'for the pruning',
      (backend) =>
        startPruneWorker(backend, {
          expired: async () => [],
          remove: async () => {},
          removeFindings: async () => 0,
        }),
    ],
  ];

  it.each(STARTS)('leaves no worker %s behind that connects for ever', async (_, start) => {
    const backend = await open();
    proxy.cut();
    await expect(start(backend)).rejects.toEqual(failure);
    await backend.close();
    await expectNobody();
  });

  it('is told of, and ends no process, where the connection breaks while its first question is under way', async () => {
    const backend = await open();
    const blocker = await database.pool.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query(`LOCK TABLE ${QUEUE_SCHEMA}.migration IN ACCESS EXCLUSIVE MODE`);
      const starting = expect(startMirrorWorker(backend)).rejects.toEqual(failure);
      await vi.waitFor(async () => {
        const { rowCount } = await database.pool.query(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        expect(rowCount).toBeGreaterThan(0);
      });
      // Without a listener the driver's event would end the process, which fails this file.
      proxy.cut();
      await starting;
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
      await backend.close();
    }
  });
});
