import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { withLock } from '../../src/embedded/lock.ts';
import { ownIdentity, type ProcessIdentity } from '../../src/embedded/process-table.ts';
import { FakeClock } from '../support/clock.ts';
import { useEmbeddedGround } from '../support/embedded.ts';

const ground = useEmbeddedGround();
const clock = createSystemClock();

async function lockHeldBy(change: (own: ProcessIdentity) => ProcessIdentity): Promise<string> {
  const path = join(await ground.folder(0o700), 'lock');
  await writeFile(path, JSON.stringify({ nonce: 'abc', holder: change(await ownIdentity()) }));
  return path;
}

/** Fails where two are inside at once. */
function crowd(): { enter(): Promise<void>; readonly visits: number } {
  let inside = 0;
  let visits = 0;
  return {
    enter: async () => {
      inside += 1;
      visits += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    },
    get visits() {
      return visits;
    },
  };
}

describe('the lock of a home', () => {
  it('lets one in at a time, and leaves no file behind', async () => {
    const folder = await ground.folder(0o700);
    const path = join(folder, 'lock');
    const room = crowd();
    await Promise.all(Array.from({ length: 8 }, () => withLock({ path, clock }, room.enter)));
    expect(room.visits).toBe(8);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is free again after work that fails, and passes the failure on', async () => {
    const path = join(await ground.folder(0o700), 'lock');
    const failure = new Error('the work failed');
    await expect(withLock({ path, clock }, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await withLock({ path, clock }, () => Promise.resolve('free'))).toBe('free');
  });

  it.each<[string, (own: ProcessIdentity) => ProcessIdentity]>([
    ['a process that is gone', (own) => ({ ...own, pid: 2 ** 22 + 1 })],
    ['a process whose number another one has now', (own) => ({ ...own, started: '1' })],
    ['a process from before the last reboot', (own) => ({ ...own, place: { ...own.place, boot: 'earlier' } })],
    ['this container before it was started again', (own) => ({ ...own, place: { ...own.place, namespace: 'other' } })],
  ])('is taken from %s at once, by one of many', async (_whose, change) => {
    const path = await lockHeldBy(change);
    const room = crowd();
    const fake = new FakeClock();
    const waits: string[] = [];
    await withLock({ path, clock: fake, onWait: () => waits.push('waited') }, room.enter);
    expect(fake.sleeps).toEqual([]);
    expect(waits).toEqual([]);

    await writeFile(path, await readFile(await lockHeldBy(change), 'utf8'));
    await Promise.all(Array.from({ length: 8 }, () => withLock({ path, clock }, room.enter)));
    expect(room.visits).toBe(9);
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('is removed from the dead by one at a time: who is second would remove the lock of whoever came next', async () => {
    const path = await lockHeldBy((own) => ({ ...own, started: '1' }));
    const stale = await readFile(path, 'utf8');
    const breaker = `${path}.break-abc`;
    await writeFile(breaker, await readFile(await lockHeldBy((own) => own), 'utf8'));
    const second = withLock({ path, clock: new FakeClock({ start: new Date() }) }, () => Promise.resolve('inside'));
    await expect(second).rejects.toThrow('three minutes');
    expect(await readFile(path, 'utf8')).toBe(stale);
    await rm(breaker);
    expect(await withLock({ path, clock }, () => Promise.resolve('inside'))).toBe('inside');
  });

  it('is not taken from a living process: the waiter says so once, then gives up and names it', async () => {
    const path = await lockHeldBy((own) => own);
    const before = await readFile(path, 'utf8');
    let waits = 0;
    const fake = new FakeClock({ start: new Date() });
    const attempt = withLock({ path, clock: fake, onWait: () => (waits += 1) }, () => Promise.resolve('inside'));
    await expect(attempt).rejects.toMatchObject({
      class: 'database',
      detail: `the command with process number ${process.pid} has been starting or stopping the server for more than three minutes`,
      hint: expect.stringContaining(path),
    });
    expect(waits).toBe(1);
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('of a neighbouring container is waited for until it is too old to be held', async () => {
    const neighbour = (own: ProcessIdentity) => ({
      ...own,
      place: { ...own.place, namespace: 'other', host: 'neighbour' },
    });
    const path = await lockHeldBy(neighbour);
    const fresh = new FakeClock({ start: new Date() });
    await expect(withLock({ path, clock: fresh }, () => Promise.resolve('inside'))).rejects.toThrow('three minutes');
    const old = new Date(Date.now() - 300_000);
    await utimes(path, old, old);
    const now = new FakeClock({ start: new Date() });
    expect(await withLock({ path, clock: now }, () => Promise.resolve('inside'))).toBe('inside');
  });

  it('that holds nothing readable is waited for like one of a stranger', async () => {
    const path = join(await ground.folder(0o700), 'lock');
    await writeFile(path, 'not json');
    const old = new Date(Date.now() - 300_000);
    await utimes(path, old, old);
    expect(await withLock({ path, clock }, () => Promise.resolve('inside'))).toBe('inside');
  });
});
