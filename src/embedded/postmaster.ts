import { spawn } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { startedAs, tidy } from './cluster.ts';
import { embeddedFailure, onFiles } from './failures.ts';
import { exists, giveToFolderOwner, readIfThere, writePrivateFile } from './files.ts';
import { commandLine, comparePlaces, herePlace, type Place } from './process-table.ts';
import type { Programs } from './programs.ts';
import type { ServerUser } from './server-user.ts';
import type { ChoosePort } from './types.ts';

const POLL_MS = 20;
const START_MS = 120_000;
const STOP_MS = 60_000;
const PORT_TRIES = 5;
const LOG_BYTES = 10 * 1024 * 1024;
/** How long the last processes of a killed server may take to notice and end. */
const REMAINS_MS = 10_000;

/** What PostgreSQL writes to postmaster.pid about itself. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number | null;
  readonly status: 'starting' | 'stopping' | 'ready' | 'standby' | null;
}

export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const port = Number(lines[3]);
  const status = (['starting', 'stopping', 'ready', 'standby'] as const).find((known) => known === lines[7]);
  return { pid, port: Number.isInteger(port) && port > 0 ? port : null, status: status ?? null };
}

const pidFile = (data: string): string => join(data, 'postmaster.pid');

async function readPostmasterFile(data: string): Promise<PostmasterFile | null> {
  const text = await onFiles('look for a running server', data, () => readIfThere(pidFile(data)));
  return text === null ? null : parsePostmasterFile(text);
}

/** Whether process `pid` is the server of this data folder, and no other one that was given the same number. */
async function isServerOf(data: string, pid: number): Promise<boolean> {
  return `${(await commandLine(pid)) ?? ''} `.includes(` -D ${data} `);
}

/**
 * The running server of a data folder, or null. Waits for one that is starting or stopping, so the answer is good as
 * long as the caller holds the home's lock.
 *
 * @param startedIn where it was last started
 * @throws Failure (class `database`) where it may run in another container, where its process cannot be seen
 */
export async function findRunning(
  data: string,
  startedIn: Place | null,
  clock: Clock,
): Promise<{ pid: number; port: number } | null> {
  const deadline = clock.now().getTime() + START_MS;
  for (;;) {
    const file = await readPostmasterFile(data);
    if (file === null) return null;
    const place = startedIn === null ? 'same' : comparePlaces(startedIn, await herePlace());
    if (place === 'unknown') {
      throw embeddedFailure(
        'see whether it runs',
        `it was last started in another container (${startedIn?.host}) and did not say that it stopped`,
        `Stop it there; where that container is gone, remove ${pidFile(data)}.`,
      );
    }
    if (place === 'over' || !(await isServerOf(data, file.pid))) return null;
    if (file.port !== null && file.status === 'ready') return { pid: file.pid, port: file.port };
    if (clock.now().getTime() > deadline) {
      throw embeddedFailure(
        'join it',
        `the server (process ${file.pid}) has been ${file.status ?? 'starting'} for more than two minutes`,
        'It may be recovering from a crash: try again in a while, and see its log.',
      );
    }
    await clock.sleep(POLL_MS);
  }
}

export interface StartOptions {
  readonly programs: Programs;
  readonly user: ServerUser | null;
  readonly data: string;
  /** The file that takes what the server says. */
  readonly log: string;
  readonly clock: Clock;
  readonly preferredPort: number | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly choosePort: ChoosePort | undefined;
}

/** For a laptop: little memory, nothing that listens beyond this machine, nothing that depends on where it is. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
};

/**
 * Starts the server in a session of its own, so that Ctrl-C in the terminal does not reach it: the commands that use it
 * have to hand back their work first. Call only under the home's lock, where no server runs.
 *
 * @returns the port it listens on
 * @throws Failure (class `database`) with the server's own message where it does not start
 */
export async function startServer(options: StartOptions): Promise<{ pid: number; port: number }> {
  const choose: ChoosePort = options.choosePort ?? ((wanted, byDefault) => byDefault(wanted));
  const { clock } = options;
  const remainsUntil = clock.now().getTime() + REMAINS_MS;
  let preferred = options.preferredPort;
  let tries = 0;
  for (;;) {
    const port = await choose(preferred, freePort);
    await disownReusedPid(options.data);
    const started = await tryStart(options, port);
    if (started.ok) return { pid: started.pid, port };
    if (/could not create any TCP\/IP sockets/.test(started.said) && ++tries < PORT_TRIES) {
      // Somebody took the port in between.
      preferred = null;
      continue;
    }
    if (/shared memory block .* is still in use/.test(started.said) && clock.now().getTime() < remainsUntil) {
      await clock.sleep(100);
      continue;
    }
    throw embeddedFailure(
      'start it',
      tidy(started.said) || 'its process ended without a word',
      `Mend what the message names, or set DATABASE_URL to a PostgreSQL of your own. All it said is in ${options.log}; the data is untouched.`,
    );
  }
}

async function tryStart(
  options: StartOptions,
  port: number,
): Promise<{ ok: true; pid: number } | { ok: false; said: string }> {
  const { data, clock, log } = options;
  const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(port) });
  const output = await onFiles('open its log', log, async () => {
    await keepLogSmall(log);
    return open(log, 'a', 0o600);
  });
  try {
    await giveToFolderOwner(log);
    const saidBefore = (await output.stat()).size;
    const args = ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const child = spawn(options.programs.postgres, args, {
      ...startedAs(options.user),
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    let ended: string | null = null;
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', () => {
      ended ??= '';
    });
    child.unref();
    const deadline = clock.now().getTime() + START_MS;
    for (;;) {
      const file = await readPostmasterFile(data);
      if (child.pid !== undefined && file?.pid === child.pid && file.status === 'ready') {
        return { ok: true, pid: child.pid };
      }
      // Read through a function: control flow does not see that the listeners assign it.
      const end = ((): string | null => ended)();
      if (end !== null) return { ok: false, said: `${await readFrom(log, saidBefore)}\n${end}` };
      if (clock.now().getTime() > deadline) {
        throw embeddedFailure(
          'start it',
          `it is not ready after two minutes; it last said: ${tidy(await readFrom(log, saidBefore))}`,
          `It may be recovering from a crash and goes on: try again in a while. All it said is in ${log}.`,
        );
      }
      await clock.sleep(POLL_MS);
    }
  } finally {
    await output.close();
  }
}

/** A server that is started every night for years must not fill the disk with what it said. */
async function keepLogSmall(log: string): Promise<void> {
  if ((await exists(log)) && (await stat(log)).size > LOG_BYTES) await rename(log, `${log}.old`);
}

async function readFrom(path: string, offset: number): Promise<string> {
  const text = (await readIfThere(path)) ?? '';
  return Buffer.from(text).subarray(offset).toString();
}

/**
 * PostgreSQL believes a server is running as long as the process number in postmaster.pid belongs to any process of its
 * user, which after a reboot may be another program's. Where it is one, our own number goes into its place, because
 * PostgreSQL takes its parent's number for a leftover and still looks whether processes of the old server use the data,
 * which removing the file would keep it from.
 */
async function disownReusedPid(data: string): Promise<void> {
  const path = pidFile(data);
  const text = await onFiles('look for a running server', data, () => readIfThere(path));
  const file = text === null ? null : parsePostmasterFile(text);
  if (text === null || file === null || file.pid === process.pid) return;
  if ((await commandLine(file.pid)) === null || (await isServerOf(data, file.pid))) return;
  await onFiles('put a leftover of a killed server right', path, () =>
    writePrivateFile(path, `${process.pid}${text.slice(text.indexOf('\n'))}`),
  );
}

/**
 * Stops the server as `pg_ctl stop -m fast` does: sessions are ended, everything is written, nothing is lost. Returns
 * when its process is gone.
 *
 * @throws Failure (class `database`) where it still runs after a minute
 */
export async function stopServer(data: string, pid: number, clock: Clock): Promise<void> {
  if (!(await isServerOf(data, pid))) return;
  process.kill(pid, 'SIGINT');
  const deadline = clock.now().getTime() + STOP_MS;
  while (await isServerOf(data, pid)) {
    if (clock.now().getTime() > deadline) {
      throw embeddedFailure(
        'stop it',
        `the server (process ${pid}) still runs a minute after it was asked to stop`,
        'It may be writing to a slow disk. The next command joins it and stops it when it is done.',
      );
    }
    await clock.sleep(POLL_MS);
  }
}

/** The preferred port where nobody listens on it, else any free one. */
async function freePort(preferred: number | null): Promise<number> {
  return (preferred === null ? null : await bindable(preferred)) ?? (await bindable(0)) ?? 0;
}

function bindable(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address === null || typeof address === 'string' ? null : address.port));
    });
  });
}
