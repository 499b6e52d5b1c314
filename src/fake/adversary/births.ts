import { type Entry, idOfItem, instantAt, momentOf } from './moving-item.ts';
import { type Random, scatter } from './random.ts';
import type { Scenario } from './scenarios.ts';

/** A list's first moment is one of so many. */
const BEGINNINGS = 4_096;

/** Makes the items of one list: gives every one its number, its created_at and its place. */
export class Births {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #random: Random;
  readonly #owner: string;
  readonly #tieSize: number;
  /** How many items were given the latest created_at. */
  #tied = 0;
  /** The number of the latest moment that was given to anything. */
  #latest: number;
  #born = 0;
  #epoch = 0;

  /** @param size how many items the list begins with: a tie may be a share of it */
  constructor(scenario: Scenario, seed: number, random: Random, owner: string, size: number) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#random = random;
    this.#owner = owner;
    this.#latest = random.below(BEGINNINGS);
    this.#tieSize = 'items' in scenario.tied ? scenario.tied.items : Math.max(1, Math.ceil(size * scenario.tied.share));
  }

  /** The created_at of who arrives at the end: later than all before, or the same as long as the tie is not full. */
  nextMoment(): number {
    if (this.#tied === 0 || this.#tied >= this.#tieSize) {
      this.#tied = 0;
      this.#latest += 1;
    }
    this.#tied += 1;
    return momentOf(this.#latest);
  }

  /**
   * A new item under a new id.
   *
   * @param at its created_at, in microseconds
   * @param as the name and version it continues; without it, the first version of a new name
   */
  create(at: number, as?: { readonly name: string; readonly version: string }): Entry {
    this.#born += 1;
    const number = this.#born;
    const item = {
      id: idOfItem(this.#seed, number),
      name: as?.name ?? `${this.#owner}/model-${number}`,
      version: as?.version ?? '1.0.0',
      createdAt: instantAt(at),
      downloadCount: this.#random.below(100_000),
    };
    return { number, item, at, major: this.#majorOf(at), minor: this.minorOf(number), listedSince: 0 };
  }

  /** The item was touched at some moment from its creation to now: where a server that sorts by that puts it. */
  touchedAt(entry: Entry): number {
    return entry.at + this.#random.below(momentOf(this.#latest) - entry.at + 1);
  }

  /** Where an entry of that number stands among its equals, as long as the server keeps its order. */
  minorOf(number: number): number {
    return scatter(number, this.#seed + this.#epoch);
  }

  /** From now on `minorOf` tells another order. */
  newOrder(): void {
    this.#epoch += 1;
  }

  #majorOf(at: number): number {
    const { order } = this.#scenario;
    return order === 'unsorted' || order === 'shuffled' || order === 'sorted within pages' ? 0 : at;
  }
}
