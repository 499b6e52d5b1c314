/** What PostgreSQL keeps of a uuid, and how long it is written. */
export const UUID_BYTES: usize = 16;
export const UUID_DIGITS: usize = 36;

/** Reads one in lower case, with its dashes where PostgreSQL writes them. */
export function copyUuid(digitsAt: usize, to: usize): void {
  let digits = digitsAt;
  for (let byte: usize = 0; byte < UUID_BYTES; byte += 1) {
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) digits += 1;
    store<u8>(to + byte, (hexValue(load<u8>(digits)) << 4) | hexValue(load<u8>(digits + 1)));
    digits += 2;
  }
}

function hexValue(digit: u8): u8 {
  return digit < 0x3a ? digit - 0x30 : digit - 0x57;
}
