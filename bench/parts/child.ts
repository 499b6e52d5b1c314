import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** A process lives and has not said in time what was waited for. */
export class NotSaid extends Error {}

/** A process of the benchmark, followed line by line. */
export interface Child {
  /** What it wrote to both streams so far, in lines. */
  readonly lines: readonly string[];
  /** Resolves with the first line that matches; rejects where the process ends without, or the time is over. */
  said(pattern: RegExp, withinMs: number): Promise<string>;
  /** The most memory that it ever held, in MB; null where the system does not tell (it is read from /proc). */
  peakRssMb(): Promise<number | null>;
  /** Tells it to stop and resolves with its exit code; null where a signal ended it, as it does after a minute. */
  stop(): Promise<number | null>;
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves with its exit code when it ends. */
  readonly ended: Promise<number | null>;
}

/** Twice as long as a worker takes at most. */
const STOP_WITHIN_MS = 60_000;

/**
 * Starts `node ARGS` with nothing in its environment but the path to programs, node's own options and `env`, and `input`
 * on its stdin.
 */
export function startChild(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly input?: string },
): Child {
  const child = spawn(process.execPath, [...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'], ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(options.input ?? '');
  const lines: string[] = [];
  const looking = new Set<() => void>();
  const news = (): void => {
    for (const look of [...looking]) look();
  };
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      news();
    });
  }
  let isOver = false;
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    isOver = true;
    news();
    return code ?? null;
  });
  return {
    lines,
    ended,
    said: (pattern, withinMs) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          clearTimeout(timer);
          looking.delete(look);
          act();
        };
        const look = (): void => {
          const line = lines.find((one) => pattern.test(one));
          if (line !== undefined) settle(() => resolve(line));
          else if (isOver) settle(() => reject(new Error(`it ended without saying ${pattern}:\n${lines.join('\n')}`)));
        };
        const timer = setTimeout(
          () =>
            settle(() => reject(new NotSaid(`it has not said ${pattern} for ${withinMs} ms:\n${lines.join('\n')}`))),
          withinMs,
        );
        looking.add(look);
        look();
      }),
    peakRssMb: () => peakRssMb(child),
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      try {
        return await ended;
      } finally {
        clearTimeout(late);
      }
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function peakRssMb({ pid }: ChildProcess): Promise<number | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kib === undefined ? null : (Number(kib) * 1_024) / 1_000_000;
  } catch {
    return null;
  }
}
