import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeld } from '../../src/mirror/gate.ts';

/** What became of the artifacts that were current before a run, each counted once. */
interface Fates {
  readonly stayed: number;
  readonly superseded: number;
  /** Withdrawn, and a person approved it. */
  readonly approved: number;
  /** Withdrawn, and nobody was asked. */
  readonly others: number;
}

const fates = fatesOf(200, fc.nat(200));
/** Whole percents from 0 to 1, as a person writes them. */
const share = fc.nat(100).map((percent) => percent / 100);
const listed = fc.integer({ min: 1, max: 1_000 });

const removal = ({ stayed = 0, superseded = 0, approved = 0, others = 0 }: Partial<Fates>) => ({
  withdrawn: approved + others,
  approved,
  superseded,
  currentBefore: stayed + superseded + approved + others,
});

describe('the gate before a removal', () => {
  it('lets ten artifacts go without asking, whatever share they are, and whatever was approved', () => {
    fc.assert(
      fc.property(fates, fc.nat(10), listed, share, (all, others, items, allowed) => {
        expect(isHeld(removal({ ...all, others }), items, allowed)).toBe(false);
      }),
    );
  });

  it('holds the eleventh where the share is exceeded, and not where it is met exactly', () => {
    expect(isHeld(removal({ others: 11, stayed: 43 }), 43, 0.2)).toBe(true);
    expect(isHeld(removal({ others: 11, stayed: 44 }), 44, 0.2)).toBe(false);
  });

  it('compares shares of the others as they are written, not as a product rounds them', () => {
    fc.assert(
      fc.property(fatesOf(100_000, fc.integer({ min: 11, max: 10_000 })), fc.nat(100), (all, percent) => {
        const current = all.stayed + all.superseded + all.others;
        expect(isHeld(removal(all), 1, percent / 100)).toBe(all.others * 100 > percent * current);
      }),
      { examples: [[{ stayed: 71, superseded: 0, approved: 0, others: 29 }, 29]] },
    );
  });

  it('does not count the superseded, whose names live on', () => {
    expect(isHeld(removal({ superseded: 100 }), 100, 0)).toBe(false);
    expect(isHeld(removal({ superseded: 90, others: 10 }), 90, 0)).toBe(false);
  });

  it('holds an empty list wherever something was current, even a single artifact and a share of 1', () => {
    expect(isHeld(removal({ others: 1 }), 0, 1)).toBe(true);
    expect(isHeld(removal({}), 0, 0)).toBe(false);
  });

  it('opens no further where more is withdrawn', () => {
    fc.assert(
      fc.property(fates, listed, share, ({ stayed, ...gone }, items, allowed) => {
        fc.pre(stayed > 0 && isHeld(removal({ stayed, ...gone }), items, allowed));
        expect(isHeld(removal({ ...gone, stayed: stayed - 1, others: gone.others + 1 }), items, allowed)).toBe(true);
      }),
    );
  });

  it('closes no further where a larger share is allowed', () => {
    fc.assert(
      fc.property(fates, fc.nat(1_000), share, share, (all, items, one, another) => {
        fc.pre(!isHeld(removal(all), items, Math.min(one, another)));
        expect(isHeld(removal(all), items, Math.max(one, another))).toBe(false);
      }),
    );
  });
});

describe('the gate after a person approved a removal', () => {
  it('decides as if what was approved had never been there', () => {
    fc.assert(
      fc.property(fates, fc.nat(1_000), share, (all, items, allowed) => {
        expect(isHeld(removal(all), items, allowed)).toBe(isHeld(removal({ ...all, approved: 0 }), items, allowed));
      }),
    );
  });

  it('closes no further where more of the same removal is approved', () => {
    fc.assert(
      fc.property(fates, fc.nat(1_000), share, fc.nat(200), (all, items, allowed, more) => {
        fc.pre(more <= all.others && !isHeld(removal(all), items, allowed));
        const approved = { ...all, approved: all.approved + more, others: all.others - more };
        expect(isHeld(removal(approved), items, allowed)).toBe(false);
      }),
    );
  });

  it('lets all of a list go that is empty, but not where anything else was current', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(3), share, (approved, others, allowed) => {
        expect(isHeld(removal({ approved, others }), 0, allowed)).toBe(others > 0);
      }),
    );
  });

  it('measures the rest by the rest: the approved make no room for it', () => {
    // 11 of 55 are a fifth; of the 54 that one approved artifact leaves they are more.
    expect(isHeld(removal({ others: 11, stayed: 44 }), 44, 0.2)).toBe(false);
    expect(isHeld(removal({ others: 11, stayed: 43, approved: 1 }), 43, 0.2)).toBe(true);
    expect(isHeld(removal({ others: 11, stayed: 43, approved: 1_000 }), 43, 0.2)).toBe(true);
  });
});

function fatesOf(most: number, others: fc.Arbitrary<number>): fc.Arbitrary<Fates> {
  return fc.record({ stayed: fc.nat(most), superseded: fc.nat(most), approved: fc.nat(most), others });
}
