import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What stands in front of a server. */
export interface StandIn {
  /** Its own: the server behind it may be another machine, as a container's is where the tests run in one too. */
  readonly hostname: string;
  readonly port: number;
  close(): Promise<void>;
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);

/** Counts the messages by which a server says that it is ready for the next query, however its bytes are cut. */
function createReadyCounter(): (chunk: Buffer) => number {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    let ready = 0;
    while (rest.length >= 5 && rest.length >= 1 + rest.readUInt32BE(1)) {
      if (rest[0] === READY_FOR_QUERY) ready += 1;
      rest = rest.subarray(1 + rest.readUInt32BE(1));
    }
    return ready;
  };
}

async function listen(accept: (client: Socket) => void): Promise<StandIn> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => {});
    accept(client);
  });
  const hostname = '127.0.0.1';
  server.listen(0, hostname);
  await once(server, 'listening');
  return {
    hostname,
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function openServerSide(target: URL, client: Socket): Socket {
  const server = connect(Number(target.port), target.hostname);
  server.on('error', () => {});
  server.on('close', () => client.destroy());
  client.on('close', () => server.destroy());
  return server;
}

/**
 * A pooler in transaction mode, as small as one can be: everyone logs in on a connection of his own, and whatever he
 * asks afterwards is asked on the connection of whoever came first, one query at a time.
 */
export function startPooler(target: URL): Promise<StandIn> {
  let shared: Socket | null = null;
  let turns: Promise<void> = Promise.resolve();
  let answering: { readonly client: Socket; readonly done: () => void } | null = null;

  return listen((client) => {
    const server = openServerSide(target, client);
    const countReady = createReadyCounter();
    let isLoggedIn = false;
    server.on('data', (chunk: Buffer) => {
      const ready = countReady(chunk);
      if (!isLoggedIn) {
        client.write(chunk);
        isLoggedIn = ready > 0;
        if (isLoggedIn) shared ??= server;
        return;
      }
      answering?.client.write(chunk);
      if (ready > 0) answering?.done();
    });
    client.on('data', (chunk: Buffer) => {
      if (!isLoggedIn) server.write(chunk);
      else if (chunk[0] !== TERMINATE) {
        turns = turns.then(
          () =>
            new Promise((done) => {
              answering = { client, done };
              shared?.write(chunk);
            }),
        );
      }
    });
  });
}

/** Passes everything on, and breaks the connections there are as soon as the `last`-th client comes. */
export function startBreaker(target: URL, last: number): Promise<StandIn> {
  const clients: Socket[] = [];
  return listen((client) => {
    for (const earlier of clients.length === last - 1 ? clients : []) earlier.destroy();
    clients.push(client);
    const server = openServerSide(target, client);
    client.pipe(server).pipe(client);
  });
}
