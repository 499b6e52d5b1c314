import { EXTRAS, WORDS, WORDS_OF_EXTRA } from '../../src/catalog/record-words';

/** What was seen, item by item: a record, and behind it the stretches of members that the contract does not know. */
const RECORD_BYTES: usize = WORDS * 4;
const EXTRA_BYTES: usize = WORDS_OF_EXTRA * 4;

export const NO_ROOM: usize = 0;

let origin: usize = 0;
let record: usize = 0;
let next: usize = 0;

/** @param bytesAt where the answer stands, from which positions count */
export function openRecords(at: usize, bytesAt: usize): void {
  next = at;
  origin = bytesAt;
}

/** Behind the last record. */
export function recordsEnd(): usize {
  return next;
}

/** Takes memory behind the records; NO_ROOM where there is none. */
export function takeRoom(bytes: usize): usize {
  const at = next;
  next += bytes;
  return hasRoom() ? at : NO_ROOM;
}

/** Where a record is, and the address that its words tell. */
export function recordAfter(at: usize): usize {
  return at + RECORD_BYTES + <usize>load<u32>(at + EXTRAS * 4) * EXTRA_BYTES;
}

export function positionIn(at: usize, word: i32): usize {
  return origin + load<u32>(at + ((<usize>word) << 2));
}

/** False where there is no memory for it. */
export function beginRecord(): bool {
  record = next;
  next += RECORD_BYTES;
  return hasRoom();
}

export function pushExtra(from: usize, to: usize): bool {
  next += EXTRA_BYTES;
  if (!hasRoom()) return false;
  store<u32>(next - EXTRA_BYTES, <u32>(from - origin));
  store<u32>(next - EXTRA_BYTES + 4, <u32>(to - origin));
  return true;
}

/** Of the record that was begun last. */
export function setNumber(word: i32, value: u32): void {
  store<u32>(record + ((<usize>word) << 2), value);
}

/** In two words. */
export function setLong(word: i32, value: u64): void {
  store<u64>(record + ((<usize>word) << 2), value);
}

export function setPosition(word: i32, at: usize): void {
  setNumber(word, <u32>(at - origin));
}

export function setStretch(word: i32, from: usize, to: usize): void {
  setPosition(word, from);
  setPosition(word + 1, to);
}

export function endRecord(): void {
  setNumber(EXTRAS, <u32>((next - record - RECORD_BYTES) / EXTRA_BYTES));
}

const PAGE_BYTES: usize = 65_536;

/** Up to `next`; twice as much as is needed, where there is too little. */
function hasRoom(): bool {
  const has = <usize>memory.size() * PAGE_BYTES;
  if (next <= has) return true;
  const pages: usize = (2 * next - has) / PAGE_BYTES + 1;
  return memory.grow(<i32>pages) !== -1;
}
