import { Births } from './births.ts';
import { cutPage } from './cut-page.ts';
import { Mover } from './mover.ts';
import type { MovingItem } from './moving-item.ts';
import { mulberry32, type Random, scatter } from './random.ts';
import type { Scenario, TotalsMoment } from './scenarios.ts';
import { type Happening, Truth } from './truth.ts';

/** What one read answers: the contract's envelope, as far as a list decides it. */
export interface MovingAnswer {
  readonly items: readonly MovingItem[];
  readonly page: number;
  /** As answered: clamped to the list's `maxLimit`. */
  readonly limit: number;
  readonly total: number;
  readonly hasNext: boolean;
}

export interface MovingListOptions {
  /** How many items the list begins with; default `DEFAULT_SIZE`. */
  readonly size?: number;
  /** The most items on a page; default 200, the contract's. */
  readonly maxLimit?: number;
  /** What stands before the slash of every name; default `acme`. */
  readonly owner?: string;
}

/** How a read wants the list: by created_at as the scenario's server sorts it, or arranged by a function. */
export type Arrangement = 'asc' | 'desc' | ((items: readonly MovingItem[]) => readonly MovingItem[]);

/** As many items as 60 pages of 20, or 6 of 200. */
export const DEFAULT_SIZE = 1_200;
const DEFAULT_MAX_LIMIT = 200;
/** The share of items that were touched before the first read, where a server sorts by that. */
const TOUCHED = 1 / 3;
const MOMENTS = ['same', 'before', 'late', 'after'] as const satisfies readonly TotalsMoment[];

/**
 * A list that changes while it is read, as its scenario says, and remembers the truth. Nothing but its own reads moves
 * it: there is no clock and no I/O. The same scenario, seed and options give the same answers to the same sequence of
 * reads.
 */
export class MovingList {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly #maxLimit: number;
  readonly #random: Random;
  readonly #truth: Truth;
  readonly #mover: Mover;
  #resting = false;
  /** The list's length before the changes of the last read. */
  #lengthBefore: number;

  /**
   * @param seed a whole number; its lowest 32 bits count
   * @throws RangeError where the size is no whole number from 0, or the largest limit none from 1
   */
  constructor(scenario: Scenario, seed: number, options: MovingListOptions = {}) {
    const { size = DEFAULT_SIZE, maxLimit = DEFAULT_MAX_LIMIT, owner = 'acme' } = options;
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError(`a list begins with 0 or more items, not ${size}`);
    if (!Number.isSafeInteger(maxLimit) || maxLimit < 1)
      throw new RangeError(`a page holds 1 or more, not ${maxLimit}`);
    this.scenario = scenario;
    this.seed = seed;
    this.#maxLimit = maxLimit;
    this.#random = mulberry32(seed);
    const births = new Births(scenario, seed, this.#random, owner, size);
    const entries = Array.from({ length: size }, () => births.create(births.nextMoment()));
    if (scenario.order === 'by a hidden date') {
      for (const entry of entries) if (this.#random.chance(TOUCHED)) entry.major = births.touchedAt(entry);
    }
    this.#truth = new Truth(entries);
    this.#mover = new Mover(scenario.rates, this.#truth, births, this.#random);
    this.#lengthBefore = size;
  }

  /** How many reads there were. */
  get reads(): number {
    return this.#truth.reads;
  }

  get resting(): boolean {
    return this.#resting;
  }

  /**
   * One read: the scenario's changes happen, then the answer is cut.
   *
   * @param page from 1
   * @param limit from 1; clamped to the most that a page holds
   * @param arrangement default `asc`
   */
  read(page: number, limit: number, arrangement: Arrangement = 'asc'): MovingAnswer {
    this.#truth.reads += 1;
    const size = Math.min(limit, this.#maxLimit);
    const moment = this.#momentOfTotals();
    const before = this.#truth.entries.length;
    const early = moment === 'after' ? this.#cut(page, size, arrangement) : null;
    if (!this.#resting) this.#mover.move(page, size);
    const after = this.#truth.entries.length;
    const total = { same: after, before, late: this.#lengthBefore, after }[moment];
    this.#lengthBefore = before;
    const items = early ?? this.#cut(page, size, arrangement);
    return { items, page, limit: size, total, hasNext: page * size < total };
  }

  /** From now on it stands still: what flickers stays away, and totals are of the same moment as the items. */
  rest(): void {
    this.#resting = true;
  }

  /** From now on it moves again. */
  move(): void {
    this.#resting = false;
  }

  /** What is listed now, in the server's order where it has one. */
  items(): readonly MovingItem[] {
    return this.#truth.entries.map(({ item }) => item);
  }

  /**
   * The ids that were listed at every moment since then.
   *
   * @param since a number of reads, as `reads` was at that moment; 0 for the beginning
   */
  presentThroughout(since: number): readonly string[] {
    return this.#truth.presentThroughout(since);
  }

  /**
   * Those of `ids` that were listed at no moment since then; an id that this list never had was listed at none.
   *
   * @param since as for `presentThroughout`
   */
  absentThroughout(ids: readonly string[], since: number): readonly string[] {
    return this.#truth.absentThroughout(ids, since);
  }

  /** All that happened, oldest first. */
  history(): readonly Happening[] {
    return this.#truth.history;
  }

  #momentOfTotals(): Exclude<TotalsMoment, 'any'> {
    const { totals } = this.scenario;
    if (this.#resting) return 'same';
    return totals === 'any' ? (MOMENTS[this.#random.below(MOMENTS.length)] ?? 'same') : totals;
  }

  #cut(page: number, limit: number, arrangement: Arrangement): readonly MovingItem[] {
    if (typeof arrangement === 'function') {
      return arrangement(this.items()).slice((page - 1) * limit, page * limit);
    }
    const cut = { page, limit, direction: arrangement, read: scatter(this.reads, this.seed) };
    return cutPage(this.#truth.entries, this.scenario.order, cut).map(({ item }) => item);
  }
}
