import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogPage } from '../../src/catalog/page.ts';
import type { WalkPorts } from '../../src/walk/ports.ts';
import { readPass } from '../../src/walk/read-pass.ts';
import { createRecorder } from '../../src/walk/recorder.ts';
import { isReadFromTheRight, seamsOf } from '../../src/walk/seams.ts';
import { listed, ModelList } from './list-model.ts';
import { ModelStage, modelPorts } from './model-stage.ts';
import { emptyPage, fullPage, pagesOf, readList, readOnce, upTo } from './read-once.ts';
import { walkOptions } from './run-walk.ts';

describe('a reading of the whole list', () => {
  it('begins with the first page and goes on from the last one backwards', async () => {
    expect((await readList(new ModelList({ items: listed(45) }))).asked).toEqual([1, 5, 4, 3, 2]);
  });

  it('reads lanes side by side, each from its end backwards', async () => {
    const { asked } = await readList(new ModelList({ items: listed(100) }), { concurrency: 3 });
    expect(asked).toEqual([1, 4, 7, 10, 3, 6, 9, 2, 5, 8]);
  });

  it('reads from the right all seams but that of the first page and those where lanes meet', async () => {
    const given = fc.record({
      count: fc.integer({ min: 0, max: 200 }),
      concurrency: fc.integer({ min: 1, max: 6 }),
      delays: fc.array(fc.nat(9), { maxLength: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ count, ...how }) => {
        const { reading } = await readList(new ModelList({ items: listed(count) }), how);
        const others = seamsOf(reading.pages).filter((seam) => !isReadFromTheRight(seam));
        expect(others.length).toBeLessThanOrEqual(how.concurrency);
      }),
      { numRuns: 200 },
    );
  });

  it('has the next page on its way while it looks at an answer, and no further one', async () => {
    const list = new ModelList({ items: listed(100) });
    let goOn = (): void => {};
    const looking = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const asked: number[] = [];
    const ports = modelPorts((page, limit) => list.read(page, limit), new ModelStage([]));
    const options = walkOptions({ concurrency: 1 });
    const recorder = createRecorder(
      {
        ...ports,
        async readPage(page, limit, onArrival) {
          asked.push(page);
          const answer = await ports.readPage(page, limit, onArrival);
          if (page === 9) await looking;
          return answer;
        },
      },
      options,
    );
    const reading = readPass(1, ports, recorder, options);
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect(asked).toEqual([1, 10, 9, 8]);
    goOn();
    await reading;
    expect(asked).toHaveLength(10);
  });

  it('asks for no page before the answer before it is staged where it may not read ahead', async () => {
    const list = new ModelList({ items: listed(100) });
    let goOn = (): void => {};
    const isStaged = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const asked: number[] = [];
    const model = modelPorts((page, limit) => list.read(page, limit), new ModelStage([]));
    const ports: WalkPorts = {
      ...model,
      mayReadAhead: () => false,
      readPage(page, limit, onArrival) {
        asked.push(page);
        return model.readPage(page, limit, onArrival);
      },
      async stage(summary, answer) {
        if (summary.page === 9) await isStaged;
        return model.stage(summary, answer);
      },
    };
    const options = walkOptions({ concurrency: 1 });
    const reading = readPass(1, ports, createRecorder(ports, options), options);
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    expect(asked).toEqual([1, 10, 9]);
    goOn();
    await reading;
    expect(asked).toHaveLength(10);
  });

  it('counts an answer as arrived when it had, and not when it was read: of two tries the last', async () => {
    const list = new ModelList({ items: listed(30) });
    const ports = modelPorts((page, limit) => list.read(page, limit), new ModelStage([]));
    const options = walkOptions({ concurrency: 1 });
    const twice = createRecorder(
      {
        ...ports,
        async readPage(page, limit, onArrival) {
          if (page === 3) onArrival();
          for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
          return ports.readPage(page, limit, onArrival);
        },
      },
      options,
    );
    const { pages } = await readPass(1, ports, twice, options);
    const [, second, third] = pages;
    // The lane went on at the first try, so that nobody knows which of the two was earlier.
    expect(second?.asked).toBeLessThan(third?.arrived ?? 0);
    expect(seamsOf(pages).filter((seam) => !isReadFromTheRight(seam))).toHaveLength(2);
  });

  it('keeps no more requests under way than it may', async () => {
    let underWay = 0;
    let most = 0;
    const list = new ModelList({ items: listed(200) });
    await readOnce(
      async (page, limit) => {
        underWay += 1;
        most = Math.max(most, underWay);
        for (let left = page % 5; left > 0; left--) await Promise.resolve();
        underWay -= 1;
        return list.read(page, limit);
      },
      { concurrency: 3 },
    );
    expect(most).toBe(3);
  });
});

describe('the end of a reading', () => {
  it('is read on behind as long as the last page says that another follows', async () => {
    const changes = [2, 6, 7].flatMap((beforeRead) =>
      Array.from({ length: 8 }, () => ({ beforeRead, what: 'arrive', which: 0 }) as const),
    );
    const read = await readList(new ModelList({ items: listed(45), changes }));
    expect(read.asked).toEqual([1, 5, 4, 3, 2, 6, 7]);
    expect(pagesOf(read)).toEqual(upTo(7));
  });

  it('is the last page where that one is exactly full and says that none follows', async () => {
    expect((await readList(new ModelList({ items: listed(40) }))).asked).toEqual([1, 4, 3, 2]);
  });

  it('is where the items end, however many pages totals announce, and is found by small steps', async () => {
    const read = await readOnce((page) => (page > 17 ? emptyPage(page, 200) : fullPage(page, { total: 200 })));
    expect(pagesOf(read)).toEqual(upTo(17));
    // The next page is on its way before it is known that one is empty.
    expect(read.asked.slice(0, 5)).toEqual([1, 20, 19, 18, 16]);
    expect(read.asked).toHaveLength(21);
  });

  it.each([1, 4])(
    'is found by halves in fewer than 100 reads of %i lanes where a total is absurd',
    async (concurrency) => {
      const absurd = { total: 1e12 };
      const read = await readOnce((page) => (page > 3 ? emptyPage(page, 1e12) : fullPage(page, absurd)), {
        concurrency,
      });
      expect(pagesOf(read)).toEqual([1, 2, 3]);
      expect(read.asked.length).toBeLessThan(100);
      expect(read.reading.failures).toEqual([]);
    },
  );

  it('is found at once where a server shows its last page far behind an empty one', async () => {
    const far = 1e11;
    const read = await readOnce(
      (page) => {
        if (page > 3 && page < far) return emptyPage(page, 1e12);
        return fullPage(Math.min(page, 4), { page, total: 1e12 });
      },
      { concurrency: 2 },
    );
    expect(pagesOf(read)).toEqual([1, 2, 3]);
  });

  it('is behind an empty first page where another one has items', async () => {
    const read = await readOnce((page) => {
      if (page === 1) return { ...emptyPage(1, 25), hasNext: true };
      return fullPage(page, { total: 25, hasNext: page < 3 });
    });
    expect(pagesOf(read)).toEqual([1, 2, 3]);
  });

  it('moves up where the list shrinks, and nothing before it stays unread', async () => {
    const given = fc.record({
      concurrency: fc.integer({ min: 1, max: 5 }),
      beforeRead: fc.integer({ min: 2, max: 9 }),
      removed: fc.integer({ min: 1, max: 90 }),
      totalsOf: fc.constantFrom<'before' | 'after'>('before', 'after'),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ concurrency, beforeRead, removed, totalsOf }) => {
        const changes = Array.from({ length: removed }, () => ({ beforeRead, what: 'remove', which: 0 }) as const);
        const list = new ModelList({ items: listed(95), changes, totalsOf });
        const read = await readList(list, { concurrency });
        expect(read.reading.failures).toEqual([]);
        expect(pagesOf(read)).toEqual(upTo(pagesOf(read).length));
        expect(read.asked.length).toBeLessThanOrEqual(13);
      }),
      { numRuns: 300 },
    );
  });

  it('is looked at once more where the page before it was read later and says that another follows', async () => {
    let reads = 0;
    const read = await readOnce((page) => {
      reads += 1;
      if (page === 3 && reads === 2) return emptyPage(3, 25);
      return fullPage(page, page === 3 ? { total: 25, hasNext: false, items: [] } : { total: 25 });
    });
    expect(read.asked).toEqual([1, 3, 2, 3]);
    expect(pagesOf(read)).toEqual([1, 2]);
  });

  it('goes back to where it was where a page was empty by mistake, and nothing stays unread', async () => {
    const list = new ModelList({ items: listed(115) });
    let mistakes = 1;
    const read = await readOnce(
      (page, limit) => {
        const answer = list.read(page, limit);
        if (page !== 6 || mistakes === 0) return answer;
        mistakes -= 1;
        return { ...answer, items: [], hasNext: false };
      },
      { concurrency: 3 },
    );
    expect(read.reading.failures).toEqual([]);
    expect(pagesOf(read)).toEqual(upTo(12));
  });
});

describe('a reading of a list without an end', () => {
  it.each<[string, (page: number) => CatalogPage]>([
    ['whose pages always say that another follows', (page) => fullPage(page, { total: 30 })],
    ['whose pages repeat', (page) => fullPage(1, { page, total: 1e12 })],
  ])('is given up %s', async (_, answer) => {
    const { reading, asked } = await readOnce(answer, { concurrency: 4 });
    expect(asked.length).toBeLessThan(1_100);
    expect(reading.failures.map(({ failure }) => failure.class)).toEqual(['contract_violation']);
  });
});
