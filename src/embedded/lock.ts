import { randomBytes } from 'node:crypto';
import { link, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { embeddedFailure, onFiles, systemCode } from './failures.ts';
import { readIfThere } from './files.ts';
import { identitySchema, liveness, ownIdentity } from './process-table.ts';

const holderSchema = z.object({ nonce: z.string(), holder: identitySchema });

const POLL_MS = 100;
const GIVE_UP_MS = 180_000;
/** A holder that cannot be looked up from here (another container) is believed dead after this; it never takes as long. */
const UNKNOWN_HOLDER_MS = 240_000;

export interface LockOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Called once where somebody else holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Does `work` while no other process of this home is starting or stopping the server. A lock whose holder was killed is
 * taken over at once: it names the process and when that process started, so a reused number does not keep it alive.
 *
 * @throws Failure (class `database`) where a living process keeps the lock for three minutes
 */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  await onFiles('lock its folder', options.path, () => acquire(options));
  try {
    return await work();
  } finally {
    await rm(options.path, { force: true });
  }
}

async function acquire(options: LockOptions): Promise<void> {
  const { path, clock } = options;
  const deadline = clock.now().getTime() + GIVE_UP_MS;
  let waited = false;
  for (;;) {
    const text = await readIfThere(path);
    if (text === null) {
      if (await tryLock(path)) return;
      continue;
    }
    if (await isStale(path, text, clock)) {
      await breakLock(options, text);
      continue;
    }
    if (clock.now().getTime() > deadline) {
      throw embeddedFailure(
        'wait for another command',
        `${describeHolder(text)} has been starting or stopping the server for more than three minutes`,
        `See what it does; where no such process runs any more, remove ${path}.`,
      );
    }
    if (!waited) options.onWait?.();
    waited = true;
    await clock.sleep(POLL_MS);
  }
}

/** A lock appears with its content in one step (link), so nobody ever reads half a lock. */
async function tryLock(path: string): Promise<boolean> {
  const nonce = randomBytes(8).toString('hex');
  const mine = `${path}.${nonce}`;
  await writeFile(mine, JSON.stringify({ nonce, holder: await ownIdentity() }), { flag: 'wx', mode: 0o600 });
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

function parseHolder(text: string): z.infer<typeof holderSchema> | null {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function describeHolder(text: string): string {
  const pid = parseHolder(text)?.holder.pid;
  return pid === undefined ? 'another command' : `the command with process number ${pid}`;
}

async function isStale(path: string, text: string, clock: Clock): Promise<boolean> {
  const lock = parseHolder(text);
  const state = lock === null ? 'unknown' : await liveness(lock.holder);
  if (state !== 'unknown') return state === 'dead';
  try {
    return clock.now().getTime() - (await stat(path)).mtimeMs > UNKNOWN_HOLDER_MS;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Removes a stale lock, and surely that one: of several that found it stale only one may remove it, under a lock of its
 * own that is named after it; the others would remove the lock of whoever came next.
 */
async function breakLock(options: LockOptions, staleText: string): Promise<void> {
  const nonce = parseHolder(staleText)?.nonce ?? 'unreadable';
  const breaking = { path: `${options.path}.break-${nonce}`, clock: options.clock };
  await withLock(breaking, async () => {
    if ((await readIfThere(options.path)) === staleText) await rm(options.path, { force: true });
  });
}
