import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { connectMember } from '../../src/embedded/member.ts';
import { useEmbeddedGround } from '../support/embedded.ts';

describe('a member of the embedded server', () => {
  const ground = useEmbeddedGround();
  let gate: Server | null = null;
  const sockets = new Set<Socket>();

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    gate?.close();
  });

  it('is connected although the server cuts its first connections while they are made, as after a crash', async () => {
    const server = await ground.join(await ground.home());
    const url = new URL(server.connectionString('postgres'));
    let cut = 0;
    gate = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      if (cut < 2) {
        cut += 1;
        socket.once('data', () => socket.destroy());
      } else {
        const through = connect(server.port, '127.0.0.1').on('error', () => {});
        sockets.add(through);
        socket.pipe(through).pipe(socket);
      }
    });
    gate.listen(0, '127.0.0.1');
    await once(gate, 'listening');
    const { port } = gate.address() as AddressInfo;
    const onEnd = vi.fn();
    const member = await connectMember({ port, password: url.password }, createSystemClock(), onEnd);
    expect(cut).toBe(2);
    expect(await member.others()).toBe(1);
    await member.end();
    expect(onEnd).not.toHaveBeenCalled();
    await server.leave();
  });
});
