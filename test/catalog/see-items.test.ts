import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARTIFACT_FIELDS } from '../../src/catalog/kinds/artifact-fields.ts';
import { EXTRAS } from '../../src/catalog/record-words.ts';
import { seeItems } from '../../src/catalog/see-items.ts';

const inEnvelope = (text: string): string => `{"x":${text} ,"models":[]}`;
const ID = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const inItem = (text: string): string => `{"models":[{"id":"${ID}","x":${text} ,"created_at":"2025-01-31T03:04:05Z"}]}`;

function isSeen(text: string): boolean {
  return seeItems(Buffer.from(text), 'models') !== null;
}

function isJson(text: string): boolean {
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
  ...['true', 'nul', ' ', '\n', '\u0001', '\u007f', 'é', '\u2028', '\ufeff', '/', 'NaN', '\0'],
);

describe('an answer whose items are looked for', () => {
  it.each([
    ['beside its list', inEnvelope],
    ['in an item', inItem],
  ])('is seen where JSON.parse accepts what stands %s', (_, around) => {
    fc.assert(
      fc.property(values, spaces, (value, space) => {
        expect(isSeen(around(JSON.stringify(value, null, space)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is not seen where JSON.parse refuses it, wherever it was spoilt', () => {
    let refused = 0;
    fc.assert(
      fc.property(values, spaces, fc.nat(), fc.nat(3), pieces, (value, space, at, cut, piece) => {
        const text = JSON.stringify(value, null, space);
        const from = at % (text.length + 1);
        const spoilt = text.slice(0, from) + piece + text.slice(from + cut);
        const expected = isJson(inEnvelope(spoilt));
        expect(isSeen(inEnvelope(spoilt)), spoilt).toBe(expected);
        // Not all that is JSON is seen in an item: a key that is written with an escape is not.
        if (isSeen(inItem(spoilt))) expect(isJson(inItem(spoilt)), spoilt).toBe(true);
        if (!expected) refused += 1;
      }),
      { numRuns: 5_000 },
    );
    expect(refused).toBeGreaterThan(1_000);
  });

  it('is not seen where it goes on behind its end, or ends before', () => {
    const whole = inItem('[{"a":"b"}]');
    expect(isSeen(` ${whole}\n`)).toBe(true);
    expect(isSeen(`${whole}x`)).toBe(false);
    expect(isSeen(`${whole}\0`)).toBe(false);
    for (let end = 0; end < whole.length; end += 1)
      expect(isSeen(whole.slice(0, end)), whole.slice(0, end)).toBe(false);
  });

  it('is read where it is nested deep, and looked at without recursion beyond its bound', () => {
    expect(isSeen(inEnvelope(`${'['.repeat(32)}${']'.repeat(32)}`))).toBe(true);
    expect(isSeen(inEnvelope(`${'['.repeat(33)}${']'.repeat(33)}`))).toBe(false);
    expect(isSeen(inEnvelope('['.repeat(1_000_000)))).toBe(false);
  });

  it.each(['', ' ', '"', '{', '[1', '{"a"', '{"a":', '-', '1.', '1e', '"\\', '"\\u12', 'tru'])(
    'is not seen with %j for a value',
    (text) => {
      expect(isSeen(inEnvelope(text))).toBe(false);
      expect(isSeen(`{"models":[],"x":${text}`)).toBe(false);
    },
  );

  it.each([
    ['one of 500,000 members', `{${Array.from({ length: 500_000 }, (_, n) => `"${n}":1,"name":2`).join()}}`, false],
    ['20,000 items', Array.from({ length: 20_000 }, () => `{"created_at":"","id":"${ID}"}`).join(), true],
  ])('has its memory grow with what it lists: %s', (_, items, isWhole) => {
    const seen = seeItems(Buffer.from(`{"models":[${items}]}`), 'models');
    expect(seen !== null).toBe(isWhole);
    expect(seen?.records.count ?? 20_000).toBe(20_000);
  });

  it('is seen in the same way whatever was seen before', () => {
    const texts = [
      inItem('"a long text that stays in memory"'),
      inEnvelope('[]'),
      inItem('2'),
      '{"models":[',
      inItem('"'),
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...texts), { maxLength: 10 }), (before) => {
        for (const text of before) isSeen(text);
        expect(texts.map(isSeen)).toEqual([true, true, true, false, false]);
      }),
    );
  });

  it.each(ARTIFACT_FIELDS)('is known by the contract, and no other that is nearly as long: %s', (field) => {
    const item = {
      id: ID,
      name: 'acme/one',
      version: '1',
      framework: 'onnx',
      is_public: true,
      download_count: 1,
      origin: {},
      created_at: '2025-01-31T03:04:05Z',
    };
    /** How many stretches of members the contract does not know. */
    const extras = (member: string) =>
      seeItems(Buffer.from(JSON.stringify({ models: [{ ...item, [member]: item[field] }] })), 'models')?.records.words[
        EXTRAS
      ];
    expect(extras(field)).toBe(0);
    for (let at = 0; at < field.length; at += 1) {
      const other = `${field.slice(0, at)}x${field.slice(at + 1)}`;
      expect(extras(other), other).toBe(1);
    }
    expect([extras(field.slice(1)), extras(`${field}s`), extras(field.toUpperCase())]).toEqual([1, 1, 1]);
  });
});
