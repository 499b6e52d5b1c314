import { byteAt, isDigit, POINT, ZERO } from './json';

const DASH: u32 = 0x2d;
const COLON: u32 = 0x3a;
const T: u32 = 0x54;
const Z: u32 = 0x5a;

/** Where the parts of `2025-01-15T03:00:00.000000Z` stand. */
const MONTH: usize = 5;
const DAY: usize = 8;
const HOUR: usize = 11;
const MINUTE: usize = 14;
const SECOND: usize = 17;
const BEHIND_SECOND: usize = 19;
const MOST_DIGITS: usize = 6;

/** Of an instant that was read last: in microseconds since 1970. */
let microseconds: i64 = 0;

export function microsecondsRead(): i64 {
  return microseconds;
}

/**
 * Reads a moment as nearly all servers write it: in UTC, to no more than the microsecond, on a day that its month has in
 * every year, as quickInstant does (src/catalog/timestamp.ts).
 *
 * @returns false for what is written in another way
 */
export function readInstant(from: usize, to: usize): bool {
  const length = to - from;
  const digits: usize = length > BEHIND_SECOND + 1 ? length - BEHIND_SECOND - 2 : 0;
  if (length < BEHIND_SECOND + 1 || digits > MOST_DIGITS || !hasSeparators(from, to, digits)) return false;
  const year = number(from, 4);
  const month = number(from + MONTH, 2);
  const day = number(from + DAY, 2);
  const hour = number(from + HOUR, 2);
  const minute = number(from + MINUTE, 2);
  const second = number(from + SECOND, 2);
  let fraction = number(from + BEHIND_SECOND + 1, digits);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(month)) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || fraction < 0) return false;
  for (let digit = digits; digit < MOST_DIGITS; digit += 1) fraction *= 10;
  const seconds = ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  microseconds = seconds * 1_000_000 + fraction;
  return true;
}

function hasSeparators(from: usize, to: usize, digits: usize): bool {
  return (
    byteAt(from + MONTH - 1) === DASH &&
    byteAt(from + DAY - 1) === DASH &&
    byteAt(from + HOUR - 1) === T &&
    byteAt(from + MINUTE - 1) === COLON &&
    byteAt(from + SECOND - 1) === COLON &&
    byteAt(to - 1) === Z &&
    (to - from === BEHIND_SECOND + 1 || (digits > 0 && byteAt(from + BEHIND_SECOND) === POINT))
  );
}

/** Far below zero where these are not all digits. */
function number(at: usize, digits: usize): i64 {
  let value: i64 = 0;
  for (let digit: usize = 0; digit < digits; digit += 1) {
    const byte = byteAt(at + digit);
    value = isDigit(byte) ? value * 10 + byte - ZERO : -1_000_000_000_000;
  }
  return value;
}

/** In every year. */
function daysOf(month: i64): i64 {
  if (month === 2) return 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const DAYS_OF_400_YEARS: i64 = 146_097;
/** From the first of March of the year 0 to the first of January 1970. */
const DAYS_TO_1970: i64 = 719_468;

/** Years that begin in March have the day that some have more at their end. */
function daysSince1970(year: i64, month: i64, day: i64): i64 {
  const sinceMarch = month > 2 ? month - 3 : month + 9;
  const years = month > 2 ? year : year - 1;
  const ofYears = (years / 400) * DAYS_OF_400_YEARS + daysOfYears(years % 400);
  return ofYears + (sinceMarch * 153 + 2) / 5 + day - 1 - DAYS_TO_1970;
}

function daysOfYears(years: i64): i64 {
  return years * 365 + years / 4 - years / 100;
}
