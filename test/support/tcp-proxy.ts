import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a program and its server, and lets the network between them fail. */
export interface TcpProxy {
  /** The server's address as the program is to use it: the same scheme, user, password and path, another host and port. */
  readonly url: string;
  /** How many connections were asked for so far, those that were refused included. */
  readonly asked: number;
  /** How many are open. */
  readonly open: number;
  /** No byte passes any more, and nobody is told: connections stay, new ones are taken and hear nothing. */
  stall(): void;
  /** Resets every connection, and each new one until `resume()`. */
  cut(): void;
  /** The connections that are open hear nothing any more, for ever; new ones pass: a firewall that forgot them. */
  forget(): void;
  /** Ends what `stall()` or `cut()` began. What was sent during a stall arrives now. */
  resume(): void;
  /** Resets what is open and stops listening. May be called twice. */
  close(): Promise<void>;
}

type Weather = 'fair' | 'stalled' | 'cut';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * Starts a proxy before a server, on this machine's loopback.
 *
 * @param targetUrl where the server is, with a port
 */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const links = new Set<Link>();
  const forgotten = new Set<Link>();
  let weather: Weather = 'fair';
  let asked = 0;

  const passOn = (from: Socket, to: Socket, isRemembered: () => boolean): void => {
    from.on('data', (chunk: Buffer) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => {
      if (weather === 'fair' && isRemembered()) from.resume();
    });
    from.on('error', () => {});
    from.on('end', () => to.end());
    // Soon, not at once: what was passed on before is to arrive.
    from.on('close', () => to.destroySoon());
  };

  const proxy = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (client) => {
    asked += 1;
    if (weather === 'cut') {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true });
    const link = { client, server };
    links.add(link);
    server.once('close', () => {
      links.delete(link);
      forgotten.delete(link);
    });
    if (weather === 'stalled') server.pause();
    const isRemembered = () => links.has(link);
    passOn(client, server, isRemembered);
    passOn(server, client, isRemembered);
    if (weather === 'fair') client.resume();
  });
  const reset = (): void => {
    for (const { client, server } of [...links, ...forgotten]) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    links.clear();
    forgotten.clear();
  };
  const hush = (): void => {
    for (const { client, server } of links) {
      client.pause();
      server.pause();
    }
  };

  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    get asked() {
      return asked;
    },
    get open() {
      return links.size;
    },
    stall() {
      weather = 'stalled';
      hush();
    },
    forget() {
      hush();
      for (const link of links) forgotten.add(link);
      links.clear();
    },
    cut() {
      weather = 'cut';
      reset();
    },
    resume() {
      weather = 'fair';
      for (const { client, server } of links) {
        client.resume();
        server.resume();
      }
    },
    async close() {
      reset();
      if (!proxy.listening) return;
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
