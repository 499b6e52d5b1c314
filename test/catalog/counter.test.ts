import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasUnusualCounter, isSuspicious, readCounter, readCounterLiteral } from '../../src/catalog/counter.ts';

describe('readCounterLiteral', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['-0.0e9', 0],
    ['5.0', 5],
    ['1e3', 1000],
    ['1.5E+1', 15],
    ['1200e-2', 12],
    ['9007199254740991', 9007199254740991],
    ['9007199254740991.000', 9007199254740991],
    ['0.9007199254740991e16', 9007199254740991],
  ])('reads %s as %d', (literal, value) => {
    const read = readCounterLiteral(literal);
    expect(read).toEqual({ ok: true, value });
    expect(read.ok && Object.is(read.value, -0)).toBe(false);
  });

  test.each([
    ['9007199254740992', 'is above 2^53-1'],
    ['9007199254740993', 'is above 2^53-1'],
    ['9007199254740990.6', 'is not whole'],
    ['1125899906842624.1', 'is not whole'],
    ['5.00000000000000000001', 'is not whole'],
    ['1e-400', 'is not whole'],
    ['1e400', 'is above 2^53-1'],
    ['1e99999999999999999999', 'is above 2^53-1'],
    ['-1', 'is negative'],
    ['-0.5', 'is negative'],
    ['null', 'is not a number'],
    ['"7"', 'is not a number'],
    ['[7]', 'is not a number'],
  ])('refuses %s: %s', (literal, problem) => {
    expect(readCounterLiteral(literal)).toEqual({ ok: false, problem });
  });

  test('takes every safe integer as it is, in any way of writing it, and no other', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }), fc.integer({ min: 0, max: 20 }), (value, shift) => {
        const zeros = '0'.repeat(shift);
        for (const literal of [`${value}`, `${value}.${zeros}0`, `${value}${zeros}e-${shift}`]) {
          const read = readCounterLiteral(literal);
          expect(read.ok).toBe(value >= 0n && value <= 2n ** 53n - 1n);
          if (read.ok) expect(BigInt(read.value)).toBe(value);
        }
        expect(readCounterLiteral(`${value}.${zeros}1`).ok).toBe(false);
      }),
    );
  });

  test('is done at once with a million zeros', () => {
    const zeros = '0'.repeat(1_000_000);
    expect(readCounterLiteral(`1${zeros}1`)).toEqual({ ok: false, problem: 'is above 2^53-1' });
    expect(readCounterLiteral(`0.${zeros}1${zeros}1`)).toEqual({ ok: false, problem: 'is not whole' });
  });
});

test('a literal that JSON.parse would change is noticed by its size or by how it is written', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 60n }),
      fc.stringMatching(/^\d{0,25}$/),
      fc.constantFrom('', 'e0', 'E-1', 'e2'),
      (whole, fraction, exponent) => {
        const literal = `${whole}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
        const text = `{"download_count" : ${literal}}`;
        const parsed: unknown = JSON.parse(literal);
        if (isSuspicious(parsed) || hasUnusualCounter(text)) return;
        expect(readCounter(parsed)).toEqual(readCounterLiteral(literal));
      },
    ),
  );
});

test('readCounter refuses what is no counter', () => {
  for (const value of [null, '7', true, [], {}, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN]) {
    expect(readCounter(value).ok).toBe(false);
  }
  expect(readCounter(2 ** 53 - 1)).toEqual({ ok: true, value: 2 ** 53 - 1 });
  const zero = readCounter(-0);
  expect(zero.ok && Object.is(zero.value, 0)).toBe(true);
});
