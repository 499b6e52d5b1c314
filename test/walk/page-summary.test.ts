import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { parseInstant } from '../../src/catalog/timestamp.ts';
import { isOlder, summarisePage } from '../../src/walk/page-summary.ts';
import { badItem, goodItem, idNumber, instantOf, itemAt, pageAnswer } from './list-model.ts';
import { madePage } from './made-pages.ts';

const PLACE = { pass: 2, purpose: 'list', asked: 7, arrived: 9 } as const;
const summarise = (items: readonly PageItem[]) => summarisePage(pageAnswer({ items }), PLACE);
const good = (n: number, at = n): PageItem => goodItem({ id: idNumber(n), at });

describe('the summary of a page', () => {
  it('keeps what was answered and where it came', () => {
    const answer = pageAnswer({ items: [good(1), good(2)], page: 3, limit: 50, total: 102, hasNext: true });
    expect(summarisePage(answer, PLACE)).toMatchObject({
      ...PLACE,
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

  it('begins and ends with the first and the last instant that can be read', () => {
    const hidden = [badItem(idNumber(8), null), badItem(null, null)];
    expect(summarise([...hidden, good(1), ...hidden, good(5), ...hidden])).toMatchObject({
      first: instantOf(1),
      last: instantOf(5),
    });
    expect(summarise(hidden)).toMatchObject({ items: 2, first: null, last: null, ascending: true });
  });

  it('compares instants to the microsecond, whatever offset they were written with', () => {
    const texts = ['2025-01-15T23:30:00.000001-03:00', '2025-01-16T08:15:00.000002+05:45'];
    const items = texts.map((text, n) => {
      const instant = parseInstant(text);
      if (instant === null) throw new Error(`${text} is no moment`);
      return itemAt(idNumber(n + 1), instant);
    });
    expect(summarise(items)).toMatchObject({
      first: '2025-01-16T02:30:00.000001Z',
      last: '2025-01-16T02:30:00.000002Z',
      ascending: true,
    });
    expect(summarise([...items].reverse()).ascending).toBe(false);
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

describe('one answer', () => {
  it('is surely older than another only where it had arrived before the other was asked for', () => {
    const at = (asked: number, arrived: number) => madePage(1, { asked, arrived });
    expect(isOlder(at(1, 2), at(3, 4))).toBe(true);
    expect(isOlder(at(1, 3), at(2, 4))).toBe(false);
    expect(isOlder(at(1, 4), at(2, 3))).toBe(false);
    expect(isOlder(at(3, 4), at(1, 2))).toBe(false);
  });
});
