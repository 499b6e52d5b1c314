import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeld } from '../../src/mirror/gate.ts';

const removal = (withdrawn: number, currentBefore: number, superseded = 0) => ({
  withdrawn,
  currentBefore,
  superseded,
});

describe('the gate before a removal', () => {
  it('lets ten artifacts go without asking, whatever share they are', () => {
    fc.assert(
      fc.property(fc.nat(10), fc.nat(1_000), fc.double({ min: 0, max: 1, noNaN: true }), (gone, stayed, share) => {
        expect(isHeld(removal(gone, gone + stayed), stayed + 1, share)).toBe(false);
      }),
    );
  });

  it('holds the eleventh where the share is exceeded, and not where it is met exactly', () => {
    expect(isHeld(removal(11, 54), 43, 0.2)).toBe(true);
    expect(isHeld(removal(11, 55), 44, 0.2)).toBe(false);
  });

  it('compares shares as they are written, not as a product rounds them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 10_000 }), fc.nat(100_000), fc.nat(100), (withdrawn, stayed, percent) => {
        const currentBefore = withdrawn + stayed;
        expect(isHeld(removal(withdrawn, currentBefore), 1, percent / 100)).toBe(
          withdrawn * 100 > percent * currentBefore,
        );
      }),
      { examples: [[29, 71, 29]] },
    );
  });

  it('does not count the superseded, whose names live on', () => {
    expect(isHeld(removal(0, 100, 100), 100, 0)).toBe(false);
    expect(isHeld(removal(10, 100, 90), 90, 0)).toBe(false);
  });

  it('holds an empty list wherever something was current, even a single artifact and a share of 1', () => {
    expect(isHeld(removal(1, 1), 0, 1)).toBe(true);
    expect(isHeld(removal(0, 0), 0, 0)).toBe(false);
  });
});
