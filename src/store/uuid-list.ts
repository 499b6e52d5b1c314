import { UUID_BYTES, uuidBytes } from './uuid-bytes.ts';

/** The type's number in PostgreSQL. */
const UUID = 2950;
const HEADER_BYTES = 20;
const ELEMENT_BYTES = 4 + UUID_BYTES;

/**
 * A `uuid[]` in PostgreSQL's binary format, which the driver passes on as it is: half of the text's bytes, which the
 * server need not read.
 *
 * @param texts each of 32 hexadecimal digits, with dashes anywhere or without
 */
export function uuidList(texts: readonly string[]): Buffer {
  return uuidListOf(uuidBytes(texts));
}

/** @param uuids one behind the other, as uuidBytes makes them */
export function uuidListOf(uuids: Buffer): Buffer {
  const count = uuids.length / UUID_BYTES;
  const list = Buffer.allocUnsafe(HEADER_BYTES + count * ELEMENT_BYTES);
  // One dimension, no nulls, elements of this type, so many, the first one is number 1.
  let at = 0;
  for (const word of [1, 0, UUID, count, 1]) at = list.writeInt32BE(word, at);
  let read = 0;
  while (at < list.length) {
    // The length of the element, by hand: writeInt32BE checks its arguments, for each of thousands.
    list[at] = 0;
    list[at + 1] = 0;
    list[at + 2] = 0;
    list[at + 3] = UUID_BYTES;
    at += 4;
    for (const end = at + UUID_BYTES; at < end; at += 1) {
      list[at] = uuids[read] ?? 0;
      read += 1;
    }
  }
  return list;
}
