import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { joinEmbeddedServer } from '../../src/embedded/server.ts';
import type { EmbeddedOptions, EmbeddedServer } from '../../src/embedded/types.ts';

const TSX = import.meta.resolve('tsx');
const SCRIPT = fileURLToPath(new URL('./embedded-command.ts', import.meta.url));

/** What one command that uses the embedded server said so far, and what it can be told. */
export interface Command {
  readonly process: ChildProcess;
  /** The first message with this field, now or later; rejects where the command ends without one. */
  said(field: 'joined' | 'made' | 'log' | 'lost' | 'left'): Promise<unknown>;
  tell(line: string): void;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
}

/** Everything a test of the embedded server starts, and its removal afterwards, whatever became of the test. */
export interface EmbeddedGround {
  /** A new home that does not exist yet, in a folder that the server's user may enter. */
  home(): Promise<string>;
  /** A temporary folder with this mode. */
  folder(mode: number): Promise<string>;
  join(home: string, options?: Partial<EmbeddedOptions>): Promise<EmbeddedServer>;
  /** Starts a command as a process of its own, in a process group of its own. */
  command(home: string): Command;
}

export function useEmbeddedGround(): EmbeddedGround {
  const folders: string[] = [];
  const servers: EmbeddedServer[] = [];
  const commands: Command[] = [];

  afterEach(async () => {
    for (const command of commands.splice(0)) {
      command.process.kill('SIGKILL');
      await command.ended;
    }
    for (const server of servers.splice(0)) await server.leave().catch(() => {});
    for (const folder of folders.splice(0)) {
      const postmaster = await postmasterPid(join(folder, 'home'));
      if (postmaster !== null) await kill(postmaster, 'SIGQUIT');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });

  const folder = async (mode: number) => {
    const made = await mkdtemp(join(tmpdir(), 'catalog-mirror-test-'));
    folders.push(made);
    await chmod(made, mode);
    return made;
  };
  return {
    folder,
    home: async () => join(await folder(0o711), 'home'),
    join: async (home, options = {}) => {
      const server = await joinEmbeddedServer({
        home,
        clock: createSystemClock(),
        log: () => {},
        settings: { fsync: 'off' },
        ...options,
      });
      servers.push(server);
      return server;
    },
    command: (home) => {
      const command = startCommand(home);
      commands.push(command);
      return command;
    },
  };
}

function startCommand(home: string): Command {
  const child = spawn(process.execPath, ['--import', TSX, SCRIPT, home], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const messages: Record<string, unknown>[] = [];
  let complaint = '';
  let gone = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    messages.push(JSON.parse(line));
    wake();
  });
  const ended = once(child, 'close').then(() => {
    gone = true;
    wake();
  });
  return {
    process: child,
    ended,
    tell: (line) => {
      child.stdin.write(`${line}\n`);
    },
    said: (field) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = messages.find((message) => field in message);
          if (found !== undefined) resolve(found[field]);
          else if (gone) reject(new Error(`the command ended without saying "${field}": ${complaint}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
}

/** The process number in the home's postmaster.pid; null where no server has one. */
export async function postmasterPid(home: string): Promise<number | null> {
  try {
    const text = await readFile(join(await dataOf(home), 'postmaster.pid'), 'utf8');
    return Number(text.split('\n')[0]);
  } catch {
    return null;
  }
}

/** Where a home's data is. */
export async function dataOf(home: string): Promise<string> {
  const state = JSON.parse(await readFile(join(home, 'postgresql', 'state.json'), 'utf8'));
  return state.dataElsewhere ?? join(home, 'postgresql-data');
}

/** Kills a process of whatever parent and resolves when it is gone. */
export async function kill(pid: number, signal: NodeJS.Signals): Promise<void> {
  try {
    process.kill(pid, signal);
    for (;;) {
      process.kill(pid, 0);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } catch {
    // ESRCH: gone.
  }
}

export async function query<R extends pg.QueryResultRow>(connectionString: string, sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Whether anything listens on a port of this machine. */
export async function answers(connectionString: string): Promise<boolean> {
  try {
    await query(connectionString, 'select 1');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return false;
    throw error;
  }
}
