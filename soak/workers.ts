import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuiltProgram } from '../test/support/built-program.ts';
import { ORGANIZATIONS, PAGE_SIZE, TOKENS } from './catalog/soak-catalog.ts';

/** Where the parts are, as the program is to reach them. */
export interface Places {
  readonly catalogUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
}

/** Starts the program with the settings of the soak. */
export interface Programs {
  worker(): ChildProcess;
  /** Runs a command that ends by itself, at a moment that its clock shows; null for the present. */
  run(args: readonly string[], moment: Date | null): Promise<{ readonly code: number | null; readonly err: string }>;
}

/** @param program soak/command.ts, built */
export async function preparePrograms(program: BuiltProgram, places: Places): Promise<Programs> {
  const config = join(program.folder, `soak-${places.redisUrl === null ? 'postgres' : 'redis'}.json`);
  await writeFile(config, JSON.stringify(settingsFile()));
  const environment = {
    PATH: process.env['PATH'],
    ...TOKENS,
    CATALOG_URL: places.catalogUrl,
    CATALOG_MIRROR_CONFIG: config,
    CATALOG_MIRROR_HOME: join(program.folder, 'home'),
    DATABASE_URL: places.databaseUrl,
    ...(places.redisUrl === null ? {} : { REDIS_URL: places.redisUrl }),
    CATALOG_TIMEOUT_SECONDS: '2',
    MIRROR_PAGE_SIZE: String(PAGE_SIZE),
  };
  const start = (moment: string, args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [program.script, moment, ...args], {
      cwd: program.folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    worker: () => start('now', ['worker']),
    async run(args, moment) {
      const child = start(moment?.toISOString() ?? 'now', args);
      let err = '';
      child.stdout?.resume();
      child.stderr?.on('data', (chunk: Buffer) => {
        err += chunk.toString();
      });
      const [code]: (number | null)[] = await once(child, 'close');
      return { code: code ?? null, err };
    },
  };
}

function settingsFile() {
  return {
    organizations: Object.fromEntries(
      ORGANIZATIONS.map(({ name, kinds, token, includePublic, everySeconds }) => [
        name,
        { kinds, tokenVariable: token, includePublic, cron: `*/${everySeconds} * * * * *` },
      ]),
    ),
  };
}
