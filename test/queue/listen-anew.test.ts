import { PostgresConnection } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAnew } from '../../src/queue/listen-anew.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

describe.skipIf(!postgresAvailable)('a connection that listens, which the network has forgotten', () => {
  const database = useTestDatabase({ empty: true });

  async function forgottenConnection() {
    const proxy = await startTcpProxy(database.connectionString);
    onTestFinished(() => proxy.close());
    const connection = new PostgresConnection({ connectionString: proxy.url, query_timeout: 200 });
    listenAnew(connection);
    const client = await connection.getListenClient();
    proxy.forget();
    return { connection, client };
  }

  it('is another one after a question had no answer', async () => {
    const { connection, client } = await forgottenConnection();
    const anew = new Promise((resolve) => connection.once('listenerinvalidated', resolve));
    await expect(client.query('LISTEN anything')).rejects.toThrow('Query read timeout');
    await anew;
    const next = await connection.getListenClient();
    expect(next).not.toBe(client);
    expect((await next.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await connection.close();
  });

  it('is closed by who waited for that answer, without an error that nobody hears', async () => {
    const { connection, client } = await forgottenConnection();
    const unheard: unknown[] = [];
    const hear = (error: unknown) => unheard.push(error);
    process.on('uncaughtExceptionMonitor', hear);
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', hear));
    await client.query('LISTEN anything').catch(() => connection.close());
    expect(unheard).toEqual([]);
  });
});
