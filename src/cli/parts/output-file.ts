import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** Where the file goes, and what stands there already. */
interface Target {
  readonly path: string;
  readonly present: { readonly mode: number; readonly uid: number; readonly gid: number } | null;
}

const PERMISSION_BITS = 0o7777;

/**
 * Writes a file whole or not at all: under another name beside it, and under its own once all of it is on the disk. So a
 * reader, and whoever comes after a failure, finds the old file or the new one. What is written over keeps its mode; a
 * link stays a link.
 *
 * @param path where the file goes; neither a folder nor a device
 * @param work writes it, piece by piece; where it fails, nothing is left behind
 * @throws UsageError where the file cannot be written, and whatever `work` throws
 */
export async function writeWholeFile<Result>(
  path: string,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const told = <T>(doing: Promise<T>): Promise<T> =>
    doing.catch((error: unknown) => Promise.reject(writeError(error, path)));
  const target = await told(targetOf(path));
  const fresh = join(dirname(target.path), `.${basename(target.path)}.${randomBytes(6).toString('hex')}.part`);
  const file = await told(open(fresh, 'wx'));
  try {
    let result: Result;
    try {
      await told(resemble(file, target));
      result = await work((bytes) => told(file.writeFile(bytes)));
      await told(file.sync());
    } finally {
      await file.close();
    }
    await told(rename(fresh, target.path));
    await syncFolder(dirname(target.path)).catch(() => {});
    return result;
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function targetOf(path: string): Promise<Target> {
  const real = await realpath(path).catch((error: unknown) =>
    codeOf(error) === 'ENOENT' ? null : Promise.reject(error),
  );
  if (real === null) return { path, present: null };
  const present = await stat(real);
  if (present.isDirectory()) {
    throw new UsageError(`${path} is a folder.`, 'Name a file in it.');
  }
  if (!present.isFile()) {
    throw new UsageError(
      `${path} is not a file that can be replaced.`,
      'Name another, or leave --output out and use >.',
    );
  }
  return { path: real, present };
}

async function resemble(file: FileHandle, { present }: Target): Promise<void> {
  if (present === null) return;
  if (process.geteuid?.() === 0) await file.chown(present.uid, present.gid);
  await file.chmod(present.mode & PERMISSION_BITS);
}

/** Until the folder is on the disk as well, a power cut could take the new name back. Not every file system can say so. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  ENOENT: 'Make its folder first.',
  ENOTDIR: 'A part of its path is a file: name another folder.',
  EACCES: 'Choose a folder that you may write to.',
  EPERM: 'Choose a folder that you may write to.',
  EROFS: 'Choose a folder on a disk that can be written to.',
  ENOSPC: 'Free some space, or choose a folder on another disk.',
  EDQUOT: 'Free some space, or choose a folder on another disk.',
};

/** What an error of the file system means to whoever named the file; other errors as they are. */
export function writeError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error) || code === null) return error;
  return new UsageError(
    `could not write ${path}: ${reasonOf(error)}`,
    WHAT_TO_DO[code] ?? 'Look at that file and its disk, or choose another.',
  );
}

/** Of `ENOENT: no such file or directory, open '/a/.b.part'`, what happened. */
function reasonOf({ message }: Error): string {
  return message.replace(/^[A-Z0-9]+: /, '').replace(/, [a-z]+(?: '.*)?$/s, '');
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
