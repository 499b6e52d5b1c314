import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { runProgram } from '../../src/cli/program.ts';
import type { ShellProcess } from '../../src/cli/shell.ts';
import { type Clock, createSystemClock } from '../../src/clock.ts';
import { displayWidth } from '../../src/terminal/width.ts';

/** The present, without chance: what is tried again is tried again at once. */
export const HASTY_CLOCK: Clock = { ...createSystemClock(), random: () => 0 };

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Everything on stdout as one JSON value; throws where it is anything else. */
  json(): unknown;
}

/** A command that is under way in this process. */
export interface Running {
  readonly ended: Promise<Ran>;
  /** Resolves as soon as stdout or stderr holds it; rejects where the command ends without. */
  said(what: string | RegExp): Promise<void>;
  signal(name: 'SIGINT' | 'SIGTERM'): void;
  readonly isOver: boolean;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly cwd: string;
  readonly clock?: Clock;
  /** The width of a terminal on both streams; without it they are pipes. */
  readonly columns?: number;
  /** What a person types at that terminal; without it nobody is there. */
  readonly typed?: Readable;
}

/** Starts `catalog-mirror ARGS` in this process, with everything it writes captured. */
export function startCommand(args: readonly string[], surroundings: Surroundings): Running {
  const written = { out: '', err: '' };
  const signals = new EventEmitter();
  const looking = new Set<() => void>();
  const stream = (name: 'out' | 'err') => ({
    ...(surroundings.columns === undefined ? {} : { isTTY: true, columns: surroundings.columns }),
    on: () => undefined,
    write: (data: string | Uint8Array, done?: () => void) => {
      written[name] += typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
      for (const look of [...looking]) look();
      done?.();
      return true;
    },
  });
  const process: ShellProcess = {
    env: surroundings.env,
    ...(surroundings.typed === undefined ? {} : { stdin: Object.assign(surroundings.typed, { isTTY: true }) }),
    stdout: stream('out'),
    stderr: stream('err'),
    cwd: () => surroundings.cwd,
    on: (name, listener) => signals.on(name, listener),
    off: (name, listener) => signals.off(name, listener),
    exit: (code) => {
      throw new Error(`the command ended its process with ${code}`);
    },
  };
  let isOver = false;
  const ended = runProgram(args, { process, clock: surroundings.clock ?? HASTY_CLOCK }).then((code) => ({
    code,
    ...written,
    json: () => JSON.parse(written.out) as unknown,
  }));
  const over = () => {
    isOver = true;
    for (const look of [...looking]) look();
  };
  ended.then(over, over);
  return {
    ended,
    signal: (name) => {
      if (!signals.emit(name)) throw new Error(`nobody listens for ${name}`);
    },
    said: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const all = written.out + written.err;
          if (typeof what === 'string' ? all.includes(what) : what.test(all)) resolve();
          else if (isOver) reject(new Error(`the command ended without saying ${String(what)}:\n${all}`));
          else return;
          looking.delete(look);
        };
        looking.add(look);
        look();
      }),
    get isOver() {
      return isOver;
    },
  };
}

export function runCommand(args: readonly string[], surroundings: Surroundings): Promise<Ran> {
  return startCommand(args, surroundings).ended;
}

/** A stack trace, or the name of a file of ours: what no user may see for a mistake of his own. */
export const STACK = /^\s*at .*[(/]|\.[jt]s:\d+|\bError:|\[object |undefined/m;

/** Lines that do not fit a terminal of 80 columns. */
export function tooWide(text: string): string[] {
  return text.split('\n').filter((line) => displayWidth(line) > 80);
}
