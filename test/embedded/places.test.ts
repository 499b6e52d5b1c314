import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { majorVersion } from '../../src/embedded/cluster.ts';
import { findPackage, preparePrograms } from '../../src/embedded/programs.ts';
import { serverUser } from '../../src/embedded/server-user.ts';
import { sharedFolder } from '../../src/embedded/shared-folder.ts';
import { dataOf, postmasterPid, query, useEmbeddedGround } from '../support/embedded.ts';
import { canMount, mount, unmount } from '../support/mount.ts';

const run = promisify(execFile);
const ground = useEmbeddedGround();
const isRoot = process.geteuid?.() === 0;

const mounts: string[] = [];
afterEach(async () => {
  for (const at of mounts.splice(0)) await unmount(at);
});
/** A folder on a file system of its own. */
async function mounted(options: string): Promise<string> {
  const at = join(await ground.folder(0o711), 'disk');
  await mkdir(at);
  await mount(at, options);
  mounts.push(at);
  return at;
}

/** The kernel refuses while a process has a file open to write, and the server's last one ends a moment after its lock is gone. */
async function readOnlyOnceNobodyWrites(at: string): Promise<void> {
  const refusal = (): Promise<unknown> =>
    mount(at, 'remount,ro').then(
      () => null,
      (error: unknown) => error,
    );
  await expect.poll(refusal, { timeout: 20_000 }).toBeNull();
}

/** A copy of the programs' package as `npm ci --ignore-scripts` leaves it: without links, and without execute bits. */
async function packageWithoutScripts(folder: string): Promise<string> {
  const copy = join(folder, 'package');
  await cp(findPackage(), copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  const links = JSON.parse(await readFile(join(copy, 'native', 'pg-symlinks.json'), 'utf8'));
  expect(links.length).toBeGreaterThan(0);
  for (const { target } of links) await rm(join(copy, target), { force: true });
  for (const name of await readdir(join(copy, 'native', 'bin'))) await chmod(join(copy, 'native', 'bin', name), 0o644);
  return copy;
}

const nowhere = () => Promise.reject(new Error('nothing should be staged'));

describe('programs that were installed without scripts', () => {
  it('get their links and execute bits from us, in place', async () => {
    const copy = await packageWithoutScripts(await ground.folder(0o711));
    const user = await serverUser(null);
    const programs = await preparePrograms(copy, user, nowhere);
    expect(programs.postgres).toBe(join(copy, 'native', 'bin', 'postgres'));
    expect(await majorVersion(programs, user)).toBe('18');
    // initdb is the one that needs a linked library.
    expect((await run(programs.initdb, ['--version'])).stdout).toContain('18');
    const links = JSON.parse(await readFile(join(copy, 'native', 'pg-symlinks.json'), 'utf8'));
    for (const { target } of links) expect((await stat(join(copy, target))).isFile()).toBe(true);
    await preparePrograms(copy, user, nowhere);
  });

  it.skipIf(isRoot && !canMount)('are copied where the installed ones may not be changed, once', async () => {
    const folder = isRoot ? await mounted('size=200m') : await ground.folder(0o711);
    const copy = await packageWithoutScripts(folder);
    if (isRoot) await mount(folder, 'remount,ro');
    else await run('chmod', ['-R', 'a-w', copy]);
    const staging = await ground.folder(0o711);
    const user = await serverUser(null);
    const programs = await preparePrograms(copy, user, () => Promise.resolve(staging));
    expect(programs.postgres.startsWith(staging)).toBe(true);
    expect((await run(programs.initdb, ['--version'])).stdout).toContain('18');
    const made = (await lstat(programs.postgres)).ino;
    const again = await preparePrograms(copy, user, () => Promise.resolve(staging));
    expect((await lstat(again.postgres)).ino).toBe(made);
    expect(await readdir(staging)).toHaveLength(1);
    if (!isRoot) await run('chmod', ['-R', 'u+w', copy]);
  });

  it('may name no path outside their package', async () => {
    const folder = await ground.folder(0o711);
    await mkdir(join(folder, 'native', 'bin'), { recursive: true });
    await writeFile(
      join(folder, 'native', 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/a', target: 'native/../../elsewhere' }]),
    );
    await expect(preparePrograms(folder, null, nowhere)).rejects.toThrow('names a path outside the package');
  });
});

describe.skipIf(!isRoot)('as root', () => {
  it('the server runs as another user', async () => {
    const home = await ground.home();
    await ground.join(home);
    const { uid } = await stat(await dataOf(home));
    expect(uid).not.toBe(0);
    expect(await readFile(`/proc/${await postmasterPid(home)}/status`, 'utf8')).toMatch(
      new RegExp(`^Uid:\\s+${uid}`, 'm'),
    );
  });

  it('a home below a folder that others may not enter keeps its data where the server can reach it', async () => {
    const home = join(await ground.folder(0o700), 'home');
    const places = [await ground.folder(0o711)];
    const first = await ground.join(home, { stagingPlaces: places });
    const data = await dataOf(home);
    expect(data.startsWith(places[0] ?? '')).toBe(true);
    await first.ensureDatabase('kept');
    await first.leave();
    const second = await ground.join(home, { stagingPlaces: places });
    expect(await dataOf(home)).toBe(data);
    expect(await query(second.connectionString('kept'), 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.leave();

    await rm(data, { recursive: true });
    await expect(ground.join(home, { stagingPlaces: places })).rejects.toMatchObject({
      detail: expect.stringMatching(/where this home keeps its data, is gone$/),
    });
  });

  it('programs below such a folder are copied to where the server can reach them', async () => {
    const copy = await packageWithoutScripts(await ground.folder(0o700));
    const places = [await ground.folder(0o711)];
    const home = await ground.home();
    const umask = process.umask(0o077);
    try {
      const server = await ground.join(home, { packageFolder: copy, stagingPlaces: places });
      expect(await readFile(`/proc/${await postmasterPid(home)}/cmdline`, 'utf8')).toMatch(new RegExp(`^${places[0]}`));
      await server.leave();
    } finally {
      process.umask(umask);
    }
  });

  it('a folder that somebody else put in the way is not trusted', async () => {
    const user = await serverUser(null);
    if (user === null) throw new Error('root runs the server as another user');
    const [foreign, writable, link] = await Promise.all([1, 2, 3].map(() => ground.folder(0o711)));
    if (foreign === undefined || writable === undefined || link === undefined) throw new Error('no folders');
    await mkdir(join(foreign, 'catalog-mirror'));
    await run('chown', [String(user.uid), join(foreign, 'catalog-mirror')]);
    await mkdir(join(writable, 'catalog-mirror'));
    await chmod(join(writable, 'catalog-mirror'), 0o777);
    await symlink(foreign, join(link, 'catalog-mirror'));
    await expect(sharedFolder(user, [foreign, writable, link])).rejects.toMatchObject({
      detail: expect.stringMatching(/belongs to user \d+; .*other users may write it; .*it is not a folder$/),
    });
    const good = await ground.folder(0o711);
    expect(await sharedFolder(user, [foreign, good])).toBe(join(good, 'catalog-mirror'));
  });
});

describe('a home that cannot be used', () => {
  it('because a file is in its place says so', async () => {
    const file = join(await ground.folder(0o711), 'file');
    await writeFile(file, '');
    await expect(ground.join(join(file, 'home'))).rejects.toMatchObject({
      class: 'database',
      detail: `${join(file, 'home')}: a file stands where a folder has to be`,
    });
  });

  it.skipIf(isRoot && !canMount)('because it is read-only says so, and works again once it is not', async () => {
    const folder = isRoot ? await mounted('size=200m') : await ground.folder(0o711);
    const home = join(folder, 'home');
    const first = await ground.join(home);
    await first.ensureDatabase('kept');
    await first.leave();
    if (isRoot) await readOnlyOnceNobodyWrites(folder);
    else await chmod(join(home, 'postgresql'), 0o500);
    await expect(ground.join(home)).rejects.toMatchObject({
      detail: expect.stringMatching(/postgresql\/lock: (the file system is read-only|permission denied)$/),
      hint: expect.stringContaining('CATALOG_MIRROR_HOME'),
    });
    if (isRoot) await mount(folder, 'remount,rw');
    else await chmod(join(home, 'postgresql'), 0o700);
    const again = await ground.join(home);
    expect(await query(again.connectionString('kept'), 'select 1 as one')).toEqual([{ one: 1 }]);
    await again.leave();
  });

  it.skipIf(!canMount)(
    'because its disk is full says so, keeps nothing half-made, and works once there is room',
    async () => {
      const disk = await mounted('size=20m');
      const home = join(disk, 'home');
      await expect(ground.join(home)).rejects.toMatchObject({
        class: 'database',
        detail: expect.stringMatching(/No space left on device/),
        hint: expect.stringContaining('Free some space'),
      });
      expect(await readdir(home)).toEqual(['postgresql']);
      await mount(disk, 'remount,size=200m');
      const server = await ground.join(home);
      expect(await query(server.connectionString('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
      await server.leave();
    },
  );

  it.skipIf(!canMount)(
    'because its disk filled up since says so, and what was stored is there once there is room',
    async () => {
      const disk = await mounted('size=200m');
      const home = join(disk, 'home');
      const first = await ground.join(home);
      await first.ensureDatabase('kept');
      await first.leave();
      await run('sh', ['-c', `cat /dev/zero > ${join(disk, 'filler')} || true`]);
      await expect(ground.join(home)).rejects.toMatchObject({
        class: 'database',
        detail: expect.stringMatching(/full|space/),
      });
      await rm(join(disk, 'filler'));
      const again = await ground.join(home);
      expect(await query(again.connectionString('kept'), 'select 1 as one')).toEqual([{ one: 1 }]);
      await again.leave();
    },
  );
});
