/** The fields that the contract knows, by their places in ARTIFACT_FIELDS (src/catalog/kinds). */
export const ID: i32 = 0;
export const NAME: i32 = 1;
export const VERSION: i32 = 2;
export const FRAMEWORK: i32 = 3;
export const IS_PUBLIC: i32 = 4;
export const DOWNLOAD_COUNT: i32 = 5;
export const ORIGIN: i32 = 6;
export const CREATED_AT: i32 = 7;
export const UNKNOWN: i32 = -1;

/**
 * Which field a key is: compared four bytes at a time, as little-endian numbers, the last ones from its end.
 *
 * @param at behind its first quote
 * @param length without its quotes
 */
export function fieldAt(at: usize, length: usize): i32 {
  switch (<i32>length) {
    case 2:
      return load<u16>(at) === 0x6469 ? ID : UNKNOWN;
    case 4:
      return load<u32>(at) === 0x656d616e ? NAME : UNKNOWN;
    case 6:
      return load<u32>(at) === 0x6769726f && load<u32>(at + 2) === 0x6e696769 ? ORIGIN : UNKNOWN;
    case 7:
      return load<u32>(at) === 0x73726576 && load<u32>(at + 3) === 0x6e6f6973 ? VERSION : UNKNOWN;
    case 9:
      if (load<u32>(at) === 0x6d617266 && load<u32>(at + 4) === 0x726f7765 && load<u32>(at + 5) === 0x6b726f77)
        return FRAMEWORK;
      return load<u32>(at) === 0x705f7369 && load<u32>(at + 4) === 0x696c6275 && load<u32>(at + 5) === 0x63696c62
        ? IS_PUBLIC
        : UNKNOWN;
    case 10:
      return load<u32>(at) === 0x61657263 && load<u32>(at + 4) === 0x5f646574 && load<u32>(at + 6) === 0x74615f64
        ? CREATED_AT
        : UNKNOWN;
    case 14:
      return load<u32>(at) === 0x6e776f64 &&
        load<u32>(at + 4) === 0x64616f6c &&
        load<u32>(at + 8) === 0x756f635f &&
        load<u32>(at + 10) === 0x746e756f
        ? DOWNLOAD_COUNT
        : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

const FIELDS: usize = 8;
/** Where the values of an item's fields stand, from and to; zero where it has none. */
const values = memory.data(64);

export function forgetValues(): void {
  memory.fill(values, 0, FIELDS * 8);
}

export function setValue(field: i32, from: usize, to: usize): void {
  const at = values + <usize>field * 8;
  store<u32>(at, <u32>from);
  store<u32>(at + 4, <u32>to);
}

export function valueFrom(field: i32): usize {
  return load<u32>(values + <usize>field * 8);
}

export function valueTo(field: i32): usize {
  return load<u32>(values + <usize>field * 8 + 4);
}
