import type { Births } from './births.ts';
import { type Entry, nextVersion } from './moving-item.ts';
import type { Random } from './random.ts';
import type { Rates } from './scenarios.ts';
import type { Truth } from './truth.ts';

/** One that flickers comes back at most so many reads later. */
const LONGEST_FLICKER = 4;

/** Everything that can happen, in the order in which it happens before one read. */
const KINDS: readonly (keyof Rates)[] = [
  'flicker',
  'remove',
  'supersede',
  'swap',
  'seam',
  'touch',
  'arrive',
  'arriveInMiddle',
  'reorder',
];

/** Moves a list, as often as the rates of its scenario say. */
export class Mover {
  readonly #rates: Rates;
  readonly #truth: Truth;
  readonly #births: Births;
  readonly #random: Random;
  /** Those that flicker, and the number of the read before which each comes back. */
  #away: readonly { readonly entry: Entry; readonly back: number }[] = [];

  constructor(rates: Rates, truth: Truth, births: Births, random: Random) {
    this.#rates = rates;
    this.#truth = truth;
    this.#births = births;
    this.#random = random;
  }

  /** What happens before the read of this page. */
  move(page: number, limit: number): void {
    this.#bringBack();
    for (const kind of KINDS) {
      const rate = this.#rates[kind];
      if (rate === undefined) continue;
      const whole = Math.floor(rate);
      const times = whole + Number(whole < rate && this.#random.chance(rate - whole));
      for (let time = 0; time < times; time++) this.#happen(kind, page, limit);
    }
  }

  #happen(kind: keyof Rates, page: number, limit: number): void {
    const { entries } = this.#truth;
    switch (kind) {
      case 'arrive':
        this.#arrive(this.#births.nextMoment());
        break;
      case 'arriveInMiddle':
        this.#arriveBefore(this.#random.below(entries.length));
        break;
      case 'reorder':
        this.#births.newOrder();
        this.#truth.reorder((number) => this.#births.minorOf(number));
        break;
      case 'swap':
        this.#swap(this.#random.below(Math.max(0, entries.length - 1)));
        break;
      case 'seam':
        this.#changeSeam(page === 1 ? limit : (page - 1) * limit);
        break;
      default:
        this.#happenTo(kind, this.#random.below(entries.length));
    }
  }

  #happenTo(kind: 'flicker' | 'remove' | 'supersede' | 'touch', at: number): void {
    const entry = this.#truth.entries[at];
    if (entry === undefined) return;
    switch (kind) {
      case 'remove':
        this.#truth.remove(at, 'removed');
        break;
      case 'flicker': {
        const back = this.#truth.reads + 1 + this.#random.below(LONGEST_FLICKER);
        this.#truth.remove(at, 'flickered');
        this.#away = [...this.#away, { entry, back }];
        break;
      }
      case 'supersede': {
        const { name, version } = entry.item;
        const successor = this.#births.create(this.#births.nextMoment(), {
          name,
          version: nextVersion(version),
        });
        this.#truth.remove(at, 'superseded', successor.item.id);
        this.#truth.list(successor, 'arrived');
        break;
      }
      case 'touch':
        this.#truth.touch(at, this.#births.nextMoment());
    }
  }

  #bringBack(): void {
    if (this.#away.length === 0) return;
    const due = this.#away.filter(({ back }) => back <= this.#truth.reads);
    this.#away = this.#away.filter(({ back }) => back > this.#truth.reads);
    for (const { entry } of due) {
      entry.minor = this.#births.minorOf(entry.number);
      this.#truth.list(entry, 'returned');
    }
  }

  /** @param at the place of the first of the two */
  #swap(at: number): void {
    const [first, second, third] = this.#truth.entries.slice(at, at + 3);
    if (first === undefined || second === undefined) return;
    if (first.major === second.major) {
      this.#truth.swap(at, first, second);
      return;
    }
    const moment = third === undefined ? this.#births.nextMoment() : middle(second.at, third.at);
    const again = this.#births.create(moment, first.item);
    this.#truth.remove(at, 'recreated', again.item.id);
    this.#truth.list(again, 'arrived');
  }

  /** @param seam the place of the first item behind the seam; where the list ends before it, its middle is taken */
  #changeSeam(seam: number): void {
    const { length } = this.#truth.entries;
    if (length < 2) return;
    const behind = seam < length ? seam : Math.floor(length / 2);
    this.#truth.remove(this.#random.chance(0.5) ? behind : behind - 1, 'removed');
    if (this.#random.chance(0.5)) this.#arrive(this.#births.nextMoment());
    else this.#arriveBefore(Math.min(behind, length - 2));
  }

  #arrive(moment: number): void {
    this.#truth.list(this.#births.create(moment), 'arrived');
  }

  /** A new item between the one that stands at this place and the one before it. */
  #arriveBefore(at: number): void {
    const next = this.#truth.entries[at];
    const previous = this.#truth.entries[at - 1];
    if (next === undefined) this.#arrive(this.#births.nextMoment());
    else this.#arrive(previous === undefined ? next.at : middle(previous.at, next.at));
  }
}

function middle(a: number, b: number): number {
  return Math.floor((a + b) / 2);
}
