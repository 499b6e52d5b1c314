import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);

/** Where a process number means something: the same number is another process after a reboot or in a container. */
export const placeSchema = z.object({ boot: z.string(), namespace: z.string(), host: z.string() });
export type Place = z.infer<typeof placeSchema>;

/** One process for good: its number alone may be given to another one later. */
export const identitySchema = z.object({ pid: z.number().int().positive(), started: z.string(), place: placeSchema });
export type ProcessIdentity = z.infer<typeof identitySchema>;

/** What can be known of a process that may have been started elsewhere. */
export type Liveness = 'alive' | 'dead' | 'unknown';

export async function herePlace(): Promise<Place> {
  if (process.platform !== 'linux') return { boot: 'local', namespace: 'local', host: 'local' };
  const [boot, namespace] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readlink('/proc/self/ns/pid'),
  ]);
  return { boot: boot.trim(), namespace, host: hostname() };
}

/**
 * Whether a process number from `there` can be looked up `here`: `same` means yes; `over` that whatever ran there has
 * ended (the machine or the container was started again); `unknown` that it may run in a container next to this one.
 */
export function comparePlaces(there: Place, here: Place): 'same' | 'over' | 'unknown' {
  if (there.boot !== here.boot) return 'over';
  if (there.namespace === here.namespace) return 'same';
  return there.host === here.host ? 'over' : 'unknown';
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const started = await startedAt(process.pid);
  if (started === null) throw new Error('the process table does not show this process');
  return { pid: process.pid, started, place: await herePlace() };
}

export async function liveness(identity: ProcessIdentity): Promise<Liveness> {
  const place = comparePlaces(identity.place, await herePlace());
  if (place === 'unknown') return 'unknown';
  if (place === 'over') return 'dead';
  return (await startedAt(identity.pid)) === identity.started ? 'alive' : 'dead';
}

/** When a process started, in whatever unit the system keeps, to tell two of the same number apart; null: it is gone. */
async function startedAt(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return psField(pid, 'lstart=');
  const line = await readProcess(pid, 'stat');
  // The name in parentheses may hold anything; the fields after it are plain. State is the 3rd, start time the 22nd.
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined || fields[0] === 'Z' || fields[0] === 'X') return null;
  return fields[19] ?? null;
}

/** The command line of a process, its words separated by spaces; null where it is gone (a zombie is). */
export async function commandLine(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return psField(pid, 'command=');
  const line = (await readProcess(pid, 'cmdline'))?.replaceAll('\0', ' ').trim();
  return line === undefined || line === '' ? null : line;
}

async function readProcess(pid: number, file: string): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}

async function psField(pid: number, field: string): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-ww', '-o', field, '-p', String(pid)]);
    return stdout.trim() === '' ? null : stdout.trim();
  } catch {
    return null;
  }
}
