import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWholeFile } from '../../src/cli/parts/output-file.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { canMount, mount, unmount } from '../support/mount.ts';

const A = Buffer.from('a');

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-output-'));
  path = join(folder, 'out.csv');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes `a` twice. */
const twice = async (write: (bytes: Uint8Array) => Promise<void>): Promise<string> => {
  await write(A);
  await write(A);
  return 'done';
};

describe('a file that is written whole', () => {
  it('has its name only once all of it is there', async () => {
    await writeFile(path, 'old');
    const result = await writeWholeFile(path, async (write) => {
      await write(A);
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(await readdir(folder)).toHaveLength(2);
      return twice(write);
    });
    expect(result).toBe('done');
    expect(await readFile(path, 'utf8')).toBe('aaa');
    expect(await readdir(folder)).toEqual(['out.csv']);
  });

  it('leaves the old one as it was, and nothing else, where the work fails', async () => {
    await writeFile(path, 'old');
    const failing = writeWholeFile(path, async (write) => {
      await write(A);
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['out.csv']);
  });

  it('keeps the mode of what it replaces, and a link a link', async () => {
    const real = join(folder, 'real.csv');
    await writeFile(real, 'old');
    await chmod(real, 0o640);
    await symlink('real.csv', path);
    await writeWholeFile(path, twice);
    expect(await readlink(path)).toBe('real.csv');
    expect(await readFile(real, 'utf8')).toBe('aa');
    expect((await stat(real)).mode & 0o777).toBe(0o640);
  });

  it('may be written by two at once: one of them is there, whole', async () => {
    await Promise.all([writeWholeFile(path, twice), writeWholeFile(path, twice)]);
    expect(await readFile(path, 'utf8')).toBe('aa');
    expect(await readdir(folder)).toEqual(['out.csv']);
  });

  it.each([
    ['a folder', '', / is a folder\.$/],
    ['a folder that is not there', 'missing/out.csv', /^could not write .*out\.csv: no such file or directory$/],
    ['a file in place of a folder', 'file/out.csv', /^could not write .*out\.csv: not a directory$/],
    ['a name that is too long', 'x'.repeat(300), /^could not write .*: name too long$/],
  ])('is refused in a sentence: %s', async (_, name, says) => {
    await writeFile(join(folder, 'file'), '');
    const refused = await writeWholeFile(join(folder, name), twice).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).toMatchObject({ message: expect.stringMatching(says), hint: expect.stringMatching(/^[A-Z].*\.$/) });
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('never takes the place of a device', async () => {
    await expect(writeWholeFile('/dev/null', twice)).rejects.toThrow('/dev/null is not a file that can be replaced.');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it.skipIf(process.geteuid?.() === 0)('is refused in a folder that is not ours', async () => {
    const foreign = join(folder, 'foreign');
    await mkdir(foreign, { mode: 0o500 });
    await expect(writeWholeFile(join(foreign, 'out.csv'), twice)).rejects.toThrow('permission denied');
  });

  it.skipIf(!canMount)(
    'leaves the old one and nothing else on a disk that is full, and on one that is read-only',
    async () => {
      const disk = join(folder, 'disk');
      const file = join(disk, 'out.csv');
      await mkdir(disk);
      await mount(disk, 'size=64k');
      try {
        await writeFile(file, 'old');
        const full = writeWholeFile(file, (write) => write(Buffer.alloc(1_000_000)));
        await expect(full).rejects.toThrow(`could not write ${file}: no space left on device`);
        expect(await readdir(disk)).toEqual(['out.csv']);
        await mount(disk, 'remount,ro');
        await expect(writeWholeFile(file, twice)).rejects.toThrow('read-only file system');
        expect(await readFile(file, 'utf8')).toBe('old');
      } finally {
        await unmount(disk);
      }
    },
  );
});
