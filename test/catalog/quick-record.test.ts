import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { JsonObject, JsonValue } from '../../src/catalog/page.ts';
import { quickRecord } from '../../src/catalog/quick-record.ts';
import { parseRecord } from '../../src/catalog/record.ts';

const ORDINARY: JsonObject = {
  id: '3f8e9c4e-6f0b-4a55-9d1c-0c1a2b3c4d5e',
  name: 'acme/classifier',
  version: '1.2.0',
  framework: 'pytorch',
  is_public: true,
  download_count: 12_345,
  origin: { source: 'upload', revision: 7, parents: ['a', null] },
  created_at: '2025-01-15T03:00:00.123456+02:00',
  summary: 'naïve café 🦊 \u{1F600}',
  tags: ['vision', 'small'],
  license: null,
};

/** JSON text, so that what JSON alone can say is there: `__proto__` as a field, numbers beyond a double. */
const parsed = (text: string): JsonValue => JSON.parse(text);

const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u0000', 'a\u0000b', '\ud800', '\udc00x', '🦊', '', ' ', 'x'.repeat(1_024), 'x'.repeat(1_025)),
  fc.constantFrom('🦊'.repeat(1_024), '🦊'.repeat(1_025), '3F8E9C4E-6F0B-4A55-9D1C-0C1A2B3C4D5E', '2025-02-30', '0'),
  fc.constantFrom('2025-01-15', '2025-01-15T24:00Z', '9999-12-31T23:59:60Z', '0001-01-01T00:00:00+23:59'),
);
const oddNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0, 2 ** 53, 2 ** 53 - 1, -1, 0.5, Number.POSITIVE_INFINITY),
);
const nested = (levels: number): JsonValue => (levels === 0 ? 1 : { deeper: nested(levels - 1) });
const oddValue: fc.Arbitrary<JsonValue> = fc.oneof(
  oddText,
  oddNumber,
  fc.constantFrom<JsonValue>(true, false, null, [], {}, nested(7), nested(8), nested(9), nested(199), nested(201)),
  fc.dictionary(oddText, oddText, { maxKeys: 3 }),
  fc.array(oddText, { maxLength: 3 }),
  fc.jsonValue().map((value) => parsed(JSON.stringify(value))),
);
const fieldName = fc.oneof(fc.constantFrom(...Object.keys(ORDINARY), 'toString', 'constructor'), oddText);

/** An ordinary item of which some fields are missing and some are anything. */
const item = fc
  .record({
    without: fc.uniqueArray(fc.constantFrom(...Object.keys(ORDINARY)), { maxLength: 2 }),
    odd: fc.array(fc.tuple(fieldName, oddValue), { maxLength: 3 }),
  })
  .map(({ without, odd }) =>
    Object.fromEntries([...Object.entries(ORDINARY).filter(([field]) => !without.includes(field)), ...odd]),
  );

describe('what is accepted at first sight', () => {
  it('is read as the schema reads it, and the schema accepts it, whatever the item holds', () => {
    let accepted = 0;
    fc.assert(
      fc.property(item, (value) => {
        const quick = quickRecord(MODELS, value);
        if (quick === null) return;
        accepted += 1;
        expect({ ok: true, record: quick }).toStrictEqual(parseRecord(MODELS, value, null));
      }),
      { numRuns: 20_000 },
    );
    // Of so many some are fine: a test in which none was would have compared nothing.
    expect(accepted).toBeGreaterThan(1_000);
  });

  it.each<[string, JsonValue]>([
    ['an ordinary item', ORDINARY],
    ['one with nothing but what the contract requires', pick(['id', 'name', 'version', 'created_at'])],
    ['one whose optional fields are null', { ...ORDINARY, framework: null, is_public: null, origin: null }],
  ])('is %s', (_, value) => {
    expect(quickRecord(MODELS, value)).toStrictEqual(recordOf(value));
  });

  it.each<[string, JsonValue]>([
    ['an item that is no object', null],
    ['a list', [ORDINARY]],
    ['a counter that is null', { ...ORDINARY, download_count: null }],
    ['an id in capitals', { ...ORDINARY, id: '3F8E9C4E-6F0B-4A55-9D1C-0C1A2B3C4D5E' }],
    ['a field that is called __proto__', parsed(`{"__proto__":1,${JSON.stringify(ORDINARY).slice(1)}`)],
    ['a value that is nested deep', { ...ORDINARY, more: nested(9) }],
    ['a name that holds U+0000', { ...ORDINARY, name: 'a\u0000' }],
    ['a key with half a character', { ...ORDINARY, origin: { '\ud800': 1 } }],
  ])('is not %s: the schema decides', (_, value) => {
    expect(quickRecord(MODELS, value)).toBeNull();
  });
});

function pick(fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(ORDINARY).filter(([field]) => fields.includes(field)));
}

function recordOf(value: JsonValue) {
  const read = parseRecord(MODELS, value, null);
  if (!read.ok) throw new Error('the schema does not accept it');
  return read.record;
}
