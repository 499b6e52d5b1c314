import { afterItem } from './item';
import {
  afterKey,
  afterSpace,
  afterString,
  afterValue,
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  NOT_JSON,
  OPEN_BRACE,
  OPEN_BRACKET,
} from './json';
import { forgetOrder } from './order';
import { openRecords, recordsEnd } from './records';

export { copyIds } from './ids';
export { seenAreUsual, seenDoAscend, seenEarliest, seenItems, seenLatest } from './order';

/** From here on memory is the caller's. */
export function freeFrom(): usize {
  return __heap_base;
}

/** What was seen of an answer last. Positions count from its beginning. */
let listFrom: usize = 0;
let listTo: usize = 0;

export function seenListFrom(): usize {
  return listFrom;
}

export function seenListTo(): usize {
  return listTo;
}

/** Behind the records of the items. */
export function seenRecordsTo(): usize {
  return recordsEnd();
}

/**
 * Sees an answer: an object with a list of items under one key.
 *
 * @param at where it stands, sixteen bytes of zero behind it
 * @param keyAt where the key of the list stands, with its quotes
 * @param recordsAt where the records of the items go, a multiple of four
 * @param longest so many bytes may a text of a plain item have
 * @returns false for an answer that must be read to be understood, or that there is no memory for
 */
export function sight(
  at: usize,
  length: usize,
  keyAt: usize,
  keyLength: usize,
  recordsAt: usize,
  longest: usize,
): bool {
  openRecords(recordsAt, at);
  forgetOrder();
  listTo = 0;
  let position = afterSpace(at);
  if (byteAt(position) !== OPEN_BRACE) return false;
  do {
    const key = afterSpace(position + 1);
    const value = afterKey(key);
    if (value === NOT_JSON) return false;
    let end: usize = NOT_JSON;
    if (afterString(key) - key === keyLength && memory.compare(key, keyAt, keyLength) === 0) {
      // Of two lists of one name the last counts; nobody sends two.
      if (listTo !== 0) return false;
      end = afterItems(value, longest);
      listFrom = value - at;
      listTo = end - at;
    } else {
      end = afterValue(value, 0);
    }
    if (end === NOT_JSON) return false;
    position = afterSpace(end);
  } while (byteAt(position) === COMMA);
  return listTo !== 0 && byteAt(position) === CLOSE_BRACE && afterSpace(position + 1) === at + length;
}

function afterItems(at: usize, longest: usize): usize {
  if (byteAt(at) !== OPEN_BRACKET) return NOT_JSON;
  let position = afterSpace(at + 1);
  if (byteAt(position) === CLOSE_BRACKET) return position + 1;
  while (true) {
    const end = afterItem(position, longest);
    if (end === NOT_JSON) break;
    position = afterSpace(end);
    if (byteAt(position) === CLOSE_BRACKET) return position + 1;
    if (byteAt(position) !== COMMA) break;
    position = afterSpace(position + 1);
  }
  return NOT_JSON;
}
