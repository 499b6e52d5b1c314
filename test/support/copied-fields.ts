/** The values of fields in COPY's binary format, one behind the other; null for what is NULL. */
export function copiedFields(bytes: Buffer): readonly (Buffer | null)[] {
  const fields: (Buffer | null)[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = bytes.readInt32BE(at);
    at += 4;
    fields.push(length === -1 ? null : bytes.subarray(at, at + Math.max(0, length)));
    at += Math.max(0, length);
  }
  if (at !== bytes.length) throw new RangeError(`the last field ends at ${at} of ${bytes.length} bytes`);
  return fields;
}
