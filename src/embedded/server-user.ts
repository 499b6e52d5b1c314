import type { Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { embeddedFailure } from './failures.ts';

/** As whom the server runs. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The users that root runs the server as, in this order: PostgreSQL refuses to run as root. `postgres` is there where
 * the system has a PostgreSQL of its own, `nobody` everywhere. No user is ever created: that would change the machine for
 * good, for a program that may only be tried out.
 */
const CANDIDATES = ['postgres', 'nobody'];

/**
 * As whom the server must run: null is this process's own user, which is right for everybody but root.
 *
 * @param owner the owner of a data folder that is already there; PostgreSQL accepts no other user for it
 * @throws Failure (class `database`) where root finds no user to run it as
 */
export async function serverUser(owner: { uid: number; gid: number } | null): Promise<ServerUser | null> {
  if (process.geteuid?.() !== 0) return null;
  const users = parseUsers(await readFile('/etc/passwd', 'utf8'));
  if (owner !== null && owner.uid !== 0) {
    return users.find((user) => user.uid === owner.uid) ?? { ...owner, name: `user ${owner.uid}` };
  }
  for (const name of CANDIDATES) {
    const user = users.find((other) => other.name === name && other.uid !== 0);
    if (user !== undefined) return user;
  }
  throw embeddedFailure(
    'start it as root',
    `PostgreSQL refuses to run as root, and this machine has neither of the users ${CANDIDATES.join(' and ')}`,
    'Run catalog-mirror as another user, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

export function parseUsers(passwd: string): readonly ServerUser[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined || uid === '' || gid === '') return [];
    const user = { name, uid: Number(uid), gid: Number(gid) };
    return Number.isInteger(user.uid) && Number.isInteger(user.gid) ? [user] : [];
  });
}

type Access = 'enter' | 'read';

/** Whether the mode of a file or folder lets `user` in, without the rights of root. */
export function allows(stats: Pick<Stats, 'mode' | 'uid' | 'gid'>, user: ServerUser, access: Access): boolean {
  const bit = access === 'enter' ? 0o1 : 0o4;
  if (stats.uid === user.uid) return (stats.mode & (bit << 6)) !== 0;
  if (stats.gid === user.gid) return (stats.mode & (bit << 3)) !== 0;
  return (stats.mode & bit) !== 0;
}

/** Whether `user` may enter `folder` and every folder above it. */
export async function mayEnter(folder: string, user: ServerUser): Promise<boolean> {
  let at = await realpath(folder);
  for (;;) {
    if (!allows(await stat(at), user, 'enter')) return false;
    const above = dirname(at);
    if (above === at) return true;
    at = above;
  }
}
