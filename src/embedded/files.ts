import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './failures.ts';

/** The text of a file, or null where it does not exist. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Writes a file that only its owner may read, whole or not at all: a reader, and whoever comes after a kill, never sees
 * half of it. Written by root in the folder of another user, it becomes that user's.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await giveToFolderOwner(fresh);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** As root: hands a new file to whoever owns the folder it is in, so that the home stays theirs. */
export async function giveToFolderOwner(path: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const folder = await stat(dirname(path));
  if (folder.uid !== 0) await chown(path, folder.uid, folder.gid);
}

/** Makes a folder where there is none; the mode of one that is there is left as it is. True where it was made. */
export async function makeFolder(path: string, mode: number): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await mkdir(path, { mode });
    await chmod(path, mode);
    await giveToFolderOwner(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    throw error;
  }
}
