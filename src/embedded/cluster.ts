import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { embeddedFailure, onFiles } from './failures.ts';
import { readIfThere } from './files.ts';
import type { Programs } from './programs.ts';
import type { ServerUser } from './server-user.ts';

const run = promisify(execFile);

/** The server's one role, its superuser. */
export const ROLE = 'catalog_mirror';

/** How PostgreSQL's programs are started: as their user, and with none of our environment, which may hold secrets. */
export function startedAs(user: ServerUser | null): {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
} {
  const plain = { cwd: '/', env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };
  return user === null ? plain : { ...plain, uid: user.uid, gid: user.gid };
}

/** The text that a failed program left, or what the system said when it could not even be started. */
export function programMessage(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr.trim() !== '') {
    return tidy(error.stderr);
  }
  return error instanceof Error ? error.message : String(error);
}

/** The lines that say what went wrong, without time and process number, in one line. */
export function tidy(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /, '').trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => /(FATAL|PANIC|ERROR|error|HINT|DETAIL|hint|detail):/.test(line));
  return (telling.length > 0 ? telling : lines).slice(-6).join(' / ');
}

/** The major version of the programs, as they say themselves (`18`): also the proof that they run on this machine. */
export async function majorVersion(programs: Programs, user: ServerUser | null): Promise<string> {
  try {
    const { stdout } = await run(programs.postgres, ['--version'], startedAs(user));
    const major = /(\d+)(\.\d+)?/.exec(stdout)?.[1];
    if (major === undefined) throw new Error(`postgres --version answered ${JSON.stringify(stdout)}`);
    return major;
  } catch (error) {
    throw embeddedFailure(
      'run its programs',
      `${programs.postgres}: ${programMessage(error)}`,
      'They need Linux with glibc, or macOS; elsewhere (Alpine, for one) set DATABASE_URL to a PostgreSQL of your own.',
      error,
    );
  }
}

/**
 * Sees that a data folder, where there is one, belongs to the programs' version.
 *
 * @returns whether there is one
 * @throws Failure (class `database`) where another major version made it; it is left as it is
 */
export async function hasCluster(data: string, major: string): Promise<boolean> {
  const made = (await onFiles('read its data folder', data, () => readIfThere(join(data, 'PG_VERSION'))))?.trim();
  if (made === undefined) return false;
  if (made === major) return true;
  throw embeddedFailure(
    'open its data folder',
    `${data} was made by PostgreSQL ${made}, and this version of catalog-mirror brings PostgreSQL ${major}`,
    'Use the version of catalog-mirror that made it, or set CATALOG_MIRROR_HOME to a new folder. Nothing was changed.',
  );
}

/**
 * Makes the data folder, whole or not at all: under another name first, so that a kill in the middle leaves nothing that
 * looks like one. What earlier kills left is removed. UTF8 is named because initdb would choose SQL_ASCII without a
 * locale; the builtin C.UTF-8 sorts the same on every machine.
 */
export async function makeCluster(options: {
  readonly programs: Programs;
  readonly user: ServerUser | null;
  readonly data: string;
  readonly password: string;
  /** Trust the disk's cache: quicker, for tests. */
  readonly unsafe: boolean;
}): Promise<void> {
  const { programs, user, data } = options;
  await onFiles('make its data folder', data, async () => {
    const parent = dirname(data);
    await removeLeftovers(parent, basename(data));
    const workshop = `${data}.new-${randomBytes(6).toString('hex')}`;
    const [fresh, passwordFile] = [join(workshop, 'data'), join(workshop, 'password')];
    try {
      await mkdir(workshop, { mode: 0o700 });
      await writeFile(passwordFile, options.password, { mode: 0o600 });
      if (user !== null) for (const path of [passwordFile, workshop]) await chown(path, user.uid, user.gid);
      await initdb(programs, user, [
        `--pgdata=${fresh}`,
        `--pwfile=${passwordFile}`,
        `--username=${ROLE}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(options.unsafe ? ['--no-sync'] : []),
      ]);
      await rename(fresh, data);
    } finally {
      await rm(workshop, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

async function initdb(programs: Programs, user: ServerUser | null, args: readonly string[]): Promise<void> {
  try {
    await run(programs.initdb, [...args], startedAs(user));
  } catch (error) {
    const message = programMessage(error);
    throw embeddedFailure(
      'make its data folder',
      message,
      /no space left/i.test(message)
        ? 'Free some space, or set CATALOG_MIRROR_HOME to a folder on another disk. Nothing was lost.'
        : 'Mend what the message names, or set DATABASE_URL to a PostgreSQL of your own. Nothing was kept of the attempt.',
      error,
    );
  }
}

async function removeLeftovers(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (entry.startsWith(`${name}.new-`)) {
      await rm(join(parent, entry), { recursive: true, force: true, maxRetries: 5 });
    }
  }
}
