import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementSources, memberSource } from '../../src/catalog/record-sources.ts';

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

/** A string of JSON, with some characters written as escapes that need not be. */
const jsonString = (text: string, escapeAll: boolean): string =>
  escapeAll
    ? `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(text);

const nastyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '[1,2]', '{"models":[]}', '],[', '"}', '\ud83d\ude00', '\u0000', 'models'),
);
const stringSource = fc.tuple(nastyText, fc.boolean()).map(([text, escapeAll]) => jsonString(text, escapeAll));
const scalarSource = fc.oneof(
  stringSource,
  fc.constantFrom('null', 'true', 'false', '0', '-0', '1e400', '9007199254740993.5', '-1.5E-7'),
);

/** Source text of any value of JSON, with white space wherever it may stand. */
const { value: valueSource } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalarSource, tie('list'), tie('object')),
  list: fc
    .tuple(fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }), space)
    .map(([parts, empty]) => `[${parts.length === 0 ? empty : parts.map((part) => part.join('')).join(',')}]`),
  object: fc
    .tuple(fc.array(fc.tuple(space, stringSource, space, space, tie('value'), space), { maxLength: 4 }), space)
    .map(([parts, empty]) => {
      const members = parts.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`);
      return `{${members.length === 0 ? empty : members.join(',')}}`;
    }),
}));

describe('elementSources', () => {
  test('finds the exact text of every item, whatever stands in and around them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(space, valueSource, space)),
        fc.array(fc.tuple(stringSource, valueSource), { maxLength: 3 }),
        fc.boolean(),
        space,
        (items, others, escapedKey, around) => {
          const list = `[${items.map((part) => part.join('')).join(',')}]`;
          const before = others.map(([key, value]) => `${key}:${value},`).join('');
          const text = `${around}{${before}${jsonString('models', escapedKey)}${around}:${around}${list}${around}}${around}`;
          JSON.parse(text);
          expect(elementSources(text, 'models')).toEqual(items.map(([, value]) => value));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('agrees with JSON.parse on which of several members of one name counts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('models', 'x'), valueSource)), (members) => {
        const text = `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`;
        const parsed: unknown = JSON.parse(text);
        const value: unknown = Object.getOwnPropertyDescriptor(parsed, 'models')?.value;
        const expected = Array.isArray(value) ? value : [];
        expect(elementSources(text, 'models').map((source): unknown => JSON.parse(source))).toEqual(expected);
      }),
    );
  });

  test('is not misled by a list of the same name deeper down', () => {
    const text = '{"a":{"models":[1]},"b":["models",{"models":[2]}],"models":[ {"models":[3]} , 4 ],"c":[5]}';
    expect(elementSources(text, 'models')).toEqual(['{"models":[3]}', '4']);
  });

  test('finds nothing where there is no such list', () => {
    for (const text of ['{}', '{ }', '[]', '[1]', '"models"', '{"models":{}}', '{"models":"[1]"}', '{"models":[ ]}']) {
      expect(elementSources(text, 'models')).toEqual([]);
    }
  });

  test('bears nesting that would overflow a stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(elementSources(`{"models":[1,${deep},2]}`, 'models')[1]).toHaveLength(400_000);
  });
});

describe('memberSource', () => {
  test('gives the last member of a name, as written', () => {
    expect(memberSource(' {"n" : 1.0, "m": 2, "n":\t1e3 }', 'n')).toBe('1e3');
    expect(memberSource('{"a":{"n":1}}', 'n')).toBeNull();
    expect(memberSource('[1]', 'n')).toBeNull();
    expect(memberSource('{}', 'n')).toBeNull();
    expect(memberSource('{"\\u006e":7}', 'n')).toBe('7');
  });
});
