import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

/** Runs Docker's client. Resolves to what it printed on stdout, without the line break at its end; rejects with stderr. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', [...args], { maxBuffer: 64 << 20 });
  return stdout.trimEnd();
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** A client of Docker Compose. */
export interface ComposeClient {
  /** `docker compose`, or the program of the old client and of the new one where it stands alone. */
  readonly command: readonly [string, ...string[]];
  /** The old client (1.29, `docker-compose`) knows no `up --wait`. */
  readonly canWait: boolean;
}

/** The client of Docker Compose that this machine has, the new one first; null where it has none. */
export async function findCompose(): Promise<ComposeClient | null> {
  for (const command of [['docker', 'compose'], ['docker-compose']] as const) {
    const [program, ...args] = command;
    try {
      const { stdout } = await promisify(execFile)(program, [...args, 'version', '--short']);
      return { command, canWait: !stdout.startsWith('1.') };
    } catch {
      // Not this one.
    }
  }
  return null;
}

/**
 * Runs Docker Compose.
 *
 * @throws where it ends with another exit code than 0, with what it printed on stderr
 */
export async function runCompose({ command }: ComposeClient, args: readonly string[]): Promise<Printed> {
  const [program, ...first] = command;
  // Compose would read the settings of whoever runs the tests.
  const own = /^(CATALOG_|MIRROR_|SERVER_|POSTGRES_|COMPOSE_|DATABASE_URL|REDIS_URL)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
  const running = promisify(execFile)(program, [...first, ...args], { env, maxBuffer: 64 << 20 });
  running.child.stdin?.end();
  return running;
}
