import * as record from '../../src/catalog/record-words';
import { DOWNLOAD_COUNT, FRAMEWORK, IS_PUBLIC, NAME, ORIGIN, VERSION, valueFrom, valueTo } from './fields';
import { afterPlainString, byteAt, isDigit, OPEN_BRACE, ZERO } from './json';
import { setLong, setNumber, setStretch } from './records';

const FALSE: u32 = 0x66;
const NULL: u32 = 0x6e;
const TRUE: u32 = 0x74;

/**
 * Records where stands what an item lists, if its fields have their usual form.
 *
 * @param longest so many bytes may a text have
 * @returns false for an item that must be read to be understood
 */
export function recordPlain(longest: usize): bool {
  return (
    recordText(NAME, record.NAME, longest) &&
    recordText(VERSION, record.VERSION, longest) &&
    recordText(FRAMEWORK, record.FRAMEWORK, longest) &&
    recordFlag() &&
    recordCounter() &&
    recordOrigin()
  );
}

/** Without its quotes. */
function recordText(field: i32, word: i32, longest: usize): bool {
  const from = valueFrom(field);
  const to = valueTo(field);
  if (from === 0 || to - from - 2 > longest || afterPlainString(from) !== to) return false;
  setStretch(word, from + 1, to - 1);
  return true;
}

/** False where it is missing. */
function recordFlag(): bool {
  const from = valueFrom(IS_PUBLIC);
  const byte = from === 0 ? FALSE : byteAt(from);
  setNumber(record.IS_PUBLIC, byte === TRUE ? 1 : 0);
  return byte === TRUE || byte === FALSE;
}

/** Zero where it is missing. A number of a plain item has no more digits than a double holds. */
function recordCounter(): bool {
  const to = valueTo(DOWNLOAD_COUNT);
  let count: u64 = 0;
  for (let at = valueFrom(DOWNLOAD_COUNT); at < to; at += 1) {
    if (!isDigit(byteAt(at))) return false;
    count = count * 10 + byteAt(at) - ZERO;
  }
  setLong(record.DOWNLOAD_COUNT, count);
  return true;
}

/** An object; two zeros where it is missing or null. */
function recordOrigin(): bool {
  const from = valueFrom(ORIGIN);
  if (from === 0 || byteAt(from) === NULL) {
    setNumber(record.ORIGIN, 0);
    setNumber(record.ORIGIN + 1, 0);
    return true;
  }
  setStretch(record.ORIGIN, from, valueTo(ORIGIN));
  return byteAt(from) === OPEN_BRACE;
}
