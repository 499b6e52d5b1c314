export const UUID_BYTES = 16;

/**
 * Uuids as PostgreSQL keeps them, one behind the other. All at once: a call for each takes several times as long.
 *
 * @param texts each of 32 hexadecimal digits, with dashes anywhere or without
 * @throws TypeError where they are not: all behind such a one would be another's
 */
export function uuidBytes(texts: readonly string[]): Buffer {
  const bytes = Buffer.from(texts.join('').replaceAll('-', ''), 'hex');
  if (bytes.length !== texts.length * UUID_BYTES) throw new TypeError('among the uuids is a text that is none');
  return bytes;
}

/** Uuid number `place` of some, from 0 on, as a text of one character for each byte: what sets and maps know it by. */
export function uuidKey(uuids: Buffer, place: number): string {
  return uuids.toString('latin1', place * UUID_BYTES, (place + 1) * UUID_BYTES);
}

/** Uuid number `place` of some, from 0 on. */
export function uuidAt(uuids: Buffer, place: number): Buffer {
  return uuids.subarray(place * UUID_BYTES, (place + 1) * UUID_BYTES);
}
