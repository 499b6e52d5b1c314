import { type Instant, parseInstant } from '../../catalog/timestamp.ts';
import { scatter } from './random.ts';

/** One item of a moving list: one version of one named model. */
export interface MovingItem {
  /** Lower-case uuid; ids are in no order. */
  readonly id: string;
  /** `owner/model-12`. */
  readonly name: string;
  /** `1.0.0`; every successor of the same name counts on: `1.1.0`. */
  readonly version: string;
  readonly createdAt: Instant;
  readonly downloadCount: number;
}

/** An item and its place in the list. */
export interface Entry {
  /** 1 for the first item the list ever had; an item that comes back keeps it. */
  readonly number: number;
  readonly item: MovingItem;
  /** `item.createdAt` in microseconds since the list's beginning of time. */
  readonly at: number;
  /** What the server sorts by: first this ... */
  major: number;
  /** ... and where that is equal, this. */
  minor: number;
  /** The read before which it was listed last; 0 for the beginning. */
  listedSince: number;
}

const BEGINNING = Date.UTC(2024, 0, 1);
/** Four moments share a stretch of two minutes; the third follows the second by a single microsecond. */
const STRETCH = 120_000_000;

/**
 * The moment of that number in the series from which every list takes its own, in microseconds since 2024 began. Later
 * numbers are later moments.
 *
 * @param number a whole number from 0
 */
export function momentOf(number: number): number {
  const stretch = Math.floor(number / 4);
  const second = 1 + (scatter(stretch, 1) % (STRETCH / 2));
  const fourth = second + 2 + (scatter(stretch, 2) % (STRETCH / 2 - 2));
  return stretch * STRETCH + ([0, second, second + 1, fourth][number % 4] ?? 0);
}

/** Reading a timestamp is most of what it takes to make an item, and the lists share their series of moments. */
const known = new Map<number, Instant>();
const MOST_KNOWN = 100_000;

/** @param at microseconds since 2024 began, a whole number */
export function instantAt(at: number): Instant {
  const remembered = known.get(at);
  if (remembered !== undefined) return remembered;
  const milliseconds = new Date(BEGINNING + Math.floor(at / 1000)).toISOString().slice(0, 23);
  const instant = parseInstant(`${milliseconds}${String(at % 1000).padStart(3, '0')}Z`);
  if (instant === null)
    throw new RangeError(`${at} microseconds after 2024 began is no moment that a catalog can show`);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(at, instant);
  return instant;
}

/** The version that supersedes this one. */
export function nextVersion(version: string): string {
  return `1.${Number(version.split('.')[1]) + 1}.0`;
}

/**
 * A uuid (version 4 in form) that is the same for the same two and different for different ones.
 *
 * @param seed its lowest 32 bits count
 */
export function idOfItem(seed: number, number: number): string {
  const own = scatter(number, seed).toString(16).padStart(8, '0');
  const list = (seed >>> 0).toString(16).padStart(8, '0');
  return `${own}-${list.slice(0, 4)}-4${list.slice(4, 7)}-8${list.slice(7)}00-${number.toString(16).padStart(12, '0')}`;
}
