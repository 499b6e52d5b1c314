import { Duplex } from 'node:stream';
import type { PostgresConnection } from 'bullmq';

/**
 * Has a connection that listens ended once a question on it goes wrong: what hears of that makes it anew.
 *
 * BullMQ asks again on the same connection, and looks for no job before it is answered. On one that a network has
 * forgotten that would be as long as TCP waits, a quarter of an hour (test/faults/listen-again.test.ts).
 */
export function listenAnew(connection: PostgresConnection): void {
  const watched = new WeakSet<object>();
  const getListenClient = connection.getListenClient.bind(connection);
  connection.getListenClient = async () => {
    const client = await getListenClient();
    if (watched.has(client)) return client;
    watched.add(client);
    const ask = client.query.bind(client);
    client.query = async <R>(text: string, params?: readonly unknown[]) => {
      try {
        return await ask<R>(text, params);
      } catch (error) {
        const socket = client.connection?.stream;
        // Without the error: who waits for this question to close the client stops listening for errors before it comes.
        if (socket instanceof Duplex) socket.destroy();
        throw error;
      }
    };
    return client;
  };
}
