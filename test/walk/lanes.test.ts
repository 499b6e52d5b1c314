import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lanesOf } from '../../src/walk/lanes.ts';

describe('lanes', () => {
  it('hold every page once, in order, and differ by one page at most', () => {
    const page = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(page, page, fc.integer({ min: 1, max: 12 }), (from, to, count) => {
        const lanes = lanesOf(from, to, count);
        const pages = lanes.flatMap((lane) =>
          Array.from({ length: lane.to - lane.from + 1 }, (_, index) => lane.from + index),
        );
        expect(pages).toEqual(Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index));
        expect(lanes.length).toBe(Math.min(count, pages.length));
        const lengths = lanes.map((lane) => lane.to - lane.from);
        if (lanes.length > 0) expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('are none where there is no page behind the first', () => {
    expect(lanesOf(2, 1, 4)).toEqual([]);
  });

  it('stay whole numbers where a total is absurd', () => {
    expect(lanesOf(2, 100_000_000_001, 3)).toEqual([
      { from: 2, to: 33_333_333_334 },
      { from: 33_333_333_335, to: 66_666_666_667 },
      { from: 66_666_666_668, to: 100_000_000_001 },
    ]);
  });
});
