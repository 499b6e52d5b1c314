import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareInstants, parseInstant } from '../../src/catalog/timestamp.ts';

describe('parseInstant', () => {
  test.each([
    ['2025-01-15T03:00:00Z', '2025-01-15T03:00:00.000000Z'],
    ['2025-01-15T03:00:00z', '2025-01-15T03:00:00.000000Z'],
    ['2025-01-15t03:00:00Z', '2025-01-15T03:00:00.000000Z'],
    ['2025-01-15 03:00:00', '2025-01-15T03:00:00.000000Z'],
    ['2025-01-15T03:00', '2025-01-15T03:00:00.000000Z'],
    ['2025-01-15T03', '2025-01-15T03:00:00.000000Z'],
    ['2025-01-15', '2025-01-15T00:00:00.000000Z'],
    ['2025-01-15T03:00:00.5Z', '2025-01-15T03:00:00.500000Z'],
    ['2025-01-15T03:00:00,25Z', '2025-01-15T03:00:00.250000Z'],
    ['2025-01-15T03:00:00+05:30', '2025-01-14T21:30:00.000000Z'],
    ['2025-01-15T03:00:00+0530', '2025-01-14T21:30:00.000000Z'],
    ['2025-01-15T03:00:00+05', '2025-01-14T22:00:00.000000Z'],
    ['2025-01-15T03:00:00-08:00', '2025-01-15T11:00:00.000000Z'],
    ['2025-01-15T03:00:00-00:00', '2025-01-15T03:00:00.000000Z'],
    ['1880-01-01T00:00:00+00:53:28', '1879-12-31T23:06:32.000000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
    ['0099-06-01T00:00:00Z', '0099-06-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000000Z'],
    ['2017-01-01T05:29:60.25+05:30', '2017-01-01T00:00:00.250000Z'],
    ['2025-01-15T24:00:00Z', '2025-01-16T00:00:00.000000Z'],
    ['0000-12-31T23:00:00-05:00', '0001-01-01T04:00:00.000000Z'],
  ])('reads %s as %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  test('cuts to the microsecond and never rounds up', () => {
    expect(parseInstant('2025-12-31T23:59:59.9999999999Z')).toBe('2025-12-31T23:59:59.999999Z');
    expect(parseInstant('2025-01-15T03:00:00.0000019Z')).toBe('2025-01-15T03:00:00.000001Z');
  });

  test('cuts also before 1970, where a fraction counts from an earlier second', () => {
    expect(parseInstant('1969-12-31T23:59:59.9999999Z')).toBe('1969-12-31T23:59:59.999999Z');
    expect(parseInstant('1900-01-01T00:00:00.000001Z')).toBe('1900-01-01T00:00:00.000001Z');
  });

  test.each([
    '',
    'yesterday',
    '1736910000',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2025-04-31',
    '2025-13-01',
    '2025-00-10',
    '2025-01-00',
    '2025-01-15T24:00:01Z',
    '2025-01-15T24:00:00.0000001Z',
    '2025-01-15T25:00:00Z',
    '2025-01-15T03:60:00Z',
    '2025-01-15T03:00:61Z',
    '2025-01-15T03:00:00+24:00',
    '2025-01-15T03:00:00+05:60',
    '2025-01-15T03:00:00.Z',
    '2025-01-15T03:00:00Z ',
    ' 2025-01-15T03:00:00Z',
    '2025-01-15T03:00:00Z\n',
    '2025-1-5T03:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T23:59:60Z',
    '0000-06-01T00:00:00Z',
    '12025-01-15T03:00:00Z',
    '٢٠٢٥-01-15T03:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  test('agrees with an oracle that counts days and microseconds in whole numbers', () => {
    const two = (value: number): string => String(value).padStart(2, '0');
    fc.assert(
      fc.property(
        fc.record({
          year: fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 1900, 2000, 9999)),
          month: fc.integer({ min: 1, max: 12 }),
          day: fc.integer({ min: 1, max: 31 }),
          hour: fc.integer({ min: 0, max: 23 }),
          minute: fc.integer({ min: 0, max: 59 }),
          second: fc.integer({ min: 0, max: 60 }),
          fraction: fc.stringMatching(/^\d{0,12}$/),
          offset: fc.option(
            fc.record({
              sign: fc.constantFrom('+', '-'),
              hours: fc.integer({ min: 0, max: 23 }),
              minutes: fc.integer({ min: 0, max: 59 }),
              colon: fc.constantFrom(':', ''),
            }),
          ),
          separator: fc.constantFrom('T', ' '),
        }),
        ({ year, month, day, hour, minute, second, fraction, offset, separator }) => {
          const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
          const time = `${two(hour)}:${two(minute)}:${two(second)}${fraction === '' ? '' : `.${fraction}`}`;
          const zone = offset === null ? '' : `${offset.sign}${two(offset.hours)}${offset.colon}${two(offset.minutes)}`;
          const offsetMinutes =
            offset === null ? 0 : (offset.sign === '-' ? -1 : 1) * (offset.hours * 60 + offset.minutes);
          const expected = oracle({ year, month, day, hour, minute, second, fraction, offsetMinutes });
          expect(parseInstant(`${date}${separator}${time}${zone}`)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('never throws, and gives 27 characters that it reads as themselves', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.stringMatching(/^[-\dT:.Z+ ]{0,40}$/)), (text) => {
        const instant = parseInstant(text);
        if (instant === null) return;
        expect(instant).toHaveLength(27);
        expect(parseInstant(instant)).toBe(instant);
      }),
    );
  });
});

test('compareInstants orders as time does', () => {
  const instants = [
    '0001-01-01',
    '1969-12-31T23:59:59.999999Z',
    '1970-01-01',
    '2025-01-01T00:00:00+01:00',
    '2025-01-01',
  ];
  const parsed = instants.flatMap((text) => parseInstant(text) ?? []);
  expect(parsed).toHaveLength(5);
  expect(parsed.toReversed().sort(compareInstants)).toEqual(parsed);
  for (const one of parsed) expect(compareInstants(one, one)).toBe(0);
});

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  fraction: string;
  offsetMinutes: number;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const monthLength = (year: number, month: number): number =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;

/** Microseconds since the year 0 counted up in BigInt and back down, without Date. */
function oracle(parts: Parts): string | null {
  if (parts.day > monthLength(parts.year, parts.month)) return null;
  let days = 0n;
  for (let year = 0; year < parts.year; year += 1) days += isLeap(year) ? 366n : 365n;
  for (let month = 1; month < parts.month; month += 1) days += BigInt(monthLength(parts.year, month));
  days += BigInt(parts.day - 1);
  const seconds =
    days * 86_400n + BigInt(parts.hour * 3600 + parts.minute * 60 + parts.second) - BigInt(parts.offsetMinutes) * 60n;
  if (seconds < 0n) return null;
  const micros = BigInt(parts.fraction.padEnd(6, '0').slice(0, 6));

  let left = seconds / 86_400n;
  let year = 0;
  for (; left >= (isLeap(year) ? 366n : 365n); year += 1) left -= isLeap(year) ? 366n : 365n;
  if (year < 1 || year > 9999) return null;
  let month = 1;
  for (; left >= BigInt(monthLength(year, month)); month += 1) left -= BigInt(monthLength(year, month));
  const ofDay = seconds % 86_400n;
  const pad = (value: bigint | number, width: number): string => String(value).padStart(width, '0');
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(left + 1n, 2)}`;
  return `${date}T${pad(ofDay / 3600n, 2)}:${pad((ofDay / 60n) % 60n, 2)}:${pad(ofDay % 60n, 2)}.${pad(micros, 6)}Z`;
}
