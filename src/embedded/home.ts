import { randomBytes } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { embeddedFailure, onFiles } from './failures.ts';
import { exists, makeFolder, readIfThere, writePrivateFile } from './files.ts';
import { placeSchema } from './process-table.ts';
import { mayEnter, type ServerUser } from './server-user.ts';
import { sharedFolder } from './shared-folder.ts';

const stateSchema = z.object({
  /** The data folder where it is not in the home; null where it is. */
  dataElsewhere: z.string().nullable(),
  /** The data folder was made: if it is missing now, it was taken away. */
  made: z.boolean(),
  /** The port of the last start: kept, so that connections that somebody wrote down stay right. */
  port: z.number().int().nullable(),
  /** Where the server was last started, to judge its process number by; null before the first start. */
  place: placeSchema.nullable(),
});

export type HomeState = z.infer<typeof stateSchema>;

/** The folders and files of one home. Everything but the data is in `private`, which only its owner may enter. */
export interface Home {
  readonly folder: string;
  readonly private: string;
  readonly lock: string;
  readonly log: string;
}

/**
 * Makes the home's folders where they are missing.
 *
 * @param folder absolute or relative to the working folder; its parents are made too
 * @throws Failure (class `database`) where it cannot be made or written
 */
export async function openHome(folder: string): Promise<Home> {
  return onFiles('make its folder', folder, async () => {
    // The server's user has to pass through a home of root's: it may enter, and sees nothing.
    await makeFolder(folder, process.geteuid?.() === 0 ? 0o711 : 0o700);
    const real = await realpath(folder);
    const own = join(real, 'postgresql');
    await makeFolder(own, 0o700);
    return { folder: real, private: own, lock: join(own, 'lock'), log: join(own, 'postgresql.log') };
  });
}

const DATA = 'postgresql-data';

const statePath = (home: Home): string => join(home.private, 'state.json');
const passwordPath = (home: Home): string => join(home.private, 'password');

/** What the home remembers; on the first start, nothing. */
export async function readState(home: Home): Promise<HomeState> {
  const path = statePath(home);
  const text = await onFiles('read what the home remembers', path, () => readIfThere(path));
  if (text === null) return { dataElsewhere: null, made: false, port: null, place: null };
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw embeddedFailure(
      'read what the home remembers',
      `${path} is damaged`,
      'Restore it from a backup. It says where the data is if that is not in the home; nothing was changed.',
      error,
    );
  }
}

export async function writeState(home: Home, state: HomeState): Promise<void> {
  const path = statePath(home);
  await onFiles('write what the home remembers', path, () => writePrivateFile(path, `${JSON.stringify(state)}\n`));
}

/** Where the data is, or will be after the first start; as root with a home out of the server's reach, elsewhere. */
export async function dataFolder(
  home: Home,
  state: HomeState,
  user: ServerUser | null,
  stagingPlaces: readonly string[] | undefined,
): Promise<string> {
  if (state.dataElsewhere !== null) return state.dataElsewhere;
  const inHome = join(home.folder, DATA);
  if (user === null || (await mayEnter(home.folder, user))) return inHome;
  if (await exists(inHome)) {
    throw embeddedFailure(
      'start it as root',
      `its user ${user.name} may no longer enter ${home.folder} or a folder above it`,
      `Let others enter them again (chmod o+x), or move the home. The data in ${inHome} is untouched.`,
    );
  }
  return join(await sharedFolder(user, stagingPlaces), randomBytes(8).toString('hex'), DATA);
}

/** The owner of the data folder; null where there is none yet. */
export async function dataOwner(home: Home, state: HomeState): Promise<{ uid: number; gid: number } | null> {
  const folder = state.dataElsewhere ?? join(home.folder, DATA);
  return (await exists(folder)) ? stat(folder) : null;
}

/** Makes the folder that the data folder will be in. */
export async function makeDataParent(home: Home, parent: string): Promise<void> {
  if (parent === home.folder) return;
  await mkdir(parent, { recursive: true, mode: 0o711 });
  await chmod(parent, 0o711);
}

/**
 * The password of the server's one role: random, made once, in a file with mode 0600.
 *
 * @param dataExists a data folder is there, so the password must be too
 * @throws Failure (class `database`) where the file of an existing data folder is missing
 */
export async function readOrMakePassword(home: Home, dataExists: boolean): Promise<string> {
  const path = passwordPath(home);
  return onFiles('read its password', path, async () => {
    const known = (await readIfThere(path))?.trim();
    if (known !== undefined && known !== '') return known;
    if (dataExists) {
      throw embeddedFailure(
        'read its password',
        `${path} is missing, and the data folder was made with it`,
        'Restore the file from a backup, or set CATALOG_MIRROR_HOME to a new folder to start over. Nothing was changed.',
      );
    }
    const password = randomBytes(24).toString('base64url');
    await writePrivateFile(path, `${password}\n`);
    return password;
  });
}
