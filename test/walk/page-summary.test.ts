import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { summarisePage } from '../../src/walk/page-summary.ts';
import { badItem, goodItem, idNumber, instantOf, pageAnswer } from './list-model.ts';

const summarise = (items: readonly PageItem[]) => summarisePage(pageAnswer({ items }), { pass: 2, order: 7 });
const good = (n: number, at = n): PageItem => goodItem({ id: idNumber(n), at });

describe('the summary of a page', () => {
  it('keeps what was answered and where it came', () => {
    const answer = pageAnswer({ items: [good(1), good(2)], page: 3, limit: 50, total: 102, hasNext: true });
    expect(summarisePage(answer, { pass: 2, order: 7 })).toMatchObject({
      pass: 2,
      order: 7,
      page: 3,
      limit: 50,
      total: 102,
      hasNext: true,
      items: 2,
      first: instantOf(1),
      last: instantOf(2),
      ascending: true,
    });
  });

  it('is of an empty page without a beginning or an end', () => {
    expect(summarise([])).toMatchObject({ items: 0, first: null, last: null, ascending: true });
  });

  it('takes equal moments for ascending, and a step back not', () => {
    expect(summarise([good(1, 5), good(2, 5)]).ascending).toBe(true);
    expect(summarise([good(1, 5), good(2, 4)]).ascending).toBe(false);
  });

  it('tells the records apart that show an instant, an id, or nothing', () => {
    const items = [good(1), badItem(idNumber(2), null), badItem(null, 3), badItem(null, null), good(5)];
    expect(summarise(items)).toMatchObject({ items: 5, nameless: 1, blind: 1, ascending: true });
  });

  it('looks past a record without an instant when it asks whether the page ascends', () => {
    expect(summarise([good(1, 9), badItem(idNumber(2), null), good(3, 1)]).ascending).toBe(false);
  });

  it('has no end where the record that ends the page shows no instant', () => {
    expect(summarise([good(1), badItem(idNumber(2), null)])).toMatchObject({ first: instantOf(1), last: null });
  });

  it('has the same digest for the same ids in the same order only, whatever else changed', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 4 });
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const same = a.length === b.length && a.every((one, index) => one === b[index]);
        expect(summarise(a.map((n) => good(n))).ids === summarise(b.map((n) => good(n, n + 1))).ids).toBe(same);
      }),
      {
        examples: [
          [[], []],
          [[1], [1]],
          [
            [1, 2],
            [2, 1],
          ],
        ],
      },
    );
  });

  it('tells nameless records apart by their instant', () => {
    expect(summarise([badItem(null, 1)]).ids).not.toBe(summarise([badItem(null, 2)]).ids);
    expect(summarise([badItem(null, 1)]).ids).toBe(summarise([badItem(null, 1)]).ids);
  });
});
