import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

describe('a proxy before a server that echoes', () => {
  let server: Server;
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await startTcpProxy(`echo://user:word@127.0.0.1:${(server.address() as AddressInfo).port}/path`);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    server.close();
    await once(server, 'close');
  });

  function client(): { readonly socket: Socket; heard: string; ended: boolean } {
    const url = new URL(proxy.url);
    const socket = connect(Number(url.port), url.hostname);
    clients.push(socket);
    const state = { socket, heard: '', ended: false };
    socket.on('data', (chunk) => {
      state.heard += chunk.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      state.ended = true;
    });
    return state;
  }

  it('keeps all of the address but host and port, and passes on what is said', async () => {
    expect(proxy.url).toMatch(/^echo:\/\/user:word@127\.0\.0\.1:\d+\/path$/);
    const one = client();
    one.socket.write('hello');
    await vi.waitFor(() => expect(one.heard).toBe('hello'));
    expect([proxy.asked, proxy.open]).toEqual([1, 1]);
  });

  it('lets nothing pass while it stalls, on old connections and new ones, and all of it afterwards', async () => {
    const before = client();
    before.socket.write('a');
    await vi.waitFor(() => expect(before.heard).toBe('a'));
    proxy.stall();
    const during = client();
    before.socket.write('b');
    during.socket.write('c');
    await vi.waitFor(() => expect(proxy.open).toBe(2));
    // The server itself answers at once: had a byte passed, it were here before the answer of a straight connection.
    const straight = connect((server.address() as AddressInfo).port, '127.0.0.1');
    clients.push(straight);
    straight.write('x');
    await once(straight, 'data');
    expect([before.heard, during.heard]).toEqual(['a', '']);
    proxy.resume();
    await vi.waitFor(() => expect([before.heard, during.heard]).toEqual(['ab', 'c']));
  });

  it('resets old connections and new ones while it is cut, and takes new ones afterwards', async () => {
    const before = client();
    await vi.waitFor(() => expect(proxy.open).toBe(1));
    proxy.cut();
    await vi.waitFor(() => expect(before.ended).toBe(true));
    const during = client();
    await vi.waitFor(() => expect(during.ended).toBe(true));
    expect([proxy.asked, proxy.open]).toEqual([2, 0]);
    proxy.resume();
    const after = client();
    after.socket.write('back');
    await vi.waitFor(() => expect(after.heard).toBe('back'));
  });

  it('lets old connections hear nothing any more where it forgot them, and takes new ones', async () => {
    const before = client();
    before.socket.write('a');
    await vi.waitFor(() => expect(before.heard).toBe('a'));
    proxy.forget();
    before.socket.write('b');
    const after = client();
    after.socket.write('c');
    await vi.waitFor(() => expect(after.heard).toBe('c'));
    expect([before.heard, before.ended]).toEqual(['a', false]);
  });

  it('passes on large answers whole', async () => {
    const one = client();
    const much = 'x'.repeat(4 * 1024 * 1024);
    one.socket.write(much);
    await vi.waitFor(() => expect(one.heard.length).toBe(much.length), { timeout: 10_000 });
  });

  it('passes the end on, after what was said before it', async () => {
    const one = client();
    one.socket.end('goodbye');
    await vi.waitFor(() => expect([one.heard, one.ended]).toEqual(['goodbye', true]));
    await vi.waitFor(() => expect(proxy.open).toBe(0));
  });
});
