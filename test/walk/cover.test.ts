import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cover, coverOf, doMeet, type Gap, gapsBetween, isCovered } from '../../src/walk/cover.ts';
import type { PageSummary } from '../../src/walk/page-summary.ts';
import { instantOf } from './list-model.ts';
import { madePage } from './made-pages.ts';

const [FROM, TO] = [instantOf(11), instantOf(20)];

describe('what a page covers', () => {
  it.each<[string, PageSummary, Cover]>([
    ['of the middle: between its first and its last created_at', madePage(2), { after: FROM, before: TO }],
    ['that is the first: from the beginning of time', madePage(1), { after: null, before: instantOf(10) }],
    [
      'that is short and the last: to the end of time',
      madePage(2, { items: 9, hasNext: false }),
      { after: FROM, before: null },
    ],
    ['that is the whole list: all of time', madePage(1, { items: 9, hasNext: false }), { after: null, before: null }],
    [
      'that is the whole list, which is empty: all of time',
      madePage(1, { items: 0, hasNext: false, first: null, last: null }),
      { after: null, before: null },
    ],
    [
      'that is exactly full and the last: between its items',
      madePage(2, { hasNext: false }),
      { after: FROM, before: TO },
    ],
    ['that is short and not the last: between its items', madePage(2, { items: 9 }), { after: FROM, before: TO }],
    [
      'that is the last and short by the limit as answered',
      madePage(2, { limit: 200, hasNext: false }),
      { after: FROM, before: null },
    ],
    ['with a record that shows its created_at alone', madePage(2, { nameless: 1 }), { after: FROM, before: TO }],
    [
      'of one item that is short and the last',
      madePage(2, { items: 1, last: FROM, hasNext: false }),
      { after: FROM, before: null },
    ],
    ['of one moment that is the first', madePage(1, { first: TO, last: TO }), { after: null, before: TO }],
  ])('%s', (_, page, cover) => {
    expect(coverOf(page)).toEqual(cover);
  });

  it.each<[string, PageSummary]>([
    ['out of order', madePage(2, { ascending: false })],
    ['with a record that could be anything', madePage(2, { blind: 1 })],
    ['out of order, though it is the whole list', madePage(1, { ascending: false, items: 9, hasNext: false })],
    [
      'with a record that could be anything, though it is the whole list',
      madePage(1, { blind: 1, items: 9, hasNext: false }),
    ],
    ['of one moment', madePage(2, { last: FROM })],
    ['that is empty, though it is the last', madePage(2, { items: 0, first: null, last: null, hasNext: false })],
    ['that is empty and the first, and says that another follows', madePage(1, { items: 0, first: null, last: null })],
    ['that shows no created_at', madePage(2, { first: null, last: null, items: 9, hasNext: false })],
  ])('is nothing where the page is one %s', (_, page) => {
    expect(coverOf(page)).toBeNull();
  });
});

const WHOLE = 12;
/** Moments from 0 to 12; null is no bound. */
const bound = fc.option(fc.integer({ min: 0, max: WHOLE }), { freq: 6 });
const instantOrNull = (seconds: number | null) => (seconds === null ? null : instantOf(seconds));
const cover = fc
  .tuple(bound, bound)
  .filter(([after, before]) => after === null || before === null || after < before)
  .map(([after, before]): Cover => ({ after: instantOrNull(after), before: instantOrNull(before) }));
/** Every bound there may be, what lies between two, and what lies outside. */
const PLACES = Array.from({ length: 2 * WHOLE + 5 }, (_, n) => instantOf((n - 2) / 2));
const isIn = (place: string, { from, to }: Gap): boolean =>
  (from === null || from <= place) && (to === null || place <= to);

describe('the gaps between covers', () => {
  it('hold every place that no cover holds, and no other', () => {
    fc.assert(
      fc.property(fc.array(cover, { maxLength: 6 }), (covers) => {
        const gaps = gapsBetween(covers);
        for (const place of PLACES) {
          expect(gaps.some((gap) => isIn(place, gap))).toBe(!covers.some((one) => isCovered(place, one)));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are in order and apart, whatever order the covers come in', () => {
    fc.assert(
      fc.property(fc.array(cover, { maxLength: 6 }), (covers) => {
        const gaps = gapsBetween(covers);
        expect(gapsBetween([...covers].reverse())).toEqual(gaps);
        gaps.forEach(({ from, to }, index) => {
          expect(from === null || to === null || from <= to).toBe(true);
          const before = gaps[index - 1];
          if (before !== undefined) expect(before.to !== null && from !== null && before.to < from).toBe(true);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('are all of time where nothing is covered, and none where all of it is', () => {
    expect(gapsBetween([])).toEqual([{ from: null, to: null }]);
    expect(gapsBetween([{ after: null, before: null }])).toEqual([]);
  });

  it('hold the one moment where two covers meet', () => {
    const covers = [
      { after: null, before: FROM },
      { after: FROM, before: null },
    ];
    expect(gapsBetween(covers)).toEqual([{ from: FROM, to: FROM }]);
  });
});

describe('a place', () => {
  it('is covered strictly inside alone', () => {
    const between = { after: FROM, before: TO };
    expect([11, 11.001, 19.999, 20].map((at) => isCovered(instantOf(at), between))).toEqual([false, true, true, false]);
  });
});

describe('two gaps', () => {
  const gap = fc
    .tuple(bound, bound)
    .filter(([from, to]) => from === null || to === null || from <= to)
    .map(([from, to]): Gap => ({ from: instantOrNull(from), to: instantOrNull(to) }));

  it('meet where they share a place', () => {
    fc.assert(
      fc.property(gap, gap, (one, other) => {
        expect(doMeet(one, other)).toBe(PLACES.some((place) => isIn(place, one) && isIn(place, other)));
      }),
      { numRuns: 1_000 },
    );
  });
});
