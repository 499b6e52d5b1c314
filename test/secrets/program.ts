import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../support/built-program.ts';

const COMMAND = fileURLToPath(new URL('./command.ts', import.meta.url));

export interface Said {
  readonly args: readonly string[];
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A `catalog-mirror` in a process of its own. */
export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Said>;
}

export interface Program {
  /** Starts `catalog-mirror ARGS` with these settings and no others. */
  start(args: readonly string[], settings: Readonly<Record<string, string>>): Started;
  remove(): Promise<void>;
}

/** The program as it is built for a release. */
export async function openProgram(): Promise<Program> {
  const { folder, script, remove } = await buildProgram(COMMAND);
  return {
    start: (args, settings) => {
      const child = spawn(process.execPath, [script, ...args], {
        cwd: folder,
        env: { PATH: process.env['PATH'], CATALOG_MIRROR_HOME: join(folder, 'home'), ...settings },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { out: '', err: '' };
      for (const [stream, name] of [
        [child.stdout, 'out'],
        [child.stderr, 'err'],
      ] as const) {
        stream.on('data', (chunk: Buffer) => {
          said[name] += chunk.toString();
        });
      }
      const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ args, code: code ?? null, ...said }));
      return { process: child, ended };
    },
    remove,
  };
}
