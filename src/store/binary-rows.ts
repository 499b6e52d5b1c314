import { UUID_BYTES, uuidBytes } from './uuid-bytes.ts';

/** What COPY's binary format begins and ends with. */
export const BINARY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const BINARY_TRAILER = Buffer.from([0xff, 0xff]);

const NULL_LENGTH = -1;
const JSONB_VERSION = 1;
const NO_LOWER_BOUND = 0x08;
const NO_UPPER_BOUND = 0x10;
/** 2000-01-01, from which PostgreSQL counts, in milliseconds since 1970. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const TWO_TO_THE_32ND = 2 ** 32;
/** Fewer bytes are copied faster one by one: 16 in 58 ns in place of 155 by a call, 64 in 136 in place of 99. */
const WORTH_A_CALL = 48;

/** A moment as `instant` takes it. */
export function instantOf(moment: Date): string {
  return `${moment.toISOString().slice(0, -1)}000Z`;
}

/**
 * Rows in COPY's binary format, written one field after the other: `row`, then as many fields as it says. PostgreSQL need
 * not look for the fields, nor read each number, timestamp and uuid: 200,000 artifacts took it 2.9 s of processor time in
 * place of 3.4 as text (three rounds, both ways in turn).
 */
export class BinaryRows {
  #bytes: Buffer;
  #at = 0;

  /** @param expected so many bytes there will be, more or less */
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafe(expected);
  }

  /** Begins a row. */
  row(fields: number): void {
    this.#room(2);
    this.#bytes[this.#at] = fields >> 8;
    this.#bytes[this.#at + 1] = fields;
    this.#at += 2;
  }

  null(): void {
    this.#room(4);
    this.#int32(NULL_LENGTH);
  }

  integer(value: number): void {
    this.#room(8);
    this.#int32(4);
    this.#int32(value);
  }

  boolean(value: boolean): void {
    this.#room(5);
    this.#int32(1);
    this.#byte(value ? 1 : 0);
  }

  /** A bigint. */
  bigint(value: bigint): void {
    this.#room(12);
    this.#int32(8);
    this.#at = this.#bytes.writeBigInt64BE(value, this.#at);
  }

  /** A bigint that a double holds exactly. */
  whole(value: number): void {
    this.#room(12);
    this.#int32(8);
    this.#int32(Math.floor(value / TWO_TO_THE_32ND));
    this.#int32(value % TWO_TO_THE_32ND);
  }

  /** A timestamptz, of a text like `2025-01-15T03:00:00.000000Z`. */
  instant(text: string): void {
    const milliseconds = Date.parse(`${text.slice(0, 19)}Z`) - EPOCH_MS;
    const microseconds = Number(text.slice(20, 26));
    const value = milliseconds * 1_000 + microseconds;
    if (Number.isSafeInteger(value)) this.whole(value);
    else this.bigint(BigInt(milliseconds) * 1_000n + BigInt(microseconds));
  }

  /** @param uuids one behind the other (uuidBytes), of which this is to be number `place`, from 0 on */
  uuid(uuids: Buffer, place: number): void {
    this.#room(4 + UUID_BYTES);
    this.#int32(UUID_BYTES);
    this.#copy(uuids, place * UUID_BYTES, (place + 1) * UUID_BYTES);
  }

  /** One of them, of a text as uuidBytes takes it. */
  uuidOf(text: string): void {
    this.uuid(uuidBytes([text]), 0);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#room(4 + length);
    this.#int32(length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  /** @param text of JSON */
  jsonb(text: string): void {
    const length = Buffer.byteLength(text);
    this.#room(5 + length);
    this.#int32(1 + length);
    this.#byte(JSONB_VERSION);
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** An open interval of two moments, each a text as for `instant`; null where it has no bound on that side. */
  openRange(after: string | null, before: string | null): void {
    const bounds = [after, before].flatMap((bound) => (bound === null ? [] : [bound]));
    this.#room(5);
    this.#int32(1 + bounds.length * 12);
    this.#byte((after === null ? NO_LOWER_BOUND : 0) | (before === null ? NO_UPPER_BOUND : 0));
    for (const bound of bounds) this.instant(bound);
  }

  /** A value that PostgreSQL takes as it stands, in the binary format of its type. */
  value(bytes: Buffer): void {
    this.beginValue(bytes.length);
    this.#room(bytes.length);
    this.#copy(bytes, 0, bytes.length);
  }

  /** The last field of what was written so far, whose bytes follow in a buffer of their own. */
  beginValue(length: number): void {
    this.#room(4);
    this.#int32(length);
  }

  /** Fields that were written before. */
  fields(written: Buffer): void {
    this.#room(written.length);
    this.#copy(written, 0, written.length);
  }

  /** All that was written. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  #byte(value: number): void {
    this.#bytes[this.#at] = value;
    this.#at += 1;
  }

  /** By hand: writeInt32BE checks its arguments, for each of millions. */
  #int32(value: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = value >> 24;
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
    this.#at = at + 4;
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    if (to - from >= WORTH_A_CALL) {
      this.#at += bytes.copy(this.#bytes, this.#at, from, to);
      return;
    }
    const own = this.#bytes;
    let at = this.#at;
    for (let read = from; read < to; read += 1) {
      own[at] = bytes[read] ?? 0;
      at += 1;
    }
    this.#at = at;
  }
}
