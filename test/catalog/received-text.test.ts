import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readErrorAnswer } from '../../src/catalog/error-envelope.ts';
import { excerpt, oneLine } from '../../src/catalog/excerpt.ts';
import {
  cutPayload,
  decodeUtf8,
  LONGEST_PAYLOAD_BYTES,
  MOST_LOOKED_AT_BYTES,
  payloadOf,
} from '../../src/catalog/payload.ts';
import { createRedactor } from '../../src/catalog/redact.ts';
import { parseRetryAfter } from '../../src/catalog/retry-after.ts';

describe('a payload', () => {
  const same = (text: string): string => text;

  test('is the text as received, where it is text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\u0000') && !text.startsWith('\ufeff'));
        expect(payloadOf(Buffer.from(text), same)).toBe(text);
      }),
    );
  });

  test('is base64 of exactly the bytes where PostgreSQL’s text would refuse them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const payload = payloadOf(bytes, same);
        if (payload.startsWith('base64:')) {
          expect([...Buffer.from(payload.slice(7), 'base64')]).toEqual([...bytes]);
          const text = decodeUtf8(bytes);
          expect(text === null || text.includes('\u0000')).toBe(true);
        } else {
          expect(payload).toBe(Buffer.from(bytes).toString());
        }
      }),
      { examples: [[Uint8Array.of(0)], [Uint8Array.of(0x61, 0xff)], [Uint8Array.of(0xc3, 0xa9)]] },
    );
  });

  test('is cut at 1 MiB, between characters', () => {
    for (const text of [
      'x'.repeat(2 ** 21),
      '😀'.repeat(2 ** 19),
      `a${'é'.repeat(2 ** 20)}`,
      `ab${'模'.repeat(2 ** 20)}`,
    ]) {
      const cut = cutPayload(text);
      expect(text.startsWith(cut)).toBe(true);
      expect(Buffer.byteLength(cut)).toBeGreaterThan(LONGEST_PAYLOAD_BYTES - 4);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(LONGEST_PAYLOAD_BYTES);
    }
    expect(cutPayload('é'.repeat(2 ** 19))).toHaveLength(2 ** 19);
    const bytes = payloadOf(Buffer.alloc(2 ** 21, 0xff), same);
    expect(bytes.length).toBeLessThanOrEqual(LONGEST_PAYLOAD_BYTES);
    expect(bytes.length).toBeGreaterThan(LONGEST_PAYLOAD_BYTES - 8);
  });

  test('has its byte order mark, also where it is not base64', () => {
    expect(payloadOf(Buffer.from('\ufeffno JSON'), same)).toBe('\ufeffno JSON');
  });

  test('is cut at 1 MiB also where only the beginning of a longer body was looked at', () => {
    for (const character of ['x', 'é', '模', '😀']) {
      const bytes = Buffer.from(character.repeat(2 ** 21)).subarray(0, MOST_LOOKED_AT_BYTES);
      expect(payloadOf(bytes, same) === cutPayload(character.repeat(2 ** 21))).toBe(true);
    }
  });

  test.each([
    ['text', ''],
    ['bytes', '\u0000'],
  ])('of %s holds no half of a secret where the beginning that was looked at ends within one', (_, first) => {
    const secret = 's3cret-'.repeat(20);
    const redact = createRedactor([secret]);
    // Many secrets are taken out, so that the end of what was looked at comes before the limit.
    for (const shift of [1, 50, 139]) {
      const bytes = Buffer.from(`${first}${'x'.repeat(shift)}${secret.repeat(2 ** 14)}`).subarray(
        0,
        MOST_LOOKED_AT_BYTES,
      );
      const payload = payloadOf(bytes, redact);
      const text = first === '' ? payload : Buffer.from(payload.slice(7), 'base64').toString();
      expect(text.replaceAll('[redacted]', '').slice(first.length).replace(/^x+/, '')).toMatch(/^(\[[a-z]*)?$/);
    }
  });

  test('is cut after secrets are out, so that half a secret cannot stay', () => {
    const secret = 's3cret-s3cret';
    const text = `${'x'.repeat(LONGEST_PAYLOAD_BYTES - 5)}${secret}`;
    expect(payloadOf(Buffer.from(text), createRedactor([secret]))).not.toContain('s3');
  });
});

describe('an error’s body', () => {
  test('is read as the contract’s envelope', () => {
    const envelope = { code: 401, detail: 'Authentication failed', type: 'authentication_error' };
    expect(readErrorAnswer(JSON.stringify(envelope))).toEqual({
      detail: 'Authentication failed',
      type: 'authentication_error',
    });
  });

  test('says where and what each validation error is', () => {
    const errors = [
      { loc: ['query', 'limit'], msg: 'too small', type: 'x' },
      { loc: ['body', 0], msg: 'odd' },
    ];
    const body = JSON.stringify({ code: 422, detail: 'Validation error', type: 'v', errors });
    expect(readErrorAnswer(body).detail).toBe('Validation error (query.limit: too small; body.0: odd)');
  });

  test('is read also where its detail is a list of errors itself', () => {
    const body = JSON.stringify({ detail: [{ loc: ['query', 'page'], msg: 'not a number' }] });
    expect(readErrorAnswer(body)).toEqual({ detail: 'query.page: not a number', type: null });
  });

  test.each([
    ['', null, null],
    ['   ', null, null],
    ['gone fishing', 'gone fishing', null],
    ['"gone"', '"gone"', null],
    ['null', 'null', null],
    ['[1]', '[1]', null],
    ['{"message":"no"}', '{"message":"no"}', null],
    ['{"detail":7,"type":"t","errors":"x"}', '{"detail":7,"type":"t","errors":"x"}', 't'],
    ['{"detail":"d","type":7,"errors":[{"loc":"q","msg":"m"},3]}', 'd', null],
    ['{"detail":"two\\nlines\\u0000","type":"\\ud800"}', 'two lines', '\ufffd'],
  ])('%j may be broken in any way', (body, detail, type) => {
    expect(readErrorAnswer(body)).toEqual({ detail, type });
  });

  test('never throws, and says it in a line that can be stored', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (body) => {
        const { detail, type } = readErrorAnswer(body);
        for (const text of [detail ?? 'x', type ?? 'x']) {
          expect(text).not.toMatch(/[\p{Cc}\p{Surrogate}]/u);
          expect(text.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('an excerpt', () => {
  test('leaves out markup, scripts and styles', () => {
    const html = '<!DOCTYPE html>\n<html><script>steal()</script><style>a{}</style><h1>Sign\n in</h1>&lt;now&gt;<br';
    expect(excerpt(html)).toBe('Sign in <now>');
  });

  test('is short, and cut between characters', () => {
    expect(oneLine('😀'.repeat(300))).toBe(`${'😀'.repeat(199)}…`);
    expect(oneLine('a'.repeat(200))).toHaveLength(200);
  });

  test('holds nothing that moves a cursor or turns the reading direction', () => {
    expect(oneLine('a\u001b[31mb\u202ec\r\nd')).toBe('a [31mb c d');
  });
});

describe('Retry-After', () => {
  const now = new Date('2025-01-15T03:00:00Z');

  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['1.5', 1500],
    ['Wed, 15 Jan 2025 03:00:10 GMT', 10_000],
    ['Wednesday, 15-Jan-25 03:00:10 GMT', 10_000],
    ['Wed Jan 15 03:00:10 2025', 10_000],
    ['Wed, 15 Jan 2025 02:59:00 GMT', 0],
    ['99999999999999999999', 365 * 24 * 3600 * 1000],
    [undefined, null],
    ['', null],
    ['-5', null],
    ['soon', null],
    ['5 minutes', null],
    ['2025-01-15T03:00:10Z', null],
    ['Wed, 99 Jan 2025 03:00:10 GMT', null],
  ])('%j is %s ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
