/** The type's number in PostgreSQL. */
const UUID = 2950;
const HEADER_BYTES = 20;
const ELEMENT_BYTES = 20;
const UUID_BYTES = 16;

/**
 * A `uuid[]` in PostgreSQL's binary format, which the driver passes on as it is: half of the text's bytes, which the
 * server need not read.
 *
 * @param texts each of 32 hexadecimal digits, with dashes anywhere or without
 */
export function uuidList(texts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + texts.length * ELEMENT_BYTES);
  // One dimension, no nulls, elements of this type, so many, the first one is number 1.
  let at = 0;
  for (const word of [1, 0, UUID, texts.length, 1]) at = bytes.writeInt32BE(word, at);
  for (const text of texts) {
    // By hand: writeInt32BE checks its arguments, for each of thousands.
    bytes[at] = 0;
    bytes[at + 1] = 0;
    bytes[at + 2] = 0;
    bytes[at + 3] = UUID_BYTES;
    at = writeHex(bytes, at + 4, text);
  }
  return bytes;
}

function writeHex(bytes: Buffer, from: number, text: string): number {
  let at = from;
  let high = -1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DASH) continue;
    const digit = code <= NINE ? code - ZERO : (code | SMALL) - LETTER_A + 10;
    if (high === -1) high = digit;
    else {
      bytes[at] = high * 16 + digit;
      at += 1;
      high = -1;
    }
  }
  return at;
}

const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const SMALL = 0x20;
const LETTER_A = 0x61;
