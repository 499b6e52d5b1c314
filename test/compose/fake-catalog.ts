import type { FakeListings } from '../../src/fake/shelf.ts';

/** The port that the catalog listens on, inside the network of the stack. */
const PORT = 8080;

/** Its address for the worker. */
export const CATALOG_URL = `http://catalog:${PORT}`;

/**
 * A service for Compose: the project's own fake catalog, from the image that is tested, reachable by the other services.
 * The process that runs the tests may be in a container of its own, which they could not reach.
 *
 * @param organizations what it lists; must survive JSON
 * @param secret the name of the secret that holds its token
 */
export function fakeCatalogService(image: string, organizations: Record<string, FakeListings>, secret: string) {
  // The fake listens on loopback alone, so a socket is put before it.
  const program = `
    const { readFileSync } = await import('node:fs');
    const { connect, createServer } = await import('node:net');
    const { startFakeCatalog } = await import('/app/dist/src/fake/server.js');
    const organizations = ${JSON.stringify(organizations)};
    const token = readFileSync('/run/secrets/${secret}', 'utf8').trim();
    const { port } = await startFakeCatalog({ organizations, token });
    createServer((socket) => {
      const behind = connect(port, '127.0.0.1');
      for (const [from, to] of [[socket, behind], [behind, socket]]) from.on('error', () => to.destroy()).pipe(to);
    }).listen(${PORT});`;
  return {
    image,
    init: true,
    entrypoint: ['node', '--input-type=module', '-e', program],
    secrets: [secret],
    healthcheck: { test: ['CMD', 'bash', '-c', `</dev/tcp/127.0.0.1/${PORT}`], interval: '1s' },
    // Its image is built for the worker, and no registry has it: each client needs to be told in its own way.
    pull_policy: 'never',
    depends_on: ['worker'],
  };
}
