import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterSpace, afterValue } from '../../src/catalog/json-bytes.ts';

/** Whether the whole text is one value, as this module sees it. */
function isJson(text: string): boolean {
  const bytes = Buffer.from(text);
  const end = afterValue(bytes, afterSpace(bytes, 0), { unusual: 0 });
  return end !== -1 && afterSpace(bytes, end) === bytes.length;
}

function isJsonToNode(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const values = fc.jsonValue({ maxDepth: 5 });
const spaces = fc.constantFrom(undefined, 1, '\t', '\r\n');
/** What changes the meaning of a text of JSON, or ends it. */
const pieces = fc.constantFrom(
  ...['"', '\\', '\\u', '\\u00e9', '\\x', ',', ':', '{', '}', '[', ']', '-', '+', '.', 'e', 'E5', '0', '00', '1'],
  ...['true', 'nul', ' ', '\n', '\u0001', '\u007f', 'é', '\u2028', '\ufeff', '/', 'NaN'],
);

describe('what finds its way in the bytes of JSON', () => {
  it('accepts what JSON.parse accepts', () => {
    fc.assert(
      fc.property(values, spaces, (value, space) => {
        expect(isJson(JSON.stringify(value, null, space))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what JSON.parse refuses, wherever a text was spoilt', () => {
    let refused = 0;
    fc.assert(
      fc.property(values, spaces, fc.nat(), fc.nat(3), pieces, (value, space, at, cut, piece) => {
        const text = JSON.stringify(value, null, space);
        const from = at % (text.length + 1);
        const spoilt = text.slice(0, from) + piece + text.slice(from + cut);
        const expected = isJsonToNode(spoilt);
        expect(isJson(spoilt), spoilt).toBe(expected);
        if (!expected) refused += 1;
      }),
      { numRuns: 5_000 },
    );
    expect(refused).toBeGreaterThan(1_000);
  });

  it('is not sure of what is nested deep, and says so without recursion beyond its bound', () => {
    expect(isJson(`${'['.repeat(32)}${']'.repeat(32)}`)).toBe(true);
    expect(isJson(`${'['.repeat(33)}${']'.repeat(33)}`)).toBe(false);
    expect(isJson('['.repeat(1_000_000))).toBe(false);
  });

  it.each(['', ' ', '"', '{', '[1', '{"a"', '{"a":', '-', '1.', '1e', '"\\', '"\\u12', 'tru'])('refuses %j', (text) => {
    expect(isJson(text)).toBe(false);
  });
});
