import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aimAt, beginSearch, isTieWiderThanPage, moveTowards } from '../../src/walk/aim.ts';
import { coverOf, isCovered } from '../../src/walk/cover.ts';
import type { PageSummary } from '../../src/walk/page-summary.ts';
import { instantOf } from './list-model.ts';
import { madePage } from './made-pages.ts';

describe('the aim at a rank', () => {
  it('is a page that holds it, of half the most items to all of them', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 200 }), (rank, maxLimit) => {
        const { page, limit } = aimAt(rank, maxLimit);
        expect((page - 1) * limit <= rank && rank < page * limit).toBe(true);
        expect(limit <= maxLimit && limit >= maxLimit / 2).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    [200, 3 / 10],
    [50, 3 / 10],
    [20, 1 / 5],
  ])('of pages of %i items leaves at least %d of them on either side', (maxLimit, share) => {
    for (let rank = maxLimit; rank < 50 * maxLimit; rank++) {
      const { page, limit } = aimAt(rank, maxLimit);
      const margin = Math.min(rank - (page - 1) * limit, page * limit - rank);
      if (margin < share * limit) expect.unreachable(`rank ${rank} is ${margin} from the end of page ${page}@${limit}`);
    }
  });

  it('is the largest first page near the beginning, because nothing stands before it', () => {
    expect([0, 1, 60, 99].map((rank) => aimAt(rank, 200))).toEqual(Array(4).fill({ page: 1, limit: 200 }));
  });
});

/** What a server answers that lists items of these moments, in seconds. */
function pageOf(seconds: readonly number[], { page, limit }: { page: number; limit: number }): PageSummary {
  const items = seconds.slice((page - 1) * limit, page * limit);
  const at = (second: number | undefined) => (second === undefined ? null : instantOf(second));
  return madePage(page, {
    limit,
    total: seconds.length,
    items: items.length,
    hasNext: page * limit < seconds.length,
    first: at(items[0]),
    last: at(items.at(-1)),
  });
}

interface Hunt {
  readonly seconds: readonly number[];
  readonly place: number;
  readonly rank: number;
  readonly maxLimit: number;
  /** How many places the list moves to the right after each look, or to the left; the last one for ever. */
  readonly moves?: readonly number[];
}

/** How many looks it takes until a page covers the place; 100 where none does. */
function looksFor({ seconds, place, rank, maxLimit, moves = [0] }: Hunt): number {
  let list = [...seconds];
  let search = beginSearch(rank, maxLimit);
  for (let look = 1; look < 100; look++) {
    const page = pageOf(list, aimAt(search.rank, maxLimit));
    const cover = coverOf(page);
    if (cover !== null && isCovered(instantOf(place), cover)) return look;
    search = moveTowards(instantOf(place), search, page);
    const move = moves[Math.min(look, moves.length) - 1] ?? 0;
    list = move < 0 ? list.slice(-move) : [...Array<number>(move).fill(-1), ...list];
  }
  return 100;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('the search for a place', () => {
  /** What is known of a rank comes from the pages on both sides: it is wrong by what the list moved since. */
  const hunt = fc
    .record({
      count: fc.nat(2_000),
      maxLimit: fc.constantFrom(20, 50, 200),
      pagesOff: fc.double({ min: -5, max: 5, noNaN: true }),
    })
    .chain(({ count, maxLimit, pagesOff }) =>
      fc.integer({ min: -1, max: 2 * count }).map((twice) => ({
        count,
        maxLimit,
        place: twice / 2,
        rank: twice / 2 + pagesOff * maxLimit,
      })),
    );

  it('finds it in a list that stands still within twelve looks, from five pages off', () => {
    fc.assert(
      fc.property(hunt, ({ count, ...given }) => {
        expect(looksFor({ ...given, seconds: upTo(count) })).toBeLessThanOrEqual(12);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds it in one or two looks where the rank is right but for a quarter of a page', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.integer({ min: -12, max: 12 }), (place, error) => {
        const rank = Math.max(0, place + error);
        expect(looksFor({ seconds: upTo(2_000), place: place - 0.5, rank, maxLimit: 50 })).toBeLessThanOrEqual(2);
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds it in a list that moves a few places with every look', () => {
    const moves = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(hunt, moves, ({ count, ...given }, moving) => {
        const many = upTo(count + 100);
        const looks = looksFor({ ...given, maxLimit: Math.max(50, given.maxLimit), seconds: many, moves: moving });
        expect(looks).toBeLessThanOrEqual(12);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([-30, 30])('catches up with a place that runs away by %i places a look', (move) => {
    const given = { seconds: upTo(4_000), place: 2_000.5, rank: 1_900, maxLimit: 50 };
    expect(looksFor({ ...given, moves: [move] })).toBeLessThanOrEqual(12);
  });

  it('centres a group of equal timestamps that takes up to two fifths of a page', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.integer({ min: 1, max: 20 }), fc.nat(20), (before, width, off) => {
        const seconds = [
          ...upTo(before),
          ...Array<number>(width).fill(before),
          ...upTo(300).map((n) => before + 1 + n),
        ];
        const rank = before + Math.min(off, width);
        expect(looksFor({ seconds, place: before, rank, maxLimit: 50 })).toBeLessThanOrEqual(12);
      }),
      { numRuns: 1_000 },
    );
  });

  it('comes back from behind the end to where the total says that it is', () => {
    const seconds = upTo(95);
    const page = pageOf(seconds, aimAt(900, 20));
    expect(page.items).toBe(0);
    expect(moveTowards(instantOf(94.5), beginSearch(900, 20), page).rank).toBe(94);
  });

  it('counts its looks', () => {
    const page = pageOf(upTo(50), { page: 1, limit: 20 });
    const once = moveTowards(instantOf(45), beginSearch(0, 20), page);
    expect([once.tries, moveTowards(instantOf(45), once, page).tries]).toEqual([1, 2]);
  });
});

describe('a tie is wider than a page', () => {
  const place = instantOf(7);

  it('where all items of the page share the place', () => {
    expect(isTieWiderThanPage(place, madePage(3, { first: place, last: place }))).toBe(true);
  });

  it('but not where the page shows another moment, is of another, or holds one item alone', () => {
    expect(isTieWiderThanPage(place, madePage(3, { first: instantOf(6), last: place }))).toBe(false);
    expect(isTieWiderThanPage(place, madePage(3, { first: place, last: instantOf(8) }))).toBe(false);
    expect(isTieWiderThanPage(place, madePage(3, { first: instantOf(8), last: instantOf(8) }))).toBe(false);
    expect(isTieWiderThanPage(place, madePage(3, { items: 1, first: place, last: place }))).toBe(false);
  });
});
