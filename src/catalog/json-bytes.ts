import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-text.ts';

/**
 * Finds its way in the bytes of a JSON text and checks it on the way, without making values of it: what ends somewhere here
 * JSON.parse accepts. All functions take the position where something begins and return the one behind it, or -1 where it
 * is not JSON, or nested too deep to say so. The bytes are valid UTF-8.
 */

/** What was met on the way. */
export interface Met {
  /**
   * How many texts and numbers PostgreSQL would not take for what JSON.parse makes of them, or might not: U+0000 and half
   * characters, and numbers that a double writes in another way than they were written.
   */
  unusual: number;
}

const SPACE = 0x20;
export const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const NOT_JSON = -1;

/** Deeper than the values of catalogs are, and no danger to the stack. */
const DEEPEST = 32;

/** Behind white space; there may be none. */
export function afterSpace(bytes: Uint8Array, at: number): number {
  let position = at;
  for (;;) {
    const byte = bytes[position];
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position;
    position += 1;
  }
}

/** Behind the value that begins at `at`. */
export function afterValue(bytes: Uint8Array, at: number, met: Met, depth = 0): number {
  switch (bytes[at]) {
    case QUOTE:
      return afterString(bytes, at, met);
    case OPEN_BRACE:
      return depth < DEEPEST ? afterObject(bytes, at, met, depth) : NOT_JSON;
    case OPEN_BRACKET:
      return depth < DEEPEST ? afterList(bytes, at, met, depth) : NOT_JSON;
    case 0x74:
      return afterWord(bytes, at, TRUE);
    case 0x66:
      return afterWord(bytes, at, FALSE);
    case 0x6e:
      return afterWord(bytes, at, NULL);
    default:
      return afterNumber(bytes, at, met);
  }
}

/** Of each byte whether it stands for itself in a string. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH),
);

/** Behind the plain part of a string. */
function afterPlain(bytes: Uint8Array, at: number): number {
  let position = at;
  // Looked up, not compared: of digits and letters in turn no processor guesses what comes next.
  while (IS_PLAIN[bytes[position] ?? 0] === 1) position += 1;
  return position;
}

/** Behind the string that begins at `at`, if nothing in it is escaped; -1 where something is, too. */
export function afterPlainString(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return NOT_JSON;
  const end = afterPlain(bytes, at + 1);
  return bytes[end] === QUOTE ? end + 1 : NOT_JSON;
}

/** Behind the string that begins at `at`. */
function afterString(bytes: Uint8Array, at: number, met: Met): number {
  if (bytes[at] !== QUOTE) return NOT_JSON;
  let position = at + 1;
  for (;;) {
    position = afterPlain(bytes, position);
    const byte = bytes[position];
    if (byte === QUOTE) return position + 1;
    if (byte !== BACKSLASH) return NOT_JSON;
    position = afterEscape(bytes, position + 1, met);
    if (position === NOT_JSON) return NOT_JSON;
  }
}

/** `"\/bfnrt` */
const ESCAPED = new Set([QUOTE, BACKSLASH, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);
const UNICODE = 0x75;

function afterEscape(bytes: Uint8Array, at: number, met: Met): number {
  const byte = bytes[at];
  if (byte === undefined) return NOT_JSON;
  if (byte !== UNICODE) return ESCAPED.has(byte) ? at + 1 : NOT_JSON;
  let code = 0;
  for (let digit = 1; digit <= 4; digit += 1) {
    const value = HEX_VALUE[bytes[at + digit] ?? 0] ?? NOT_HEX;
    if (value === NOT_HEX) return NOT_JSON;
    code = code * 16 + value;
  }
  if (code === 0 || (code >= FIRST_SURROGATE && code <= LAST_SURROGATE)) met.unusual += 1;
  return at + 5;
}

const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;
const NOT_HEX = 16;
const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[\da-f]/i.test(character) ? Number.parseInt(character, 16) : NOT_HEX;
});

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function afterWord(bytes: Uint8Array, at: number, word: Uint8Array): number {
  return isSame(bytes, at, word) ? at + word.length : NOT_JSON;
}

function afterNumber(bytes: Uint8Array, at: number, met: Met): number {
  const whole = bytes[at] === MINUS ? at + 1 : at;
  const afterWhole = bytes[whole] === ZERO ? whole + 1 : afterDigits(bytes, whole);
  if (afterWhole === NOT_JSON) return NOT_JSON;
  const hasFraction = bytes[afterWhole] === POINT;
  const afterFraction = hasFraction ? afterDigits(bytes, afterWhole + 1) : afterWhole;
  if (afterFraction === NOT_JSON) return NOT_JSON;
  const exponent = bytes[afterFraction];
  const hasExponent = exponent === 0x65 || exponent === 0x45;
  if (hasExponent || !isAsWritten(bytes, at, afterFraction, hasFraction)) met.unusual += 1;
  if (!hasExponent) return afterFraction;
  const sign = bytes[afterFraction + 1];
  return afterDigits(bytes, afterFraction + (sign === PLUS || sign === MINUS ? 2 : 1));
}

/** A double holds so many digits of any decimal: written again, it is the same one. */
const DIGITS_OF_A_DOUBLE = 15;

/** Whether a number without an exponent is written as JSON.stringify would write it, or as PostgreSQL reads that. */
function isAsWritten(bytes: Uint8Array, from: number, to: number, hasFraction: boolean): boolean {
  if (to - from > DIGITS_OF_A_DOUBLE) return false;
  return hasFraction ? bytes[to - 1] !== ZERO : bytes[from] !== MINUS || bytes[from + 1] !== ZERO;
}

/** Behind at least one digit. */
function afterDigits(bytes: Uint8Array, at: number): number {
  let position = at;
  while (isDigit(bytes[position])) position += 1;
  return position === at ? NOT_JSON : position;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function afterObject(bytes: Uint8Array, at: number, met: Met, depth: number): number {
  let position = afterSpace(bytes, at + 1);
  if (bytes[position] === CLOSE_BRACE) return position + 1;
  for (;;) {
    const value = afterKey(bytes, position, met);
    if (value === NOT_JSON) return NOT_JSON;
    const end = afterValue(bytes, value, met, depth + 1);
    if (end === NOT_JSON) return NOT_JSON;
    position = afterSpace(bytes, end);
    if (bytes[position] === CLOSE_BRACE) return position + 1;
    if (bytes[position] !== COMMA) return NOT_JSON;
    position = afterSpace(bytes, position + 1);
  }
}

/** From a key on: where its value begins. */
export function afterKey(bytes: Uint8Array, at: number, met: Met): number {
  const end = afterString(bytes, at, met);
  return end === NOT_JSON ? NOT_JSON : afterColon(bytes, end);
}

/** From behind a key on: where its value begins. */
export function afterColon(bytes: Uint8Array, at: number): number {
  const colon = afterSpace(bytes, at);
  return bytes[colon] === COLON ? afterSpace(bytes, colon + 1) : NOT_JSON;
}

function afterList(bytes: Uint8Array, at: number, met: Met, depth: number): number {
  let position = afterSpace(bytes, at + 1);
  if (bytes[position] === CLOSE_BRACKET) return position + 1;
  for (;;) {
    const end = afterValue(bytes, position, met, depth + 1);
    if (end === NOT_JSON) return NOT_JSON;
    position = afterSpace(bytes, end);
    if (bytes[position] === CLOSE_BRACKET) return position + 1;
    if (bytes[position] !== COMMA) return NOT_JSON;
    position = afterSpace(bytes, position + 1);
  }
}

/** Whether a text stands at a position byte for byte. */
export function isSame(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
