import { CronExpressionParser } from 'cron-parser';
import { z } from 'zod';
import { Secret } from './secret.ts';

/**
 * One parser for each way a setting is written: text in, a checked value out. Messages are sentence parts that follow
 * the text (`"500" is above 200`).
 */

export const text = z.string();

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  '1': true,
  false: false,
  no: false,
  '0': false,
};

export const truth = z.string().transform((written, context): boolean => {
  const value = WORDS[written.toLowerCase()];
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: 'is neither true nor false' });
  return z.NEVER;
});

export function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `is below ${least}`).max(most, `is above ${most}`));
}

/** A decimal number, with its bounds among the allowed values unless `aboveLeast`. */
export function decimalNumber(least: number, most: number, { aboveLeast = false } = {}) {
  const number = z.number().max(most, `is above ${most}`);
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/, 'is not a number')
    .transform(Number)
    .pipe(aboveLeast ? number.gt(least, `is not above ${least}`) : number.min(least, `is below ${least}`));
}

const FIELDS = /\s+/;

/** A cron expression of five fields, or six with seconds, that fires at some time; blanks are made single. */
export const cron = z.string().transform((written, context): string => {
  const fields = written.trim().split(FIELDS);
  if (fields.length !== 5 && fields.length !== 6) {
    context.addIssue({ code: 'custom', message: `has ${fields.length} field${fields.length === 1 ? '' : 's'}` });
    return z.NEVER;
  }
  const expression = fields.join(' ');
  try {
    CronExpressionParser.parse(expression, { tz: 'UTC' }).next();
    return expression;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: 'custom', message: `is not a cron expression that ever fires (${reason})` });
    return z.NEVER;
  }
});

export const timeZone = z.string().transform((written, context): string => {
  try {
    // Offsets such as +02:00 are accepted by Intl, but neither by every cron library nor with summer time in mind.
    if (!/^[A-Za-z]/.test(written)) throw new RangeError('an offset is no time zone');
    new Intl.DateTimeFormat('en', { timeZone: written });
    return written;
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a time zone that this machine knows' });
    return z.NEVER;
  }
});

/**
 * An organization's slug as it goes into the path of a request: any text without a slash, blanks or control
 * characters, at most 256 characters.
 */
export const organizationSlug = z
  .string()
  .min(1, 'is empty')
  .max(256, 'is longer than 256 characters')
  .regex(/^[^/\\\s\p{Cc}\p{Cs}]*$/u, 'has a slash, a blank or a control character')
  .refine((slug) => slug !== '.' && slug !== '..', 'is a path, not a name');

/** Slugs with commas between them; blanks around them, empty ones and repeated ones do not count. */
export const organizationList = z
  .string()
  .transform((written) => [
    ...new Set(
      written
        .split(',')
        .map((slug) => slug.trim())
        .filter((slug) => slug !== ''),
    ),
  ])
  .pipe(z.array(organizationSlug));

/** What can be sent in a header as it is: visible ASCII. */
export const headerSecret = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'has a blank, a line break or a character that no header may hold')
  .transform((value) => new Secret(value));

const ESCAPES = 'in a user or a password, / is written %2F, # %23, ? %3F, @ %40 and % %25';

/**
 * An address with one of these protocols, kept as a secret because it may hold a password. One whose password is not
 * escaped is refused: its parts are not what they seem, and an error that names the host would show the password.
 */
export function secretUrl(protocols: readonly string[]) {
  return z.string().transform((written, context): Secret => {
    const url = URL.canParse(written) ? new URL(written) : null;
    const protocol = url?.protocol.slice(0, -1) ?? null;
    if (url !== null && protocol !== null && protocols.includes(protocol) && !seemsUnescaped(url)) {
      return new Secret(written);
    }
    const isOther = protocol !== null && !protocols.includes(protocol);
    const message = isOther ? `has the protocol ${protocol}` : `is not an address (${ESCAPES})`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** Whether the end of the user and password seems to stand in the path or behind it, or an escape is none. */
function seemsUnescaped({ username, password, pathname, search, hash }: URL): boolean {
  const isBehind = `${pathname}${hash}`.includes('@') || /^\?[^=]*@/.test(search);
  return isBehind || [username, password, pathname].some((part) => !isDecodable(part));
}

function isDecodable(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
