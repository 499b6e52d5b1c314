import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedFailure, systemCode } from './failures.ts';
import { mayEnter, type ServerUser } from './server-user.ts';

/** Where root keeps what the server's user must reach when the home is out of its reach. Both survive a reboot. */
const PLACES = ['/var/lib', '/var/tmp'];

/**
 * The folder of root's that the server's user can enter: `/var/lib/catalog-mirror`, or one in `/var/tmp` where that
 * cannot be written. Anybody may have put something of that name into /var/tmp, so only a real folder that root owns and
 * nobody else may write is taken.
 *
 * @param places where to look; a parameter for the tests
 * @throws Failure (class `database`) where none can be had, with the reason for each
 */
export async function sharedFolder(user: ServerUser, places: readonly string[] = PLACES): Promise<string> {
  const reasons: string[] = [];
  for (const place of places) {
    const folder = join(place, 'catalog-mirror');
    const reason = await whyNot(folder, user);
    if (reason === null) return folder;
    reasons.push(`${folder}: ${reason}`);
  }
  throw embeddedFailure(
    `give the user ${user.name}, as whom it runs, a folder that it can reach`,
    reasons.join('; '),
    'Set CATALOG_MIRROR_HOME to a folder that every user may enter, or run catalog-mirror as another user than root.',
  );
}

async function whyNot(folder: string, user: ServerUser): Promise<string | null> {
  try {
    await mkdir(folder, { mode: 0o711 });
    // A strict umask would have taken away what the server's user needs.
    await chmod(folder, 0o711);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') return error instanceof Error ? error.message : String(error);
  }
  const stats = await lstat(folder);
  if (!stats.isDirectory()) return 'it is not a folder';
  if (stats.uid !== process.geteuid?.()) return `it belongs to user ${stats.uid}`;
  if ((stats.mode & 0o022) !== 0) return 'other users may write it';
  return (await mayEnter(folder, user)) ? null : `the user ${user.name} may not enter it`;
}
