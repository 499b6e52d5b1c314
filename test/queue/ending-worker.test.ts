import { afterEach, describe, expect, it } from 'vitest';
import { watchWhatKeepsAlive } from '../../soak/kept-alive.ts';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { redisAvailable, redisForTest } from '../support/redis.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { REAL_CLOCK } from './ground.ts';

describe.skipIf(!redisAvailable)('a worker that is closed while Redis is away', () => {
  let proxy: TcpProxy | null = null;
  afterEach(() => proxy?.close());

  it.each(['cut', 'stall'] as const)('leaves no timer of BullMQ behind that keeps the process (%s)', async (fault) => {
    const whatKeepsAlive = watchWhatKeepsAlive();
    const { url, prefix } = redisForTest();
    proxy = await startTcpProxy(url);
    // What is waited for in vain takes no time here.
    const clock = { ...REAL_CLOCK, sleep: () => REAL_CLOCK.sleep(200) };
    const backend = await openQueueBackend({ store: 'redis', redisUrl: proxy.url, prefix }, { clock, log: () => {} });
    const worker = backend.worker('some-queue', async () => null, { concurrency: 1 });
    await worker.waitUntilReady();
    const running = worker.run();
    await expect.poll(whatKeepsAlive).toContain('lock-manager');
    proxy[fault]();
    await worker.close();
    // A farewell that Redis leaves without an answer ends by itself; these two would begin anew for ever.
    await expect.poll(whatKeepsAlive).not.toMatch(/lock-manager|stalledChecker/);
    proxy.resume();
    await backend.close();
    await running;
  });
});
