import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/catalog/page.ts';
import { storageProblem } from '../../src/catalog/storable.ts';

const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u0000', 'a\u0000b', '\ud800', '\udc00x', '🦊', '__proto__'),
);
const { anything } = fc.letrec<{ anything: JsonValue }>((tie) => ({
  anything: fc.oneof(
    { maxDepth: 12, depthSize: 'max' },
    oddText,
    fc.constantFrom<JsonValue>(null, true, 0, -0, 1.5, Number.MAX_VALUE, Number.POSITIVE_INFINITY),
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.dictionary(oddText, tie('anything'), { maxKeys: 3 }),
  ),
}));

/** So many objects or lists in each other. */
function nested(levels: number, innermost: JsonValue = 1): JsonValue {
  return Array.from({ length: levels }).reduce<JsonValue>(
    (inner, _, at) => (at % 2 ? [inner] : { in: inner }),
    innermost,
  );
}

/** What cannot be stored shows in the text that JSON.stringify makes: as an escape, or as the null of what is no number. */
function isRefused(value: JsonValue): boolean {
  return /\\u(?:0000|d[89a-f])/.test(JSON.stringify(value).replaceAll('\\\\', '')) || holdsInfinity(value);
}

function holdsInfinity(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return value === Number.POSITIVE_INFINITY;
  return Object.values(value).some(holdsInfinity);
}

describe('what could not be stored as it is', () => {
  it('is found in any value, however deep, and nothing else is', () => {
    let refused = 0;
    fc.assert(
      fc.property(anything, (value) => {
        if (isRefused(value)) refused += 1;
        expect(storageProblem(value) !== null).toBe(isRefused(value));
      }),
      { numRuns: 5_000 },
    );
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(4_500);
  });

  it.each([7, 8, 9, 10, 199])('is found below %i levels', (levels) => {
    expect(storageProblem(nested(levels, 'a\u0000'))).toMatchObject({ reason: 'holds the character U+0000' });
    expect(storageProblem(nested(levels))).toBeNull();
  });

  it('is what is nested deeper than 200 levels', () => {
    expect(storageProblem(nested(200))).toBeNull();
    expect(storageProblem(nested(201))).toMatchObject({ reason: 'is nested deeper than 200 levels' });
  });
});
