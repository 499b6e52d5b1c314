import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerIn } from '../../src/mirror/owner.ts';

const part = fc.string({ minLength: 1 }).filter((text) => !text.includes('/'));

describe('the owner in a name', () => {
  it('is what stands before the first slash, whatever follows it', () => {
    fc.assert(
      fc.property(part, fc.string(), (owner, rest) => {
        expect(ownerIn(`${owner}/${rest}`)).toBe(owner);
      }),
    );
  });

  it('is not shown by a name without a slash, or with nothing before it', () => {
    fc.assert(
      fc.property(part, (name) => {
        expect(ownerIn(name)).toBeNull();
      }),
    );
    expect(ownerIn('/model')).toBeNull();
    expect(ownerIn('')).toBeNull();
  });
});
