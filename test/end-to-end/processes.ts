import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.ts';

const COMMAND = fileURLToPath(new URL('./sync-command.ts', import.meta.url));

/** The program as it is built for a release: a process starts in half the time that it takes from its sources. */
export interface BuiltProgram {
  /**
   * Starts `catalog-mirror sync` as a process of its own.
   *
   * @param moment what its clock shows all the time; null for the time that it is
   * @param settings its environment, beyond the path to programs
   */
  startSync(moment: Date | null, settings: Readonly<Record<string, string>>): SyncProcess;
  remove(): Promise<void>;
}

/** A `sync` in a process of its own. */
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
  const root = packageRoot();
  const folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-kills-'));
  await Promise.all(
    ['package.json', 'drizzle'].map((name) => cp(join(root, name), join(folder, name), { recursive: true })),
  );
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const project = join(folder, 'tsconfig.json');
  await writeFile(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: { rootDir: root, outDir: join(folder, 'dist') },
      include: [join(root, 'src'), join(root, 'jobs'), COMMAND],
    }),
  );
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await promisify(execFile)(process.execPath, [compiler, '-p', project], { cwd: root });
  } catch (error) {
    await remove();
    throw error;
  }
  const built = join(folder, 'dist', relative(root, COMMAND)).replace(/ts$/, 'js');
  return {
    startSync: (moment, settings) =>
      follow(
        spawn(process.execPath, [built, ...(moment === null ? [] : [moment.toISOString()])], {
          cwd: folder,
          env: { PATH: process.env['PATH'], CATALOG_MIRROR_HOME: join(folder, 'home'), ...settings },
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      ),
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
