import { join } from 'node:path';
import type { BuiltProgram } from '../../test/support/built-program.ts';
import type { BenchDatabase } from '../parts/database.ts';
import { median } from './median.ts';
import { EMPTY_ORGANIZATION } from './pages.ts';
import { type Measured, runProcess } from './run-process.ts';
import type { BenchCatalog } from './servers.ts';

/** `catalog-mirror` as it is released, against one catalog and one database. */
export interface Mirror {
  /** @throws Error where it does not exit 0, which is: every run certified */
  sync(organizations: readonly string[]): Promise<Measured>;
  /** What a `sync` takes that has nothing to do: the median of three, in milliseconds. */
  idleMs(): Promise<number>;
  migrate(): Promise<void>;
}

/** @param settings beside those that say where everything is */
export function createMirror(
  program: BuiltProgram,
  database: BenchDatabase,
  catalog: BenchCatalog,
  settings: Readonly<Record<string, string>> = {},
): Mirror {
  const env = {
    ...settings,
    CATALOG_URL: catalog.url,
    DATABASE_URL: database.url,
    CATALOG_MIRROR_HOME: join(program.folder, 'home'),
  };
  const run = (args: readonly string[], organizations: readonly string[]): Promise<Measured> =>
    runProcess([program.script, ...args], {
      cwd: program.folder,
      env: { ...env, CATALOG_ORGANIZATIONS: organizations.join(',') },
    });
  const sync = (organizations: readonly string[]) => run(['sync', '--json'], organizations);
  return {
    sync,
    idleMs: async () => {
      const times: number[] = [];
      for (let time = 0; time < 3; time += 1) times.push((await sync([EMPTY_ORGANIZATION])).ms);
      return median(times);
    },
    migrate: async () => {
      await run(['migrate'], [EMPTY_ORGANIZATION]);
    },
  };
}
