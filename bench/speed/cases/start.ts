import type { BuiltProgram } from '../../../test/support/built-program.ts';
import { atMost, type Goal, told } from '../goals.ts';
import { median } from '../median.ts';
import { runProcess } from '../run-process.ts';
import { inDatabase, startCatalog } from '../servers.ts';
import { createMirror } from '../sync.ts';

export interface StartRound {
  /** A `sync` with nothing to do, in milliseconds. */
  readonly syncMs: number;
  /** Node itself, with nothing to run. */
  readonly nodeMs: number;
}

/** What a `sync` of an organization that lists nothing takes, against a database that runs and is migrated. */
export async function measureStart(program: BuiltProgram, adminUrl: string): Promise<StartRound> {
  const catalog = await startCatalog({ organizations: 1, artifacts: 1, pageSize: 1 });
  try {
    const syncMs = await inDatabase(adminUrl, async (database) => {
      const mirror = createMirror(program, database, catalog);
      await mirror.migrate();
      return mirror.idleMs();
    });
    const times: number[] = [];
    for (let time = 0; time < 5; time += 1)
      times.push((await runProcess(['-e', '0'], { cwd: program.folder, env: {} })).ms);
    return { syncMs, nodeMs: median(times) };
  } finally {
    await catalog.stop();
  }
}

export function goalsOfStart(rounds: readonly StartRound[]): readonly Goal[] {
  return [
    atMost(rounds, 'start-up of a sync that has nothing to do', [700, 'ms'], ({ syncMs }) => syncMs),
    told(rounds, 'of that Node itself', 'ms', ({ nodeMs }) => nodeMs),
  ];
}
