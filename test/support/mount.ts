import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Mounts a tmpfs (or, with `remount,…`, changes one): a disk that can be full or read-only, for root too. */
export async function mount(at: string, options: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
}

export async function unmount(at: string): Promise<void> {
  // Lazily: a server that is just ending may still have files open.
  await run('umount', ['-l', at]);
}

function tryMounting(): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  const at = mkdtempSync(join(tmpdir(), 'catalog-mirror-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' });
    execFileSync('umount', [at], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(at);
  }
}

/** Whether this process may mount: root of a real machine may, root of most containers may not. */
export const canMount = tryMounting();
