import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleJson } from '../../src/terminal/safe-text.ts';
import { cutToWidth, displayWidth, padToWidth, tied, wrapToWidth } from '../../src/terminal/width.ts';

const anyText = fc.string({ unit: 'grapheme' });

describe('visible', () => {
  it.each([
    ['a colour', '\u001b[31mred', '\\u001b[31mred'],
    ['a line feed, a return, a tab', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['a C1 control', '\u009b31m', '\\u009b31m'],
    ['what turns the text around', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['what has no width', 'a\u200bb\ufeffc', 'a\\u200bb\\ufeffc'],
    ['a tag from beyond the basic plane', 'a\u{e0041}', 'a\\u{e0041}'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['a sign that joins nothing', 'ac\u200dme', 'ac\\u200dme'],
    ['a sign that holds nothing apart', 'ac\u200cme', 'ac\\u200cme'],
    ['a selector that selects nothing', 'a\ufe0fb\u{e0100}', 'a\\ufe0fb\\u{e0100}'],
    ['letters that fill without being seen', 'a\u3164b\u115fc', 'a\\u3164b\\u115fc'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ])('writes %s out', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(['zażółć', '模型/中文', '👩‍👩‍👧', '🕵🏽‍♂️ ❤️ 1️⃣', 'می‌خواهم', 'क्‍ष', '葛\u{e0100}城', 'acme/one-2.0_β'])(
    'leaves %s as it is',
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );

  it('leaves nothing that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(visible(text)).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe('visibleJson', () => {
  it('is the same value to every program, and nothing that a terminal would obey or hide', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const json = JSON.stringify(value, null, 2);
        const safe = visibleJson(json);
        expect(JSON.parse(safe)).toEqual(JSON.parse(json));
        expect(safe.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u200b\u202a-\u202e\u2066-\u2069\ufeff]/u);
      }),
    );
  });

  it('writes signs beyond the basic plane as JSON has them', () => {
    expect(visibleJson(JSON.stringify('a\u{e0041}\u009b'))).toBe('"a\\udb40\\udc41\\u009b"');
  });
});

describe('cutToWidth', () => {
  it.each([
    ['black-forest-labs', 8, 'black-f…'],
    ['black', 5, 'black'],
    ['模型目录', 8, '模型目录'],
    ['模型目录', 6, '模型…'],
    ['模型目录', 5, '模型…'],
    ['a👩‍👩‍👧b', 3, 'a…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%s in %i columns is %s', (text, width, cut) => {
    expect(cutToWidth(text, width)).toBe(cut);
  });

  it('never takes more room than there is', () => {
    fc.assert(
      fc.property(anyText, fc.nat(20), (text, width) => {
        expect(displayWidth(cutToWidth(visible(text), width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('padToWidth', () => {
  it('counts the columns that are seen', () => {
    expect(padToWidth('模型', 6)).toBe('模型  ');
    expect(padToWidth('7', 3, 'right')).toBe('  7');
  });
});

describe('wrapToWidth', () => {
  it('breaks at spaces, and leaves a word that is too long whole', () => {
    expect(wrapToWidth('see https://example.com/a/long/address now', 12)).toEqual([
      'see',
      'https://example.com/a/long/address',
      'now',
    ]);
  });

  it('keeps together what is tied', () => {
    expect(wrapToWidth(`28 withdrawn, ${tied('3 came back')}`, 16)).toEqual(['28 withdrawn,', '3 came back']);
  });

  it('wraps nothing where there is no limit', () => {
    expect(wrapToWidth('a b c', Number.POSITIVE_INFINITY)).toEqual(['a b c']);
  });

  it('loses no word and keeps to the width wherever a word allows', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/)), fc.integer({ min: 9, max: 30 }), (words, width) => {
        const lines = wrapToWidth(words.join(' '), width);
        expect(lines.join(' ')).toBe(words.join(' '));
        expect(lines.every((line) => line.length <= width)).toBe(true);
      }),
    );
  });
});
