/**
 * A moment in UTC to the microsecond, as `2025-01-15T03:00:00.000000Z`: always 27 characters, so that text order is
 * time order and the text is what PostgreSQL reads and what is compared.
 */
export type Instant = string & { readonly __brand: 'Instant' };

const ISO_8601 =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[Tt ](?<hour>\d{2})(?::(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?)?(?<offset>[Zz]|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?)?$/;

const FIRST_YEAR = 1;
const LAST_YEAR = 9999;

/** The offset from UTC in seconds; null where no clock on earth could show it. */
function offsetSeconds(text: string | undefined): number | null {
  if (text === undefined || text === 'Z' || text === 'z') return 0;
  const digits = text.slice(1).replaceAll(':', '').padEnd(6, '0');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2, 4));
  const seconds = Number(digits.slice(4, 6));
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}

/** Midnight UTC of a day in milliseconds since 1970; null where the calendar has no such day. */
function midnight(year: number, month: number, day: number): number | null {
  const date = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : null;
}

/**
 * Reads an ISO 8601 timestamp of any precision (a date alone is its midnight) and any offset (none means UTC), and
 * cuts it, not rounds it, to the microsecond. This is the only place where that happens, so that a raw and a stored
 * timestamp never differ (design section 3).
 *
 * A leap second (`:60`) is the first second of the next minute, `24:00` the next day's midnight.
 *
 * @returns null where the text is no timestamp, the day does not exist, or the year in UTC is not 0001 to 9999
 */
export function parseInstant(text: string): Instant | null {
  return quickInstant(text) ?? anyInstant(text);
}

/** As nearly all servers write it: in UTC, to no more than the microsecond, on a day that its month has in every year. */
const USUAL =
  /^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/;
const WHOLE_LONG = '2025-01-15T03:00:00.000000Z'.length;
/** What stands behind so many digits less than six. */
const PADDING = ['Z', '0Z', '00Z', '000Z', '0000Z', '00000Z'];

/** What needs no calendar. */
function quickInstant(text: string): Instant | null {
  return USUAL.test(text) && !text.startsWith('0000') ? usualInstant(text) : null;
}

/** @param text of which somebody knows already that it is written as usual */
export function usualInstant(text: string): Instant {
  if (text.length === WHOLE_LONG) return asInstant(text);
  return asInstant(text.slice(0, -1) + (PADDING[WHOLE_LONG - text.length] ?? '.000000Z'));
}

const WHOLE_SECONDS_LONG = '2025-01-15T03:00:00'.length;

/** Since 1970. */
export function microsecondsOf(instant: Instant): bigint {
  const milliseconds = Date.parse(`${instant.slice(0, WHOLE_SECONDS_LONG)}Z`);
  return BigInt(milliseconds) * 1_000n + BigInt(instant.slice(WHOLE_SECONDS_LONG + 1, -1));
}

function anyInstant(text: string): Instant | null {
  const parts = ISO_8601.exec(text)?.groups;
  if (parts === undefined) return null;
  const day = midnight(Number(parts['year']), Number(parts['month']), Number(parts['day']));
  const offset = offsetSeconds(parts['offset']);
  if (day === null || offset === null) return null;

  const hour = Number(parts['hour'] ?? 0);
  const minute = Number(parts['minute'] ?? 0);
  const second = Number(parts['second'] ?? 0);
  const fraction = parts['fraction'] ?? '';
  if (hour > 24 || minute > 59 || second > 60) return null;
  if (hour === 24 && (minute > 0 || second > 0 || /[1-9]/.test(fraction))) return null;

  const date = new Date(day + (hour * 3600 + minute * 60 + second - offset) * 1000);
  const year = date.getUTCFullYear();
  if (year < FIRST_YEAR || year > LAST_YEAR) return null;
  const wholeSeconds = date.toISOString().slice(0, 19);
  return asInstant(`${wholeSeconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`);
}

/** The one place that gives the brand: the text above is complete and in UTC by construction. */
function asInstant(text: string): Instant {
  return text as Instant;
}

/** Negative where `a` is before `b`, 0 where they are the same microsecond, positive where it is after. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
