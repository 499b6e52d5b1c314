import type { Instant } from '../catalog/timestamp.ts';

/**
 * What proves a run complete (design section 3).
 * - `one-read`: the list fits on its first page; that one answer is the whole list.
 * - `one-pass`: everything in scope was listed, so there is no absence to prove.
 * - `witnesses`: for every absence there is a page that covers its place.
 * - `two-passes`: two readings gave the same sequence of ids, no id twice, and every total is their number.
 */
export const PROVED_BY = ['one-read', 'one-pass', 'witnesses', 'two-passes'] as const;
export type ProvedBy = (typeof PROVED_BY)[number];

/** How a run came to its verdict, in figures: what `runs.proof` keeps and `runs show` tells. */
export interface Proof {
  /** Null where the run is not complete. */
  readonly by: ProvedBy | null;
  /** Why it is not complete, in a sentence; null where it is. */
  readonly reason: string | null;
  /** What would help, in a sentence; null where the run is complete. */
  readonly advice: string | null;
  /** The least and the most that `total` said. */
  readonly totals: { readonly least: number; readonly most: number };
  /** Whether the list was seen to change while it was read. */
  readonly moved: boolean;
  /** Why no page is a witness, in a sentence: the server does not sort as asked; null where it does. */
  readonly disorder: string | null;
  readonly seams: {
    readonly count: number;
    /** Those whose right page was read first: removals cannot hide anything there. */
    readonly fromTheRight: number;
    /** Of the others, those whose left page was read again behind the right one. */
    readonly readAgain: number;
    /** Of the others, those that a page covers. */
    readonly covered: number;
    /** Those that none of this holds for: sound only where the list stood still. */
    readonly open: number;
  };
  /** What pages were read beside the readings of the whole list, by purpose. */
  readonly extraReads: { readonly absences: number; readonly seams: number; readonly tail: number };
  /** Artifacts of the scope that no read listed. */
  readonly unlisted: number;
  /** Those of them that no page covers. */
  readonly unproved: number;
  /** Some of their places. */
  readonly unprovedPlaces: readonly Instant[];
}
