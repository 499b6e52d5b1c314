import * as record from './record-words.ts';
import { type Instant, microsecondsOf, parseInstant, usualInstant } from './timestamp.ts';

const TWO_TO_THE_32ND = 2 ** 32;

/** What was recorded of the items of an answer, by their places in the list, from 0 on. */
export class ItemRecords {
  /** See record-words.ts. */
  readonly words: Uint32Array;
  /** The first word of each item. */
  readonly starts: Uint32Array;

  constructor(words: Uint32Array, count: number) {
    this.words = words;
    this.starts = new Uint32Array(count);
    let start = 0;
    for (let place = 0; place < count; place += 1) {
      this.starts[place] = start;
      start += record.WORDS + (words[start + record.EXTRAS] ?? 0) * record.WORDS_OF_EXTRA;
    }
  }

  get count(): number {
    return this.starts.length;
  }

  start(place: number): number {
    return this.#word(place, record.START);
  }

  end(place: number): number {
    return this.#word(place, record.END);
  }

  /** Null where it is none. */
  createdAt(place: number, bytes: Buffer): Instant | null {
    const from = this.#word(place, record.CREATED_AT);
    const text = bytes.toString('latin1', from, this.#word(place, record.CREATED_AT_END));
    return this.#word(place, record.IS_USUAL_INSTANT) === 1 ? usualInstant(text) : parseInstant(text);
  }

  /**
   * Reads all created_at and records those that are not written as usual, as the others are: before it, what these items
   * list cannot be written.
   *
   * @returns null where one is none
   */
  recordInstants(bytes: Buffer): readonly Instant[] | null {
    const instants: Instant[] = [];
    for (let place = 0; place < this.count; place += 1) {
      const instant = this.createdAt(place, bytes);
      if (instant === null) return null;
      instants.push(instant);
      const microseconds = microsecondsOf(instant);
      const at = (this.starts[place] ?? 0) + record.MICROSECONDS;
      this.words[at] = Number(BigInt.asUintN(32, microseconds));
      this.words[at + 1] = Number(BigInt.asUintN(32, microseconds >> 32n));
    }
    return instants;
  }

  isPlain(place: number): boolean {
    return this.#word(place, record.IS_PLAIN) === 1;
  }

  /** Of a plain item. */
  name(place: number, bytes: Buffer): string {
    return bytes.toString('utf8', this.#word(place, record.NAME), this.#word(place, record.NAME + 1));
  }

  /** Of a plain item. */
  downloadCount(place: number): number {
    return this.#word(place, record.DOWNLOAD_COUNT) + this.#word(place, record.DOWNLOAD_COUNT + 1) * TWO_TO_THE_32ND;
  }

  #word(place: number, word: number): number {
    const start = this.starts[place];
    if (start === undefined) throw new RangeError(`the page has no item ${place}`);
    return this.words[start + word] ?? 0;
  }
}
