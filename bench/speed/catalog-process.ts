/**
 * A catalog that costs next to nothing, in a process of its own: `ORGANIZATIONS ARTIFACTS PAGE_SIZE LATENCY_MS`. Says its
 * address in its first line; `/bench/night?share=0.05` has a night pass.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPages } from './pages.ts';

const [organizations = 1, artifacts = 1, pageSize = 200, latencyMs = 0] = process.argv.slice(2).map(Number);
const MOST_ON_A_PAGE = 200;
const pages = createPages({ organizations, artifacts, pageSize });

function answer(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://bench');
  if (url.pathname === '/bench/night') {
    pages.passNight(Number(url.searchParams.get('share')));
    answer(response, 200, Buffer.from('{}'));
    return;
  }
  const organization = /^\/api\/v1\/org\/([^/]+)\/models$/.exec(url.pathname)?.[1] ?? '';
  const limit = Math.min(Number(url.searchParams.get('limit') ?? MOST_ON_A_PAGE), MOST_ON_A_PAGE);
  const body = pages.answer(organization, Number(url.searchParams.get('page') ?? 1), limit);
  if (body === null) answer(response, 404, Buffer.from('{"detail":"no such organization"}'));
  else if (latencyMs === 0) answer(response, 200, body);
  else setTimeout(() => answer(response, 200, body), latencyMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
await once(process, 'SIGTERM');
server.closeAllConnections();
server.close();
