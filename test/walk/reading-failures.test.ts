import { describe, expect, it } from 'vitest';
import { refusal } from './failures.ts';
import { listed, ModelList } from './list-model.ts';
import { emptyPage, fullPage, pagesOf, readList, readOnce, upTo } from './read-once.ts';

describe('a reading that meets failures', () => {
  it('names them and reads the other pages', async () => {
    const list = new ModelList({ items: listed(45) });
    const { reading, asked } = await readOnce((page, limit) => {
      if (page === 3 || page === 5) throw refusal('server_error', page);
      return list.read(page, limit);
    });
    expect(asked).toEqual([1, 5, 4, 3, 2]);
    expect(reading.failures.map(({ page }) => page)).toEqual([5, 3]);
  });

  it('takes a page for unread, not for empty, where it could not be read again', async () => {
    let reads = 0;
    const { reading } = await readOnce((page) => {
      reads += 1;
      if (page !== 3) return fullPage(page, { total: 25 });
      if (reads > 2) throw refusal('server_error', page);
      return emptyPage(3, 25);
    });
    expect(reading.failures.map(({ page }) => page)).toEqual([3]);
  });

  it('has no gap behind the end that an empty page shows', async () => {
    const { reading, asked } = await readOnce((page) => {
      if (page === 5) throw refusal('not_found', page);
      return page === 4 ? emptyPage(4, 45) : fullPage(page, { total: 45, hasNext: page < 3 });
    });
    expect(asked).toEqual([1, 5, 4, 3, 2]);
    expect(reading.failures).toEqual([]);
  });

  it('finds the end where a page before it cannot be read', async () => {
    const { reading, asked } = await readOnce((page) => {
      if (page === 18) throw refusal('server_error', page);
      return page > 17 ? emptyPage(page, 200) : fullPage(page, { total: 200 });
    });
    expect([...new Set(asked)].sort((a, b) => a - b)).toEqual(upTo(20));
    expect(reading.failures.map(({ page }) => page)).toEqual([18]);
  });

  it('gives the rest up together, in one entry, once its tries have been in vain for too long', async () => {
    const list = new ModelList({ items: listed(100) });
    let reads = 0;
    const { reading } = await readOnce(
      (page, limit) => {
        reads += 1;
        if (reads > 2) throw refusal('timeout', page);
        return list.read(page, limit);
      },
      { inVain: () => reads >= 4 },
    );
    expect(reading.failures.map(({ failure: { operation } }) => operation)).toEqual([
      'read page 9',
      'read page 8',
      'read pages 2 to 7',
    ]);
  });

  it('gives the rest up by name although what failed before is behind the end', async () => {
    let reads = 0;
    const { reading } = await readOnce(
      (page) => {
        reads += 1;
        if (page === 10) throw refusal('timeout', page);
        return page === 9 ? emptyPage(9, 80) : fullPage(page, { total: 100 });
      },
      { inVain: () => reads >= 3 },
    );
    expect(reading.failures.map(({ page, failure: { operation } }) => [page, operation])).toEqual([
      [2, 'read pages 2 to 8'],
    ]);
  });

  it('names every stretch of the pages that lanes left unread', async () => {
    let reads = 0;
    const { reading } = await readOnce(
      (page) => {
        reads += 1;
        if (page % 4 === 1 && page > 1) throw refusal('timeout', page);
        return fullPage(page, { total: 170 });
      },
      { concurrency: 4, inVain: () => reads >= 5 },
    );
    expect(reading.failures.map(({ page }) => page)).toEqual([5, 9, 13, 17, 2]);
    expect(reading.failures.at(-1)?.failure.operation).toBe('read pages 2 to 4, 6 to 8, 10 to 12, 14 to 16');
    expect(reading.failures.at(-1)?.failure.detail).toMatch(/^given up together with page 17: /);
  });

  it('does not give up while nothing has failed, however long it takes', async () => {
    expect(pagesOf(await readList(new ModelList({ items: listed(50) }), { inVain: () => true }))).toEqual(upTo(5));
  });

  it('gives the rest up together where page after page is refused, however many an absurd total announces', async () => {
    const { reading, asked } = await readOnce(
      (page) => {
        if (page > 1) throw refusal('validation', page);
        return fullPage(1, { total: 1e12 });
      },
      { concurrency: 4 },
    );
    expect(asked.length).toBeLessThan(1_010);
    expect(reading.failures.length).toBe(asked.length);
    expect(reading.failures.at(-1)?.failure.operation).toMatch(/^read pages 2 to \d+, /);
  });

  it('has nothing but the first page to name where that one fails', async () => {
    const { reading, asked } = await readOnce((page) => {
      throw refusal('not_found', page);
    });
    expect(asked).toEqual([1]);
    expect(reading).toMatchObject({ pages: [], failures: [{ page: 1, failure: { class: 'not_found' } }] });
    expect(reading.failures).toHaveLength(1);
  });

  it('refuses pages that are cut otherwise than the first one', async () => {
    const list = new ModelList({ items: listed(35) });
    const { reading } = await readOnce((page, limit) => list.read(page, page === 3 ? 5 : limit));
    expect(reading.failures).toMatchObject([{ page: 3, failure: { class: 'contract_violation' } }]);
  });
});
