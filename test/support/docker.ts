import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PING_MS = 1_500;

/** Where an engine may listen, in the order in which Testcontainers looks. */
function endpoints(): { readonly socketPath: string }[] | { readonly url: URL }[] {
  const host = process.env['DOCKER_HOST'];
  if (host?.startsWith('unix://')) return [{ socketPath: host.slice('unix://'.length) }];
  if (host) return [{ url: new URL('/_ping', host.replace(/^tcp:/, 'http:')) }];
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
  ]
    .filter((socketPath) => existsSync(socketPath))
    .map((socketPath) => ({ socketPath }));
}

function ping(endpoint: { readonly socketPath: string } | { readonly url: URL }): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: PING_MS };
    const asked =
      'url' in endpoint
        ? request(endpoint.url, options)
        : request({ ...options, socketPath: endpoint.socketPath, path: '/_ping' });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `the Docker engine answered ${response.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PING_MS} ms`)));
    asked.on('error', (error) => resolve(`the Docker engine cannot be reached: ${error.message}`));
    asked.end();
  });
}

/** Why containers cannot be used, in a sentence part; null where an engine answers. Takes at most two seconds. */
export async function whyNoDocker(): Promise<string | null> {
  const found = endpoints();
  if (found.length === 0) return 'no Docker engine was found';
  const reasons = await Promise.all(found.map(ping));
  return reasons.includes(null) ? null : (reasons[0] ?? 'no Docker engine was found');
}
