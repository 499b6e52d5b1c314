import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a program and PostgreSQL and decides when each of its statements is passed on, if ever. */
export interface DatabaseGate {
  /** Where the program is to look for its database. */
  readonly connectionString: string;
  /** Cuts the program off. Resolves when PostgreSQL has got what was passed on, and its side is closed as well. */
  close(): Promise<void>;
}

/** What becomes of a statement: PostgreSQL gets it, or its connection is closed instead. */
export type Decision = 'pass' | 'lose';

/** The types of the messages that begin a statement: Query and Parse. The data of a COPY follows its statement. */
const BEGINS_STATEMENT = new Set(['Q', 'P'].map((letter) => letter.charCodeAt(0)));

/** A connection that names one of these is the mirror's own, not its queue's. */
const OF_THE_MIRROR = /\bmirror\./;

/**
 * Opens a gate before a database.
 *
 * @param decide asked about each statement of the mirror's own in its turn, as it was sent: its words can be looked for in
 *   it. Until it answers, its connection waits
 */
export async function openDatabaseGate(
  databaseUrl: string,
  decide: (statement: string) => Decision | Promise<Decision>,
): Promise<DatabaseGate> {
  const target = new URL(databaseUrl);
  const clients = new Set<Socket>();
  const closed: Promise<unknown>[] = [];

  const accept = (client: Socket): void => {
    const server = connect(Number(target.port), target.hostname);
    let turns: Promise<void> = Promise.resolve();
    let isOfTheMirror = false;
    const passOn = async (chunk: Buffer): Promise<void> => {
      const text = chunk.toString('latin1');
      isOfTheMirror ||= OF_THE_MIRROR.test(text);
      if (isOfTheMirror && BEGINS_STATEMENT.has(chunk[0] ?? 0) && (await decide(text)) === 'lose') server.destroy();
      if (!server.destroyed) server.write(chunk);
    };
    clients.add(client);
    closed.push(new Promise((resolve) => server.once('close', resolve)));
    for (const socket of [client, server]) socket.on('error', () => {});
    client.on('data', (chunk: Buffer) => {
      turns = turns.then(() => passOn(chunk));
    });
    // Ended, not destroyed: what was passed on before is to arrive.
    client.on('close', () => void turns.then(() => server.end()));
    server.on('close', () => client.destroy());
    // Not piped: what PostgreSQL still answers to nobody is to be read, or it never ends.
    server.on('data', (chunk: Buffer) => {
      if (!client.destroyed) client.write(chunk);
    });
  };

  const gate = createServer({ allowHalfOpen: true }, accept);
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const own = new URL(databaseUrl);
  own.hostname = '127.0.0.1';
  own.port = String((gate.address() as AddressInfo).port);
  return {
    connectionString: own.href,
    async close() {
      for (const client of clients) client.destroy();
      await Promise.all(closed);
      gate.close();
      await once(gate, 'close');
    },
  };
}
