import { Socket } from 'node:net';

/**
 * A socket for the driver of PostgreSQL. Once this side has ended it, it waits no longer than so many milliseconds for the
 * server to end it too: over a network that forgot the connection that would be a quarter of an hour, and who is told to
 * stop waits with it.
 */
export function endingSocket(withinMs: number): Socket {
  const socket = new Socket();
  socket.once('finish', () => {
    socket.setTimeout(withinMs, () => socket.destroy());
  });
  return socket;
}
