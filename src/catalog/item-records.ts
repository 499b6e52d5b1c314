import * as record from './record-words.ts';
import { type Instant, microsecondsOf, parseInstant, usualInstant } from './timestamp.ts';

const UUID_LONG = 36;
const TWO_TO_THE_32ND = 2 ** 32;

/** What was recorded of the items of an answer. Each begins at a word of its own, the first one at 0. */
export class ItemRecords {
  /** See record-words.ts. */
  readonly words: Uint32Array;

  constructor(words: Uint32Array) {
    this.words = words;
  }

  /** Where the next item begins. */
  after(item: number): number {
    return item + record.WORDS + this.#word(item, record.EXTRAS) * record.WORDS_OF_EXTRA;
  }

  start(item: number): number {
    return this.#word(item, record.START);
  }

  end(item: number): number {
    return this.#word(item, record.END);
  }

  /** Lower case. */
  id(item: number, bytes: Buffer): string {
    const from = this.#word(item, record.ID);
    return bytes.toString('latin1', from, from + UUID_LONG);
  }

  /** Null where it is none. One that is written in another way than usual is recorded besides. */
  createdAt(item: number, bytes: Buffer): Instant | null {
    const text = bytes.toString('latin1', this.#word(item, record.CREATED_AT), this.#word(item, record.CREATED_AT_END));
    if (this.#word(item, record.IS_USUAL_INSTANT) === 1) return usualInstant(text);
    const instant = parseInstant(text);
    if (instant === null) return null;
    const microseconds = microsecondsOf(instant);
    this.words[item + record.MICROSECONDS] = Number(BigInt.asUintN(32, microseconds));
    this.words[item + record.MICROSECONDS + 1] = Number(BigInt.asUintN(32, microseconds >> 32n));
    return instant;
  }

  isPlain(item: number): boolean {
    return this.#word(item, record.IS_PLAIN) === 1;
  }

  /** Of a plain item. */
  name(item: number, bytes: Buffer): string {
    return bytes.toString('utf8', this.#word(item, record.NAME), this.#word(item, record.NAME + 1));
  }

  /** Of a plain item. */
  downloadCount(item: number): number {
    return this.#word(item, record.DOWNLOAD_COUNT) + this.#word(item, record.DOWNLOAD_COUNT + 1) * TWO_TO_THE_32ND;
  }

  #word(item: number, word: number): number {
    return this.words[item + word] ?? 0;
  }
}
