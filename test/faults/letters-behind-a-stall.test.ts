import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { createLetterOutbox } from '../../src/store/dead-letters/letter-outbox.ts';
import { createTestDatabase, postgresAvailable } from '../support/database.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

/** CONNECTION_PATIENCE takes up to 35 seconds of real silence; a busy machine gets some more. */
const GIVEN_UP_WITHIN_MS = 45_000;

it.skipIf(!postgresAvailable)(
  'a question for letters is given up where the network stalls: a worker that waits for it can end',
  { timeout: 2 * GIVEN_UP_WITHIN_MS },
  async () => {
    const database = await createTestDatabase();
    const proxy = await startTcpProxy(database.connectionString);
    const pool = new pg.Pool({ connectionString: proxy.url, connectionTimeoutMillis: 5_000 });
    pool.on('error', () => {});
    onTestFinished(async () => {
      await proxy.close();
      await pool.end();
      await database.drop();
    });
    const outbox = createLetterOutbox(pool);
    expect(await outbox.pending(1)).toEqual([]);
    proxy.stall();
    const stalledAt = performance.now();
    await expect(outbox.pending(1)).rejects.toThrow('the connection stalled');
    expect(performance.now() - stalledAt).toBeLessThan(GIVEN_UP_WITHIN_MS);
  },
);
