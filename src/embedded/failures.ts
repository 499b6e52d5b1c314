import { Failure } from '../catalog/failure.ts';

const SUBJECT = 'the embedded PostgreSQL';

/** A failure of the embedded server itself. `operation` is a verb phrase, `detail` a sentence part. */
export function embeddedFailure(operation: string, detail: string, hint: string, cause?: unknown): Failure {
  return new Failure({ class: 'database', operation, subject: SUBJECT, detail, hint, cause });
}

const FOLDER_ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, or set CATALOG_MIRROR_HOME to a folder on another disk. Nothing was lost.',
  EDQUOT: 'Free some of your quota, or set CATALOG_MIRROR_HOME to another folder. Nothing was lost.',
  EROFS: 'Set CATALOG_MIRROR_HOME to a folder that can be written, or DATABASE_URL to a PostgreSQL of your own.',
  EACCES: 'Set CATALOG_MIRROR_HOME to a folder of your own, or run as the user who made this one.',
  EPERM: 'Set CATALOG_MIRROR_HOME to a folder of your own, or run as the user who made this one.',
  ENOTDIR: 'Set CATALOG_MIRROR_HOME to a folder; a part of this path is a file.',
  EEXIST: 'Set CATALOG_MIRROR_HOME to a folder; this path, or a part of it, is a file.',
};

const FOLDER_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a file stands where a folder has to be',
};

/** The code of a failed system call (`ENOENT`), or null where `error` is none. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * Does `work` on files and turns what the file system refuses into a Failure (class `database`) that names the path and
 * says what to do.
 *
 * @param operation what is attempted, as a verb phrase
 * @param path what it is attempted on
 */
export async function onFiles<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = systemCode(error);
    const reason = (code === null ? undefined : FOLDER_REASONS[code]) ?? String(error);
    const advice = (code === null ? undefined : FOLDER_ADVICE[code]) ?? 'See whether the path is as it should be.';
    throw embeddedFailure(operation, `${path}: ${reason}`, advice, error);
  }
}
