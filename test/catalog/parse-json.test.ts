import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/catalog/parse-json.ts';

const text = fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'N', '.', 'u', '5', ':', ' ', 'é', '_') });
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom(null, true, 1.5, '__proto__'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', '7', '\\N', '\\\\', '\\.')), tie('value'), {
      maxKeys: 5,
    }),
  ),
})).value;

/** An object's members in order, told without JSON. */
function members(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(members);
  if (value === null || typeof value !== 'object') return value;
  return { members: Object.entries(value).map(([key, member]) => [key, members(member)]) };
}

describe('JSON is read', () => {
  it('with the keys it has, whatever keys were read before', () => {
    fc.assert(
      fc.property(document, (value) => {
        expect(members(parseJson(JSON.stringify(value)))).toEqual(members(value));
      }),
      { numRuns: 3_000 },
    );
  });

  it('right where one key begins as another is written', () => {
    expect(Object.keys(Object(parseJson(String.raw`{"t":1,"\\\\":1}`)))).toEqual(['t', '\\\\']);
    expect(Object.keys(Object(parseJson(String.raw`{"t":1,"\\N":1}`)))).toEqual(['t', '\\N']);
    expect(Object.keys(Object(parseJson(String.raw`{"t":1,"\u005cN":1}`)))).toEqual(['t', '\\N']);
  });

  it.each([
    [String.raw`{"\\a":1,"\\a":2}`, [['\\a', 2]]],
    [String.raw`{"\\a":1,"\u005ca":2}`, [['\\a', 2]]],
    [
      String.raw`{"\\":0,"\u0061":1,"a":2}`,
      [
        ['\\', 0],
        ['a', 2],
      ],
    ],
    [
      String.raw`{"\\":0,"a":1,"\u0061":2}`,
      [
        ['\\', 0],
        ['a', 2],
      ],
    ],
    [
      String.raw`{"\\":0,"\u005f_proto__":{"x":1}}`,
      [
        ['\\', 0],
        ['__proto__', { x: 1 }],
      ],
    ],
  ])('as JSON.parse has it where two members are of one name: %s', (json, expected) => {
    expect(Object.entries(Object(parseJson(json)))).toEqual(expected);
  });

  it.each([
    '',
    '{"\\\\":1',
    '{"\\x\\\\":1}',
    '{"\\\\"}',
    '"\\\\',
    '{"\n\\\\":1}',
    '\\\\',
    '["\\\\":1]',
    '{"a\\\\":1 "b":2}',
  ])('or refused where it is none: %j', (json) => {
    expect(() => parseJson(json)).toThrow(SyntaxError);
  });

  it.each([
    ['a string without an end, full of quotes', `"\\\\${'\\"'.repeat(2 ** 20)}`],
    ['keys without an end', `{"\\\\":1,${'"\\\\a":'.repeat(2 ** 18)}`],
    ['spaces where a colon might follow', `["\\\\",${'"a"    ,'.repeat(2 ** 18)}`],
  ])('in a time that grows with the text alone, also where it is hostile: %s', (_, hostile) => {
    const startedAt = performance.now();
    expect(() => parseJson(hostile)).toThrow(SyntaxError);
    // Looked at once it takes some 20 ms; looked at again from each quote, hours.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('however long its strings are', () => {
    const long = 'x'.repeat(20_000_000);
    expect(parseJson(`{"\\\\":1,"long":"${long}"}`)).toEqual({ '\\': 1, long });
  });
});
