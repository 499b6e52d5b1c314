/** The type's number in PostgreSQL. */
const BYTEA = 17;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;

/** A `bytea[]` in PostgreSQL's binary format: as text each byte would take two digits, in a string of its own. */
export function byteaList(values: readonly Buffer[]): Buffer {
  const size = values.reduce((sum, value) => sum + LENGTH_BYTES + value.length, HEADER_BYTES);
  const list = Buffer.allocUnsafe(size);
  // One dimension, no nulls, elements of this type, so many, the first one is number 1.
  let at = 0;
  for (const word of [1, 0, BYTEA, values.length, 1]) at = list.writeInt32BE(word, at);
  for (const value of values) {
    at = list.writeInt32BE(value.length, at);
    at += value.copy(list, at);
  }
  return list;
}
