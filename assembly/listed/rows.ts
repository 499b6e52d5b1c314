import { copyUuid, UUID_BYTES } from '../uuid';

/**
 * Values in COPY's binary format, written one behind the other: its length, big-endian, and its bytes
 * (src/store/binary-rows.ts writes the others).
 */

const NULL_LENGTH: u32 = 0xffff_ffff;
const JSONB_VERSION: u8 = 1;

let next: usize = 0;

export function openRows(at: usize): void {
  next = at;
}

export function rowsEnd(): usize {
  return next;
}

export function writeNull(): void {
  writeLength(NULL_LENGTH);
}

export function writeFlag(value: bool): void {
  writeLength(1);
  writeByte(value ? 1 : 0);
}

/** A bigint or a timestamptz. */
export function writeLong(value: u64): void {
  writeLength(8);
  store<u64>(next, bswap(value));
  next += 8;
}

/** @param at of its bytes */
export function writeUuid(at: usize): void {
  writeLength(<u32>UUID_BYTES);
  v128.store(next, v128.load(at));
  next += UUID_BYTES;
}

/** @param at of its digits, in lower case, with dashes where PostgreSQL writes them */
export function writeUuidOfDigits(at: usize): void {
  writeLength(<u32>UUID_BYTES);
  copyUuid(at, next);
  next += UUID_BYTES;
}

export function writeText(from: usize, to: usize): void {
  writeLength(<u32>(to - from));
  writeBytes(from, to);
}

/** A value of JSON. */
export function writeJsonb(from: usize, to: usize): void {
  writeLength(<u32>(to - from + 1));
  writeByte(JSONB_VERSION);
  writeBytes(from, to);
}

/** Where an object of JSON begins, whose length is not known yet. */
export function beginObject(): usize {
  const at = next;
  next += 4;
  writeByte(JSONB_VERSION);
  writeByte(0x7b);
  return at;
}

export function writeMembers(from: usize, to: usize, isFirst: bool): void {
  if (!isFirst) writeByte(0x2c);
  writeBytes(from, to);
}

/** @param at where it begins */
export function endObject(at: usize): void {
  writeByte(0x7d);
  store<u32>(at, bswap(<u32>(next - at - 4)));
}

function writeLength(length: u32): void {
  store<u32>(next, bswap(length));
  next += 4;
}

function writeByte(byte: u8): void {
  store<u8>(next, byte);
  next += 1;
}

function writeBytes(from: usize, to: usize): void {
  const end = next + (to - from);
  // Sixteen at a time, the last ones over what comes next: a call to copy so few takes longer.
  for (let at = next; at < end; at += 16) {
    v128.store(at, v128.load(from));
    from += 16;
  }
  next = end;
}
