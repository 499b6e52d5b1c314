import { compareEntries } from './cut-page.ts';
import type { Entry } from './moving-item.ts';

/** One thing that happened to the list. */
export interface Happening {
  /** The number of the read it came before, from 1. */
  readonly beforeRead: number;
  readonly what:
    | 'arrived'
    | 'removed'
    | 'superseded'
    /** Deleted, and created anew under another id, further on. */
    | 'recreated'
    /** Changed places with its neighbour. */
    | 'swapped'
    | 'flickered'
    | 'returned'
    | 'touched'
    | 'reordered';
  /** Whom it happened to; null where the whole list was reordered. */
  readonly id: string | null;
  /** The successor's id, the new one, or the neighbour's: only of `superseded`, `recreated` and `swapped`. */
  readonly other: string | null;
}

/** What is listed, in order, who was listed when, and all that happened: the truth that no reader of pages sees. */
export class Truth {
  /** The number of the read that is under way, or of the last one. */
  reads = 0;
  readonly #entries: Entry[];
  /** Who is not listed now but was, and before which read it went. */
  readonly #gone = new Map<string, number>();
  readonly #history: Happening[] = [];

  /** @param entries what is listed in the beginning, in any order */
  constructor(entries: readonly Entry[]) {
    this.#entries = [...entries].sort(compareEntries);
  }

  /** Ordered by `compareEntries` at all times. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get history(): readonly Happening[] {
    return this.#history;
  }

  list(entry: Entry, what: 'arrived' | 'returned'): void {
    entry.listedSince = this.reads;
    this.#gone.delete(entry.item.id);
    this.#insert(entry);
    this.#note(what, entry.item.id);
  }

  /** @param at the place of one that is listed */
  remove(at: number, what: Happening['what'], other: string | null = null): void {
    const [entry] = this.#entries.splice(at, 1);
    if (entry === undefined) throw new RangeError(`the list has no item at ${at} to remove`);
    this.#gone.set(entry.item.id, this.reads);
    this.#note(what, entry.item.id, other);
  }

  /** One that is listed gets another place. */
  touch(at: number, major: number): void {
    const [entry] = this.#entries.splice(at, 1);
    if (entry === undefined) throw new RangeError(`the list has no item at ${at} to touch`);
    entry.major = major;
    this.#insert(entry);
    this.#note('touched', entry.item.id);
  }

  /** Two neighbours of equal `major` change places. */
  swap(at: number, first: Entry, second: Entry): void {
    [first.minor, second.minor] = [second.minor, first.minor];
    [this.#entries[at], this.#entries[at + 1]] = [second, first];
    this.#note('swapped', first.item.id, second.item.id);
  }

  reorder(minorOf: (number: number) => number): void {
    for (const entry of this.#entries) entry.minor = minorOf(entry.number);
    this.#entries.sort(compareEntries);
    this.#note('reordered', null);
  }

  presentThroughout(since: number): readonly string[] {
    return this.#entries.filter(({ listedSince }) => listedSince <= since).map(({ item }) => item.id);
  }

  absentThroughout(ids: readonly string[], since: number): readonly string[] {
    const listed = new Set(this.#entries.map(({ item }) => item.id));
    return ids.filter((id) => !listed.has(id) && (this.#gone.get(id) ?? 0) <= since);
  }

  #insert(entry: Entry): void {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const half = (low + high) >>> 1;
      const other = this.#entries[half];
      if (other !== undefined && compareEntries(other, entry) <= 0) low = half + 1;
      else high = half;
    }
    this.#entries.splice(low, 0, entry);
  }

  #note(what: Happening['what'], id: string | null, other: string | null = null): void {
    this.#history.push({ beforeRead: this.reads, what, id, other });
  }
}
