/**
 * Finds its way in the bytes of a JSON text and checks it on the way, without making values of it: what ends somewhere here
 * JSON.parse accepts. All functions take the address where something begins and return the one behind it, or NOT_JSON. The
 * bytes are valid UTF-8, and sixteen bytes of zero follow them, at which every search ends.
 */

export const NOT_JSON: usize = 0;

const SPACE: u32 = 0x20;
export const QUOTE: u32 = 0x22;
const PLUS: u32 = 0x2b;
export const COMMA: u32 = 0x2c;
const MINUS: u32 = 0x2d;
export const POINT: u32 = 0x2e;
export const ZERO: u32 = 0x30;
const COLON: u32 = 0x3a;
export const OPEN_BRACKET: u32 = 0x5b;
const BACKSLASH: u32 = 0x5c;
export const CLOSE_BRACKET: u32 = 0x5d;
export const OPEN_BRACE: u32 = 0x7b;
export const CLOSE_BRACE: u32 = 0x7d;

/** Deeper than the values of catalogs are, and no danger to the stack. */
const DEEPEST: i32 = 32;

/**
 * How many texts and numbers PostgreSQL would not take for what JSON.parse makes of them, or might not: U+0000 and half
 * characters, and numbers that a double writes in another way than they were written.
 */
let unusual: i32 = 0;

export function unusualMet(): i32 {
  return unusual;
}

export function byteAt(at: usize): u32 {
  return load<u8>(at);
}

/** Behind white space; there may be none. */
export function afterSpace(at: usize): usize {
  while (byteAt(at) <= SPACE) {
    const byte = byteAt(at);
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
  return at;
}

/** Behind the plain part of a string, sixteen bytes at a time. */
export function afterPlain(at: usize): usize {
  let ends: i32 = 0;
  while (true) {
    const bytes = v128.load(at);
    const ending = v128.or(
      i8x16.lt_u(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
    );
    ends = i8x16.bitmask(ending);
    if (ends !== 0) break;
    at += 16;
  }
  return at + ctz(ends);
}

/** Behind the string that begins at `at`, if nothing in it is escaped. */
export function afterPlainString(at: usize): usize {
  if (byteAt(at) !== QUOTE) return NOT_JSON;
  const end = afterPlain(at + 1);
  return byteAt(end) === QUOTE ? end + 1 : NOT_JSON;
}

/** Behind the string that begins at `at`. */
export function afterString(at: usize): usize {
  if (byteAt(at) !== QUOTE) return NOT_JSON;
  const end = afterPlain(at + 1);
  return byteAt(end) === QUOTE ? end + 1 : afterEscaped(end);
}

/** From behind the plain part of a string on. */
function afterEscaped(at: usize): usize {
  while (byteAt(at) === BACKSLASH) {
    const end = afterEscape(at + 1);
    if (end === NOT_JSON) return NOT_JSON;
    at = afterPlain(end);
  }
  return byteAt(at) === QUOTE ? at + 1 : NOT_JSON;
}

const FIRST_SURROGATE: u32 = 0xd800;
const LAST_SURROGATE: u32 = 0xdfff;
const NOT_HEX: u32 = 16;

/** From behind a backslash on. */
function afterEscape(at: usize): usize {
  switch (byteAt(at)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 1;
    case 0x75:
      return afterCode(at + 1);
    default:
      return NOT_JSON;
  }
}

/** Behind the four digits of a code. */
function afterCode(at: usize): usize {
  let code: u32 = 0;
  for (let digit: usize = 0; digit < 4; digit += 1) {
    const value = hexValue(byteAt(at + digit));
    if (value === NOT_HEX) return NOT_JSON;
    code = code * 16 + value;
  }
  if (code === 0 || (code >= FIRST_SURROGATE && code <= LAST_SURROGATE)) unusual += 1;
  return at + 4;
}

function hexValue(byte: u32): u32 {
  if (isDigit(byte)) return byte - ZERO;
  const letter = (byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : NOT_HEX;
}

/** Behind the value that begins at `at`. */
export function afterValue(at: usize, depth: i32): usize {
  switch (byteAt(at)) {
    case QUOTE:
      return afterString(at);
    case OPEN_BRACE:
      return depth < DEEPEST ? afterObject(at, depth) : NOT_JSON;
    case OPEN_BRACKET:
      return depth < DEEPEST ? afterList(at, depth) : NOT_JSON;
    // The words as little-endian numbers.
    case 0x74:
      return load<u32>(at) === 0x65757274 ? at + 4 : NOT_JSON;
    case 0x66:
      return load<u32>(at + 1) === 0x65736c61 ? at + 5 : NOT_JSON;
    case 0x6e:
      return load<u32>(at) === 0x6c6c756e ? at + 4 : NOT_JSON;
    default:
      return afterNumber(at);
  }
}

function afterNumber(at: usize): usize {
  const whole = byteAt(at) === MINUS ? at + 1 : at;
  const afterWhole = byteAt(whole) === ZERO ? whole + 1 : afterDigits(whole);
  if (afterWhole === NOT_JSON) return NOT_JSON;
  const hasFraction = byteAt(afterWhole) === POINT;
  const afterFraction = hasFraction ? afterDigits(afterWhole + 1) : afterWhole;
  if (afterFraction === NOT_JSON) return NOT_JSON;
  const hasExponent = (byteAt(afterFraction) | 0x20) === 0x65;
  if (hasExponent || !isAsWritten(at, afterFraction, hasFraction)) unusual += 1;
  if (!hasExponent) return afterFraction;
  const sign = byteAt(afterFraction + 1);
  return afterDigits(afterFraction + (sign === PLUS || sign === MINUS ? 2 : 1));
}

/** A double holds so many digits of any decimal: written again, it is the same one. */
const DIGITS_OF_A_DOUBLE: usize = 15;

/** Whether a number without an exponent is written as JSON.stringify would write it, or as PostgreSQL reads that. */
function isAsWritten(from: usize, to: usize, hasFraction: bool): bool {
  if (to - from > DIGITS_OF_A_DOUBLE) return false;
  return hasFraction ? byteAt(to - 1) !== ZERO : byteAt(from) !== MINUS || byteAt(from + 1) !== ZERO;
}

/** Behind at least one digit. */
function afterDigits(at: usize): usize {
  let end = at;
  while (isDigit(byteAt(end))) end += 1;
  return end === at ? NOT_JSON : end;
}

export function isDigit(byte: u32): bool {
  return byte - ZERO < 10;
}

function afterObject(at: usize, depth: i32): usize {
  let position = afterSpace(at + 1);
  if (byteAt(position) === CLOSE_BRACE) return position + 1;
  while (true) {
    const value = afterKey(position);
    if (value === NOT_JSON) break;
    const end = afterValue(value, depth + 1);
    if (end === NOT_JSON) break;
    position = afterSpace(end);
    if (byteAt(position) === CLOSE_BRACE) return position + 1;
    if (byteAt(position) !== COMMA) break;
    position = afterSpace(position + 1);
  }
  return NOT_JSON;
}

/** From a key on: where its value begins. */
export function afterKey(at: usize): usize {
  const end = afterString(at);
  return end === NOT_JSON ? NOT_JSON : afterColon(end);
}

/** From behind a key on: where its value begins. */
export function afterColon(at: usize): usize {
  const colon = afterSpace(at);
  return byteAt(colon) === COLON ? afterSpace(colon + 1) : NOT_JSON;
}

function afterList(at: usize, depth: i32): usize {
  let position = afterSpace(at + 1);
  if (byteAt(position) === CLOSE_BRACKET) return position + 1;
  while (true) {
    const end = afterValue(position, depth + 1);
    if (end === NOT_JSON) break;
    position = afterSpace(end);
    if (byteAt(position) === CLOSE_BRACKET) return position + 1;
    if (byteAt(position) !== COMMA) break;
    position = afterSpace(position + 1);
  }
  return NOT_JSON;
}
