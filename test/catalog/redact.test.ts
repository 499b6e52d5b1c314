import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/catalog/redact.ts';
import { tellsSecret } from '../../src/catalog/repeated-secret.ts';

const SECRET = `T0k"en/a+b\\c&d<e>'f%g=`;

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const everyCharacter = (write: (code: number) => string): string =>
  Array.from(SECRET, (character) => write(character.charCodeAt(0))).join('');
const hex = (code: number): string => code.toString(16).padStart(2, '0');
const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** How the catalogs, gateways and libraries of this world repeat what they were sent. */
const WAYS: readonly [way: string, written: string][] = [
  ['as it is', SECRET],
  ['in JSON', json(SECRET)],
  ['in JSON within JSON', json(json(SECRET))],
  ['in JSON within JSON within JSON', json(json(json(SECRET)))],
  ['in JSON with slashes escaped, as PHP does', json(SECRET).replaceAll('/', '\\/')],
  [
    'in JSON with all but letters escaped, as .NET does',
    SECRET.replaceAll(/\W/g, (c) => `\\u00${hex(c.charCodeAt(0))}`),
  ],
  ['in JSON with everything escaped', everyCharacter((code) => `\\u00${hex(code).toUpperCase()}`)],
  ['in a literal of Python or JavaScript', everyCharacter((code) => `\\x${hex(code)}`)],
  ['in an address', encodeURIComponent(SECRET)],
  ['in an address, in small letters', encodeURIComponent(SECRET).toLowerCase()],
  ['in an address within an address', encodeURIComponent(encodeURIComponent(SECRET))],
  ['in an address with everything escaped', everyCharacter((code) => `%${hex(code)}`)],
  ['in HTML', html(SECRET)],
  ['in HTML within HTML', html(html(SECRET))],
  ['in HTML with numbers', everyCharacter((code) => `&#${code};`)],
  ['in HTML with hexadecimal numbers', everyCharacter((code) => `&#x${hex(code)};`)],
  ['in HTML within JSON', json(html(SECRET))],
  ['in capital letters', SECRET.toUpperCase()],
  ['in small letters, as a name of a header', SECRET.toLowerCase()],
];

describe('what tells at a glance whether a text may repeat a secret', () => {
  test.each(WAYS)('sees one that is repeated %s', (_, written) => {
    const tells = tellsSecret(SECRET, createRedactor([SECRET]));
    expect(tells(`before ${written} behind`)).toBe(true);
  });

  test('never overlooks what the redactor would find', () => {
    const parts = fc.constantFrom(
      'T',
      't0',
      'en-a',
      '+',
      '/',
      '_',
      'Token',
      'TOKEN-1/2',
      'dG9rZW4t',
      'MS8y',
      '%',
      '=',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(parts, { minLength: 1 }),
        fc.constantFrom('Token-1/2', 'token-1/2xyz', 'a+b/c_d-e'),
        (text, secret) => {
          const redact = createRedactor([secret]);
          expect(tellsSecret(secret, redact)(text.join(''))).toBe(redact(text.join('')) !== text.join(''));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('a redactor', () => {
  test.each(WAYS)('takes a secret out that is repeated %s', (_, written) => {
    const redact = createRedactor([SECRET]);
    expect(redact(`before ${written}, ${written} behind`)).toBe('before [redacted], [redacted] behind');
  });

  test.each([0, 1, 2])(
    'takes a secret out of base64, whatever stands before (%d of three bytes) and behind it',
    (shift) => {
      for (const [encoding, more] of [
        ['base64', 'x'],
        ['base64url', 'xy'],
        ['base64', ''],
      ] as const) {
        const before = 'Bearer: '.slice(0, 6 + shift);
        const redacted = createRedactor([SECRET])(Buffer.from(`${before}${SECRET}${more}`).toString(encoding));
        expect(redacted).toContain('[redacted]');
        expect(Buffer.from(redacted.replace('[redacted]', ''), encoding).toString()).not.toContain(SECRET.slice(2, -2));
        expect(redacted.length).toBeLessThan('[redacted]'.length + 16);
      }
    },
  );

  test('takes out the bytes of a secret beyond ASCII, as in the password of an address', () => {
    expect(createRedactor(['pässwörd😀'])(encodeURIComponent('pässwörd😀'))).toBe('[redacted]');
    expect(createRedactor(['pässwörd😀'])(String.raw`p\u00e4ssw\u00f6rd\ud83d\ude00`)).toBe('[redacted]');
  });

  test('takes out a secret that looks like an escape itself', () => {
    for (const secret of ['%41%42%43-key', '&amp;&lt;key', '\\u0041\\x42key', 'a\\\\b']) {
      expect(createRedactor([secret])(`x${secret}y`)).toBe('x[redacted]y');
    }
  });

  test('takes secrets that hold one another out whole', () => {
    expect(createRedactor(['key', 'key-and-more'])('key-and-more key')).toBe('[redacted] [redacted]');
  });

  test('leaves a text alone where there is no secret', () => {
    const text = String.raw`as it was: \\ %25 &amp; "\u0000" t0k"en`;
    expect(createRedactor(['', null, undefined])(text)).toBe(text);
    expect(createRedactor([SECRET])(text)).toBe(text);
  });

  test('leaves no secret in any text, and nothing else out', () => {
    const isPlain = (text: string): boolean => !/\\[ux]|%[\da-f]{2}|&(#|[a-z])/i.test(text);
    const secretText = fc.stringMatching(/^[!-~]{8,40}$/).filter(isPlain);
    const plain = fc.stringMatching(/^[ A-Za-z]*$/);
    fc.assert(
      fc.property(
        secretText,
        plain,
        plain,
        fc.constantFrom(json, encodeURIComponent, html),
        (secret, before, after, write) => {
          const redacted = createRedactor([secret])(`${before} ${write(secret)} ${after}`);
          fc.pre(!`${before} `.includes(secret) && !` ${after}`.includes(secret));
          expect(redacted).toBe(`${before} [redacted] ${after}`);
        },
      ),
    );
  });

  test.each([
    ['backslashes', '\\'],
    ['percent signs', '%25'],
    ['entities', '&amp;&#'],
    ['beginnings of the secret', SECRET.slice(0, 5)],
  ])('takes no longer for 4 MiB of %s than in proportion to 1 MiB', (_, piece) => {
    const redact = createRedactor([SECRET]);
    const timeFor = (mebibytes: number): number => {
      const text = piece.repeat(Math.ceil((mebibytes * 2 ** 20) / piece.length));
      const startedAt = performance.now();
      expect(redact(text)).toHaveLength(text.length);
      return performance.now() - startedAt;
    };
    timeFor(1);
    // A search that looks again and again at the same text would take 16 times as long.
    expect(timeFor(4)).toBeLessThan(12 * Math.max(timeFor(1), 20));
  });
});
