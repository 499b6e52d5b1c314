import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import type { FakeListings } from '../../src/fake/shelf.ts';
import { packageRoot } from '../../src/package-root.ts';
import { type ComposeClient, docker, type Printed, runCompose } from '../support/docker.ts';
import { CATALOG_URL, fakeCatalogService } from './fake-catalog.ts';
import { removeImage } from './image.ts';

/** Generous: CI has two slow cores, and other tests run beside this one. */
const HEALTHY_WITHIN_MS = 120_000;

const container = z.object({
  Id: z.string(),
  Config: z.object({ Healthcheck: z.object({ Test: z.array(z.string()) }).optional() }),
  HostConfig: z.object({ LogConfig: z.object({ Type: z.string(), Config: z.record(z.string(), z.string()) }) }),
  RestartCount: z.int(),
  State: z.object({
    Status: z.string(),
    ExitCode: z.int(),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).optional(),
  }),
});

export type Container = z.infer<typeof container>;

/** docker-compose.yml of this project, brought up under a name of its own, beside a fake catalog. */
export interface Stack {
  /** Of its containers, networks and volumes. */
  readonly project: string;
  /** The image that was built. */
  readonly image: string;
  /** The folder of the file with the settings and of the one with the token. */
  readonly folder: string;
  /**
   * Runs Compose on this stack.
   *
   * @param args what stands after `docker compose`; a `--wait` is left out where the client does not know it
   * @throws where it ends with another exit code than 0
   */
  compose(args: readonly string[]): Promise<Printed>;
  /** Everything runs and is well, with one worker. The image must be built. */
  up(): Promise<void>;
  /** Resolves once every container of this service is healthy. */
  untilHealthy(service: string): Promise<void>;
  containers(service: string): Promise<readonly Container[]>;
  /** Runs a command in the one container of a service. */
  exec(service: string, ...command: readonly string[]): Promise<string>;
  /** One column of the mirror's database. */
  column(sql: string): Promise<readonly string[]>;
  /** Ends it, with its volumes and its image. */
  remove(): Promise<void>;
}

export interface StackOptions {
  readonly organizations: Record<string, FakeListings>;
  /** What the catalog lets in; the worker reads it from a file. */
  readonly token: string;
  readonly password: string;
}

/** A stack that is not up yet. */
export async function createStack(client: ComposeClient, options: StackOptions): Promise<Stack> {
  const project = `catalog-mirror-test-${randomBytes(4).toString('hex')}`;
  const image = `catalog-mirror:${project}`;
  // The engine mounts the token from here, as the user of the container may read it.
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  const settings = join(folder, 'settings');
  const override = join(folder, 'override.json');
  await writeFile(join(folder, 'token'), `${options.token}\n`);
  await writeFile(settings, settingsFile({ image, folder, ...options }));
  await writeFile(override, JSON.stringify(overrideOf(image, options.organizations)));
  const files = ['docker-compose.yml', 'docker-compose.secrets.yml'].map((name) => join(packageRoot(), name));
  const common = ['--env-file', settings, '-p', project, ...[...files, override].flatMap((file) => ['-f', file])];

  const idsOf = async (...filters: readonly string[]): Promise<readonly string[]> => {
    const labels = [`project=${project}`, ...filters].flatMap((label) => [
      '--filter',
      `label=com.docker.compose.${label}`,
    ]);
    return (await docker('ps', '--all', '--quiet', '--no-trunc', ...labels)).split('\n').filter((id) => id !== '');
  };

  const stack: Stack = {
    project,
    image,
    folder,
    compose: (args) => {
      const known = client.canWait ? args : args.filter((arg) => arg !== '--wait');
      // A terminal is what the old client asks for by itself.
      const [verb, ...others] = known;
      return runCompose(client, [...common, ...(verb === 'exec' ? ['exec', '-T', ...others] : known)]);
    },
    async up() {
      const present = await Promise.all(['postgres', 'redis', 'worker'].map((service) => stack.containers(service)));
      if (present.every(([one, ...others]) => one?.State.Health?.Status === 'healthy' && others.length === 0)) return;
      await stack.compose(['up', '--detach', '--wait', '--scale', 'worker=1']);
      await stack.untilHealthy('worker');
    },
    async untilHealthy(service) {
      const states = async () =>
        (await stack.containers(service)).map(({ State }) => `${State.Status}, ${State.Health?.Status}`);
      await expect
        .poll(async () => new Set(await states()), { timeout: HEALTHY_WITHIN_MS, interval: 300, message: service })
        .toEqual(new Set(['running, healthy']));
    },
    async containers(service) {
      const ids = await idsOf(`service=${service}`, 'oneoff=False');
      return ids.length === 0 ? [] : z.array(container).parse(JSON.parse(await docker('inspect', ...ids)));
    },
    async exec(service, ...args) {
      const [id, ...others] = await idsOf(`service=${service}`, 'oneoff=False');
      if (id === undefined || others.length > 0) throw new Error(`${service} has ${others.length} containers more`);
      return docker('exec', id, ...args);
    },
    async column(sql) {
      const printed = await stack.exec('postgres', 'psql', '-U', 'catalog_mirror', '-qAtX', '-c', sql);
      return printed.split('\n').filter((line) => line !== '');
    },
    async remove() {
      await stack.compose(['down', '--volumes', '--remove-orphans', '--timeout', '5']);
      await removeImage(image).catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
  return stack;
}

/** The settings as they would stand in a file `.env`. */
function settingsFile(options: StackOptions & { readonly image: string; readonly folder: string }): string {
  const settings = {
    CATALOG_URL,
    CATALOG_ALLOW_HTTP: 'true',
    CATALOG_ORGANIZATIONS: Object.keys(options.organizations).join(','),
    CATALOG_TOKEN_FILE: join(options.folder, 'token'),
    CATALOG_MIRROR_IMAGE: options.image,
    // Never while a test runs: what is mirrored is asked for.
    MIRROR_CRON: '0 0 29 2 *',
    POSTGRES_PASSWORD: options.password,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** What a test needs beyond the project's files: the catalog, and a health check that does not let it wait. */
function overrideOf(image: string, organizations: Record<string, FakeListings>) {
  const check = { interval: '1s' };
  return {
    services: {
      // A registry that is reached through this machine's own network can be reached from the build as well.
      worker: { build: { context: packageRoot(), network: 'host' }, healthcheck: check },
      catalog: fakeCatalogService(image, organizations, 'catalog_token'),
    },
  };
}
