import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLoader } from '../../src/store/first-load/loader.ts';
import type { PageRows } from '../../src/store/first-load/page-rows.ts';
import { good, pageOf } from './ground.ts';

const ROWS_OF_A_PAGE = 10;

const MEGABYTE = 1024 * 1024;

/** An answer that was asked for at this moment, with a megabyte of rows. */
function loadable(asked: number, bytes = MEGABYTE) {
  const { summary } = pageOf([good(asked)], { asked });
  const rows = { artifacts: Buffer.alloc(bytes / 2), observations: Buffer.alloc(bytes / 2), ids: Buffer.alloc(0) };
  return { summary, rows: { ...rows, count: ROWS_OF_A_PAGE } };
}

const from = (first: number, to: number) => Array.from({ length: to - first + 1 }, (_, n) => loadable(first + n));

/** A PostgreSQL that does what it is told to, when it is told to. */
function startWriter() {
  const written: number[] = [];
  const answers: { readonly resolve: (isWritten: boolean) => void; readonly reject: (error: Error) => void }[] = [];
  const write = (pages: readonly PageRows[]): Promise<boolean> => {
    written.push(pages.length);
    return new Promise((resolve, reject) => answers.push({ resolve, reject }));
  };
  const answer = async (isWritten: boolean | Error): Promise<void> => {
    const next = answers.shift();
    if (next === undefined) throw new Error('nothing is being written');
    if (typeof isWritten === 'boolean') next.resolve(isWritten);
    else next.reject(isWritten);
    await turn();
  };
  return { loader: createLoader(write), written, answer };
}

describe('what a first load takes on', () => {
  it('is written at once, and what comes meanwhile together behind it', async () => {
    const { loader, written, answer } = startWriter();
    loader.add(from(1, 2));
    loader.add(from(3, 5));
    loader.add(from(6, 6));
    expect(written).toEqual([2]);
    await answer(true);
    expect(written).toEqual([2, 4]);
    expect(loader.outcome()).toEqual({ written: 2 * ROWS_OF_A_PAGE, refused: [], hasFailed: false });
    await answer(true);
    await loader.isDone();
    expect(loader.outcome()).toEqual({ written: 4 * ROWS_OF_A_PAGE, refused: [], hasFailed: false });
    loader.add(from(7, 7));
    expect(written).toEqual([2, 4, 1]);
  });

  it('has room until much of it waits, and again once that is being written', async () => {
    const { loader, answer } = startWriter();
    loader.add(from(1, 1));
    await loader.hasRoom();
    loader.add(from(2, 9));
    await loader.hasRoom();
    loader.add(from(10, 10));
    const told: string[] = [];
    const rooms = ['one', 'other'].map(async (who) => {
      await loader.hasRoom();
      told.push(who);
    });
    await turn();
    expect(told).toEqual([]);
    await answer(true);
    await Promise.all(rooms);
  });

  it('is written in portions, each of one answer at least', async () => {
    const { loader, written, answer } = startWriter();
    loader.add([loadable(1), loadable(2, 20 * MEGABYTE), ...from(3, 12)]);
    expect(written).toEqual([1]);
    for (let portion = 0; portion < 4; portion += 1) await answer(true);
    await loader.isDone();
    expect(written).toEqual([1, 1, 8, 2]);
    expect(loader.outcome()).toEqual({ written: 12 * ROWS_OF_A_PAGE, refused: [], hasFailed: false });
  });

  it('is told of by what was refused of it, and the rest is written all the same', async () => {
    const { loader, written, answer } = startWriter();
    loader.add(from(1, 2));
    loader.add(from(3, 4));
    await answer(false);
    expect(loader.outcome()).toEqual({ written: 0, refused: [1, 2], hasFailed: false });
    await answer(true);
    await loader.isDone();
    expect(loader.outcome()).toEqual({ written: 2 * ROWS_OF_A_PAGE, refused: [], hasFailed: false });
    expect(written).toEqual([2, 2]);
  });

  it('is not written any more where writing failed, and nobody waits for it', async () => {
    const { loader, written, answer } = startWriter();
    loader.add(from(1, 1));
    loader.add(from(2, 12));
    const room = loader.hasRoom();
    await answer(new Error('the connection broke'));
    await room;
    await loader.isDone();
    expect(loader.outcome()).toMatchObject({ written: 0, hasFailed: true });
    loader.add(from(13, 13));
    await loader.isDone();
    expect(written).toEqual([1]);
  });
});
