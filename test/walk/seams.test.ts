import { describe, expect, it } from 'vitest';
import type { PageSummary } from '../../src/walk/page-summary.ts';
import {
  isExplainedByMoving,
  isLeftAgain,
  isOutOfOrder,
  isReadFromTheRight,
  placesAt,
  seamsOf,
} from '../../src/walk/seams.ts';
import { instantOf } from './list-model.ts';
import { madePage } from './made-pages.ts';

const EMPTY: Partial<PageSummary> = { items: 0, first: null, last: null };

describe('the seams of a reading', () => {
  it('are where two neighbours meet', () => {
    const pages = [madePage(1), madePage(2), madePage(3)];
    expect(seamsOf(pages).map(({ left, right }) => [left.page, right.page])).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(seamsOf(pages.slice(0, 1))).toEqual([]);
    expect(seamsOf([])).toEqual([]);
  });

  it('are none at an empty page', () => {
    const pages = [madePage(1, EMPTY), madePage(2), madePage(3, EMPTY)];
    expect(seamsOf(pages)).toEqual([]);
  });
});

/** Page 2 as it was read after page 3 had arrived. */
const LATE_LEFT = madePage(2, { asked: 7, arrived: 8 });

describe('a seam is read from the right', () => {
  it('where the right page had arrived before the left one was asked for', () => {
    expect(isReadFromTheRight({ left: LATE_LEFT, right: madePage(3) })).toBe(true);
  });

  it.each<[string, PageSummary, PageSummary]>([
    ['the left one was read first', madePage(2), madePage(3)],
    ['the two reads overlap', madePage(2, { asked: 6, arrived: 8 }), madePage(3, { asked: 5, arrived: 7 })],
    ['the left one is not full', { ...LATE_LEFT, items: 9 }, madePage(3)],
    ['the two are no neighbours', LATE_LEFT, madePage(4, { asked: 5, arrived: 6 })],
  ])('but not where %s', (_, left, right) => {
    expect(isReadFromTheRight({ left, right })).toBe(false);
  });
});

describe('the left page of a seam is read again', () => {
  const seam = { left: madePage(2), right: madePage(3) };

  it('by the same page of the same limit, asked for once the right one had arrived', () => {
    expect(isLeftAgain(seam, { ...LATE_LEFT, pass: null })).toBe(true);
  });

  it.each<[string, PageSummary]>([
    ['another page', madePage(1, { asked: 7, arrived: 8 })],
    ['a page of another limit', { ...LATE_LEFT, limit: 11, items: 11 }],
    ['a page that is no longer full', { ...LATE_LEFT, items: 9 }],
    ['a page that was asked for while the right one was under way', { ...LATE_LEFT, asked: 5.5 }],
    ['itself', madePage(2)],
  ])('but not by %s', (_, read) => {
    expect(isLeftAgain(seam, read)).toBe(false);
  });

  it('but not where the left one was not full, or pages between the two were not read', () => {
    expect(isLeftAgain({ ...seam, left: madePage(2, { items: 9 }) }, LATE_LEFT)).toBe(false);
    expect(isLeftAgain({ ...seam, right: madePage(4, { asked: 5, arrived: 6 }) }, LATE_LEFT)).toBe(false);
  });
});

describe('the places at a seam', () => {
  it('are those from the end of the left page to the begin of the right one, both included', () => {
    expect(placesAt({ left: madePage(1), right: madePage(2) })).toEqual({ from: instantOf(10), to: instantOf(11) });
  });

  it('are out of order where the right page begins before the left one ends', () => {
    const right = (at: number) => madePage(2, { first: instantOf(at) });
    expect([9, 10, 11].map((at) => isOutOfOrder({ left: madePage(1), right: right(at) }))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('are not out of order where a page shows no created_at', () => {
    expect(isOutOfOrder({ left: madePage(1, { last: null }), right: madePage(2, { first: instantOf(1) }) })).toBe(
      false,
    );
    expect(isOutOfOrder({ left: madePage(1), right: madePage(2, { first: null }) })).toBe(false);
  });
});

describe('two neighbours out of order', () => {
  it.each([
    [1, 0, true],
    [3, 3, true],
    [3, 4, false],
    [0, 0, false],
    [0, 5, false],
  ])('that share %i items and differ in %i are the same list a little later: %s', (shared, apart, isExplained) => {
    expect(isExplainedByMoving({ shared, apart })).toBe(isExplained);
  });
});
