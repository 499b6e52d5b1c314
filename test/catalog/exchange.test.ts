import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Agent } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type ExchangeOptions, exchange, OutOfTime } from '../../src/catalog/exchange.ts';

describe('one exchange with a catalog', () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function serve(answer: RequestListener): Promise<{ readonly server: Server; readonly origin: string }> {
    const server = createServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  function ask(origin: string, options: Partial<ExchangeOptions> = {}) {
    const agent = new Agent();
    cleanups.push(() => agent.destroy());
    const most = { ofGood: 10, ofOther: 4 };
    return exchange(agent, { origin, path: '/', headers: {} }, { timeoutMs: 20_000, most, ...options });
  }

  it('gives the whole answer, headers and all', async () => {
    const { origin } = await serve((_, response) => response.writeHead(200, { 'x-said': 'yes' }).end('0123456789'));
    const { status, headers, body, end } = await ask(origin);
    expect({ status, said: headers['x-said'], body: String(body), end }).toEqual({
      status: 200,
      said: 'yes',
      body: '0123456789',
      end: 'whole',
    });
  });

  it('gives the answer behind one that only announces it', async () => {
    const { origin } = await serve((_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.writeHead(200).end('here'));
    });
    expect(await ask(origin)).toMatchObject({ status: 200, body: Buffer.from('here'), end: 'whole' });
  });

  it.each([
    [200, '0123456789'],
    [503, '0123'],
  ])('cuts a %i at its limit, and leaves the rest unread', async (status, kept) => {
    const closed: Promise<unknown>[] = [];
    const { server, origin } = await serve((_, response) => {
      response.writeHead(status);
      response.write('0123456789ab');
      // Without an end: whoever waits for it waits for ever.
    });
    server.on('connection', (socket: Socket) => closed.push(once(socket, 'close')));
    expect(await ask(origin)).toMatchObject({ status, body: Buffer.from(kept), end: 'cut' });
    await Promise.all(closed);
  });

  it('has no answer where a 200 breaks off, and the status of any other', async () => {
    const breakOff =
      (status: number): RequestListener =>
      (_, response) => {
        response.writeHead(status, { 'content-length': 5 });
        response.write('ab', () => response.destroy());
      };
    const [good, other] = [await serve(breakOff(200)), await serve(breakOff(429))];
    await expect(ask(good.origin)).rejects.toThrow();
    expect(await ask(other.origin)).toMatchObject({ status: 429, end: 'broken' });
  });

  it('is out of time where the server says nothing, and where it does not end', async () => {
    const [silent, endless] = [await serve(() => {}), await serve((_, response) => void response.write('a'))];
    await expect(ask(silent.origin, { timeoutMs: 50 })).rejects.toBeInstanceOf(OutOfTime);
    await expect(ask(endless.origin, { timeoutMs: 50 })).rejects.toBeInstanceOf(OutOfTime);
  });

  it('ends with the reason of its signal, also while it waits for a connection', async () => {
    const { server, origin } = await serve(() => {});
    const controller = new AbortController();
    const asked = ask(origin, { signal: controller.signal });
    await once(server, 'request');
    controller.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');

    const early = new AbortController();
    const waiting = ask(origin, { signal: early.signal });
    early.abort(new Error('too early'));
    await expect(waiting).rejects.toThrow('too early');
  });
});
