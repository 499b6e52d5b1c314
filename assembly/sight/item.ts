import * as record from '../../src/catalog/record-words';
import { UUID_DIGITS } from '../uuid';
import { CREATED_AT, fieldAt, forgetValues, ID, setValue, UNKNOWN, valueFrom, valueTo } from './fields';
import { microsecondsRead, readInstant } from './instant';
import {
  afterColon,
  afterPlainString,
  afterSpace,
  afterValue,
  byteAt,
  CLOSE_BRACE,
  COMMA,
  NOT_JSON,
  OPEN_BRACE,
  QUOTE,
  unusualMet,
} from './json';
import { addPlace } from './order';
import { recordPlain } from './plain';
import { beginRecord, endRecord, pushExtra, setLong, setNumber, setPosition, setStretch } from './records';

/**
 * Sees an item in one pass and records it: where it stands, its id, its place, and, if it is plain, where stands what it
 * lists.
 *
 * @param longest so many bytes may a text of a plain item have
 * @returns the address behind it; NOT_JSON too for an item that shows its id or its place in another way than nearly all do
 */
export function afterItem(start: usize, longest: usize): usize {
  if (byteAt(start) !== OPEN_BRACE || !beginRecord()) return NOT_JSON;
  forgetValues();
  const metBefore = unusualMet();
  let isRepeated = false;
  let extraFrom: usize = 0;
  let extraTo: usize = 0;
  let at = start;
  do {
    const keyAt = afterSpace(at + 1);
    // Where something is escaped, it is perhaps another way to write the id or the place.
    const keyEnd = afterPlainString(keyAt);
    const value = keyEnd === NOT_JSON ? NOT_JSON : afterColon(keyEnd);
    const end = value === NOT_JSON ? NOT_JSON : afterValue(value, 0);
    if (end === NOT_JSON) return NOT_JSON;
    const field = fieldAt(keyAt + 1, keyEnd - keyAt - 2);
    if (field === UNKNOWN) {
      if (extraFrom === 0) extraFrom = keyAt;
      extraTo = end;
    } else {
      if (valueFrom(field) !== 0) {
        // Of a field that comes twice the last would count.
        if (field === ID || field === CREATED_AT) return NOT_JSON;
        isRepeated = true;
      }
      setValue(field, value, end);
      if (extraFrom !== 0 && !pushExtra(extraFrom, extraTo)) return NOT_JSON;
      extraFrom = 0;
    }
    at = afterSpace(end);
  } while (byteAt(at) === COMMA);
  if (byteAt(at) !== CLOSE_BRACE || !isUuid(valueFrom(ID), valueTo(ID)) || byteAt(valueFrom(CREATED_AT)) !== QUOTE) {
    return NOT_JSON;
  }
  if (extraFrom !== 0 && !pushExtra(extraFrom, extraTo)) return NOT_JSON;
  const createdAt = valueFrom(CREATED_AT) + 1;
  const createdAtEnd = valueTo(CREATED_AT) - 1;
  setStretch(record.START, start, at + 1);
  setPosition(record.ID, valueFrom(ID) + 1);
  setStretch(record.CREATED_AT, createdAt, createdAtEnd);
  const isUsual = readInstant(createdAt, createdAtEnd);
  addPlace(isUsual, microsecondsRead());
  setNumber(record.IS_USUAL_INSTANT, isUsual ? 1 : 0);
  setLong(record.MICROSECONDS, microsecondsRead());
  setNumber(record.IS_PLAIN, !isRepeated && unusualMet() === metBefore && recordPlain(longest) ? 1 : 0);
  endRecord();
  return at + 1;
}

/** Lower case, with its dashes where PostgreSQL writes them. */
function isUuid(from: usize, to: usize): bool {
  if (byteAt(from) !== QUOTE || to - from !== UUID_DIGITS + 2) return false;
  const at = from + 1;
  // Each sixteen bytes with the places of its dashes, the last ones from the end.
  return (
    isUuidPart(at, i8x16(0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0)) &&
    isUuidPart(at + 16, i8x16(0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0)) &&
    isUuidPart(at + 20, i8x16(0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  );
}

/** @param dashes of each byte whether it is to be one */
function isUuidPart(at: usize, dashes: v128): bool {
  const bytes = v128.load(at);
  const isDigit = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10));
  const isLetter = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x61)), i8x16.splat(6));
  const isDash = i8x16.eq(bytes, i8x16.splat(0x2d));
  return i8x16.all_true(v128.bitselect(isDash, v128.or(isDigit, isLetter), dashes));
}
