import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram as build } from '../support/built-program.ts';

const COMMAND = fileURLToPath(new URL('./timed-command.ts', import.meta.url));

/** The program as it is built for a release: a process starts in half the time that it takes from its sources. */
export interface BuiltProgram {
  /**
   * Starts `catalog-mirror sync --json` as a process of its own.
   *
   * @param moment what its clock shows all the time; null for the time that it is
   * @param settings its environment, beyond the path to programs
   */
  startSync(moment: Date | null, settings: Readonly<Record<string, string>>): SyncProcess;
  /** Starts `catalog-mirror worker` in the same way. */
  startWorker(moment: Date | null, settings: Readonly<Record<string, string>>): SyncProcess;
  remove(): Promise<void>;
}

/** A `sync`, or a `worker`, in a process of its own. */
export interface SyncProcess {
  readonly process: ChildProcess;
  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<EndedSync>;
}

export interface EndedSync {
  /** null where it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Builds the program into a temporary folder.
 *
 * @throws where it does not compile
 */
export async function buildProgram(): Promise<BuiltProgram> {
  const { folder, script, remove } = await build(COMMAND);
  const start = (
    args: readonly string[],
    moment: Date | null,
    settings: Readonly<Record<string, string>>,
  ): SyncProcess =>
    follow(
      spawn(process.execPath, [script, moment?.toISOString() ?? 'now', ...args], {
        cwd: folder,
        env: { PATH: process.env['PATH'], CATALOG_MIRROR_HOME: join(folder, 'home'), ...settings },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  return {
    startSync: (moment, settings) => start(['sync', '--json'], moment, settings),
    startWorker: (moment, settings) => start(['worker'], moment, settings),
    remove,
  };
}

function follow(child: ChildProcess): SyncProcess {
  const said = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, ...said }));
  return {
    process: child,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
