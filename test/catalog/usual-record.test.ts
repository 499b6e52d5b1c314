import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { JsonValue } from '../../src/catalog/page.ts';
import { parseBySchema, parseRecord } from '../../src/catalog/record.ts';
import { usualRecord } from '../../src/catalog/usual-record.ts';

const ID = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const texts = fc.oneof(
  { weight: 10, arbitrary: fc.string({ unit: 'grapheme' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'a'.repeat(1_024), 'a'.repeat(1_025), '😀'.repeat(1_024), '\u0000', '\ud800'),
  },
);
const anything = fc.jsonValue({ maxDepth: 2 });
const mostly = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary }, { weight: 1, arbitrary: anything });
/** Items that keep the contract, nearly keep it, or do not. */
const items = fc.record(
  {
    id: mostly(fc.constantFrom(ID, ID.toUpperCase())),
    name: mostly(texts),
    version: mostly(texts),
    framework: mostly(texts),
    is_public: mostly(fc.boolean()),
    download_count: mostly(fc.oneof(fc.nat(), fc.constantFrom(-1, 1.5, 2 ** 50, 2 ** 53))),
    created_at: mostly(fc.constantFrom('2025-01-15T03:00:00Z', '2024-02-30T00:00:00Z', '2024-02-29', 'now')),
    origin: mostly(fc.oneof(fc.constant(null), fc.dictionary(texts, anything, { maxKeys: 2 }))),
    more: anything,
    ['__proto__']: anything,
  },
  { requiredKeys: ['id', 'name', 'version', 'framework', 'is_public', 'download_count', 'created_at', 'origin'] },
);
/** As they come out of a text: with a member `__proto__` where there is one, and numbers that only a text can say. */
const received = fc.tuple(items, fc.constantFrom(null, '-0', '1e999', '5.0')).map(([item, number]): JsonValue => {
  const text = JSON.stringify(item);
  return JSON.parse(number === null ? text : text.replace('{', `{"download_count":${number},"rating":${number},`));
});

describe('a record at first sight', () => {
  it('is what the schema makes of it, or nothing', () => {
    let usual = 0;
    fc.assert(
      fc.property(received, (item) => {
        const bySchema = parseBySchema(MODELS, item, null);
        expect(parseRecord(MODELS, item, null)).toEqual(bySchema);
        if (usualRecord(MODELS, item, false) !== null) usual += 1;
      }),
      { numRuns: 5_000 },
    );
    expect(usual).toBeGreaterThan(200);
  });

  it('looks at no text of which it is known that it can be stored', () => {
    const item = { id: ID, name: 'a', version: '\u0000', framework: '', is_public: true, download_count: 1 };
    const whole = { ...item, origin: null, created_at: '2025-01-15T03:00:00Z' };
    expect(usualRecord(MODELS, whole, false)).toBeNull();
    expect(usualRecord(MODELS, whole, true)).toMatchObject({ version: '\u0000' });
  });
});
