/** In what order a server lists where it is asked for `sort_by=created_at`. `desc` is the same order from its end. */
export type ServerOrder =
  /** By created_at, ties in one fixed order. */
  | 'sorted'
  /** By created_at, but ties fall differently for every page and limit, and in the same way each time: PostgreSQL
   * without a second sort key. */
  | 'ties by page'
  /** In one fixed order that is not by created_at. */
  | 'unsorted'
  /** In another order at each read. */
  | 'shuffled'
  /** Pages are cut from one fixed order that is not by created_at; then each page is sorted on its own. */
  | 'sorted within pages'
  /** By a date that it does not show: the moment an item was last touched. */
  | 'by a hidden date';

/**
 * Of which moment `total` and `has_next` are, as against the items of the same answer: of the same; of the one before
 * the changes of this read, or of the one before that; or the items are of the moment before the changes of this read
 * and the totals of the one after. `any`: each answer takes one of these four by chance.
 */
export type TotalsMoment = 'same' | 'before' | 'late' | 'after' | 'any';

/**
 * How often something happens, per read: 1 is once before every read, 0.1 before one read in ten by chance, 1.5 once
 * or twice. Several things may happen before the same read; they happen in this order.
 */
export interface Rates {
  /** An item that flickers goes, and comes back under the same id, in the same place, one to four reads later. */
  readonly flicker?: number;
  /** Any item goes for good. */
  readonly remove?: number;
  /** A new version of a name arrives at the end and the version before goes, in one step. */
  readonly supersede?: number;
  /** Two neighbours change places: in place where they share their created_at (or the server does not sort), else by
   * deleting the first and creating it anew, under a new id, right behind the other. */
  readonly swap?: number;
  /** An item goes on one side of the seam between the page that is read and the one before it (of the first page: the
   * one behind it), and another arrives on the seam or at the end of the list: `total` stays as it is. */
  readonly seam?: number;
  /** An item is touched, and moves to the end of a list that is sorted by that hidden date. */
  readonly touch?: number;
  /** A new item arrives at the end. */
  readonly arrive?: number;
  /** A new item arrives in the middle, with a created_at between those of two neighbours, or that of one of them. */
  readonly arriveInMiddle?: number;
  /** The server finds a new order: for ties where it sorts, else for all. */
  readonly reorder?: number;
}

export interface Scenario {
  /** Lower case with hyphens: as `--scenario` takes it. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly sentence: string;
  readonly order: ServerOrder;
  /** How many neighbours share one created_at: a number, or a share of the whole list. */
  readonly tied: { readonly items: number } | { readonly share: number };
  readonly totals: TotalsMoment;
  readonly rates: Rates;
  /** How a server writes created_at: in UTC, or each item's with an offset of its own. */
  readonly written: 'UTC' | 'any offset';
  /**
   * Whether a mirror can prove the list once it stands still, by reading pages that hold the largest tie and a few
   * more, or by reading it all twice. Where not, a right mirror certifies no night unless one page holds the list.
   */
  readonly provable: boolean;
}

const NO_TIES = { items: 1 } as const;
const SORTED = { order: 'sorted', tied: NO_TIES, totals: 'same', written: 'UTC', provable: true } as const;
const BUSY: Rates = { remove: 0.1, arrive: 1 / 3, arriveInMiddle: 0.01 };

/** Every scenario, the gentle ones first. docs/adversary.md shows this table; a test compares the two. */
export const SCENARIOS = [
  { ...SORTED, name: 'quiet', sentence: 'The list is sorted and stands still.', rates: {} },
  {
    ...SORTED,
    name: 'busy',
    sentence:
      'One read in ten meets a removal, one in three an arrival at the end, one in a hundred one in the middle.',
    rates: BUSY,
  },
  {
    ...SORTED,
    name: 'wild',
    sentence: 'Before every read one item goes and one arrives at the end, so that total never changes.',
    rates: { remove: 1, arrive: 1 },
  },
  { ...SORTED, name: 'shrinking', sentence: 'Before every read one item goes; none arrives.', rates: { remove: 1 } },
  {
    ...SORTED,
    name: 'growing',
    sentence: 'Before every read one or two items arrive at the end; before one read in five one more in the middle.',
    rates: { arrive: 1.5, arriveInMiddle: 0.2 },
  },
  {
    ...SORTED,
    name: 'swapping',
    sentence:
      'Before every second read two neighbours change places: in place where they share their created_at, else one ' +
      'is deleted and created anew behind the other.',
    tied: { items: 2 },
    rates: { swap: 0.5 },
  },
  {
    ...SORTED,
    name: 'superseding',
    sentence:
      'Before every second read a new version of a name arrives at the end and the version before it goes, in one step.',
    rates: { supersede: 0.5 },
  },
  {
    ...SORTED,
    name: 'flickering',
    sentence: 'Before every second read an item goes, and comes back under the same id one to four reads later.',
    rates: { flicker: 0.5 },
  },
  {
    ...SORTED,
    name: 'seam',
    sentence:
      'Before every second read an item goes right at the seam before the page that is read, and another arrives on ' +
      'the seam or at the end: total never changes.',
    rates: { seam: 0.5 },
  },
  {
    ...SORTED,
    name: 'late-totals',
    sentence:
      'Before three reads in ten an item goes, before three one arrives, and total and has_next are now of the same ' +
      'moment as the items, now of one or two reads before, now of one after.',
    totals: 'any',
    rates: { remove: 0.3, arrive: 0.3, arriveInMiddle: 0.01 },
  },
  {
    ...SORTED,
    name: 'offsets',
    sentence:
      'Busy, and every created_at is written with an offset from UTC of its own: the order of the texts is not that of ' +
      'the moments.',
    written: 'any offset',
    rates: BUSY,
  },
  {
    ...SORTED,
    name: 'tied',
    sentence: 'Busy, and every three neighbours share one created_at; ties fall differently for every page and limit.',
    order: 'ties by page',
    tied: { items: 3 },
    rates: BUSY,
  },
  {
    ...SORTED,
    name: 'imported',
    sentence: 'Four items in ten share one created_at, more than a page holds; the server keeps them in one order.',
    tied: { share: 0.4 },
    rates: { remove: 0.05, arrive: 0.1 },
  },
  {
    ...SORTED,
    name: 'tied-over-pages',
    sentence:
      'Four items in ten share one created_at, more than a page holds, and fall differently for every page and limit, ' +
      'but in the same way each time: two passes are equal, and both miss the same items.',
    order: 'ties by page',
    tied: { share: 0.4 },
    rates: { remove: 0.05, arrive: 0.1 },
    provable: false,
  },
  {
    ...SORTED,
    name: 'unsorted',
    sentence: 'The server lists in one fixed order that is not by created_at; an item goes or arrives now and then.',
    order: 'unsorted',
    rates: { remove: 0.05, arrive: 0.05 },
  },
  {
    ...SORTED,
    name: 'reordering',
    sentence: 'As unsorted, and before one read in ten the server finds a new order for the whole list.',
    order: 'unsorted',
    rates: { reorder: 0.1, remove: 0.05, arrive: 0.05 },
  },
  {
    ...SORTED,
    name: 'shuffled',
    sentence: 'The server lists in another order at each read; the list itself stands still.',
    order: 'shuffled',
    rates: {},
    provable: false,
  },
  {
    ...SORTED,
    name: 'sorted-within-pages',
    sentence:
      'Pages are cut from an order that is not by created_at and each is sorted on its own; an item goes or arrives ' +
      'now and then.',
    order: 'sorted within pages',
    rates: { remove: 0.05, arrive: 0.05 },
  },
  {
    ...SORTED,
    name: 'hidden-order',
    sentence:
      'The server sorts by when an item was last touched and shows when it was created; before one read in ten an ' +
      'item is touched and moves to the end.',
    order: 'by a hidden date',
    rates: { touch: 0.1, remove: 0.05, arrive: 0.1 },
  },
] as const satisfies readonly Scenario[];

export type ScenarioName = (typeof SCENARIOS)[number]['name'];

/** The scenario of that name; undefined where there is none. */
export function scenarioByName(name: ScenarioName): Scenario;
export function scenarioByName(name: string): Scenario | undefined;
export function scenarioByName(name: string): Scenario | undefined {
  return SCENARIOS.find((one) => one.name === name);
}
