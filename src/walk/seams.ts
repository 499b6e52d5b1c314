import type { Instant } from '../catalog/timestamp.ts';
import type { Gap } from './cover.ts';
import { isOlder, type PageSummary } from './page-summary.ts';

/** Where two neighbouring pages of one reading meet. */
export interface Seam {
  readonly left: PageSummary;
  readonly right: PageSummary;
}

/** The seams of one reading, in page order; empty pages have none. */
export function seamsOf(pages: readonly PageSummary[]): readonly Seam[] {
  const filled = pages.filter((page) => page.items > 0);
  return filled.slice(1).flatMap((right, index) => {
    const left = filled[index];
    return left === undefined ? [] : [{ left, right }];
  });
}

/**
 * Whether removals cannot have hidden anything at this seam. Offset pages lose an item where the list moves left between
 * the reads of two neighbours, but only if the left one is read first: where the right one is surely older and the left
 * one is full, every item that was before the seam then is before it now, however many were removed in the meantime.
 * What is left open is an arrival in the middle of the list between the two reads (docs/proof.md).
 */
export function isReadFromTheRight({ left, right }: Seam): boolean {
  return isOlder(right, left) && isFull(left) && right.page === left.page + 1;
}

/**
 * Whether an answer is the left page of this seam, read again behind the right one. It makes the seam sound where it has
 * an item in common with the first answer: whatever slipped over the seam stands behind that item, and so on this page.
 */
export function isLeftAgain({ left, right }: Seam, read: PageSummary): boolean {
  const isSamePlace = read.page === left.page && read.limit === left.limit && right.page === left.page + 1;
  return isSamePlace && isFull(read) && isFull(left) && isOlder(right, read);
}

function isFull(page: PageSummary): boolean {
  return page.items === page.limit;
}

/** The places that neither of the two pages covers on its own. */
export function placesAt({ left, right }: Seam): Gap {
  return { from: left.last, to: right.first };
}

/** Whether the right page begins before the left one ends: the list moved between them, or the server does not sort. */
export function isOutOfOrder({ left, right }: Seam): boolean {
  return left.last !== null && right.first !== null && left.last > right.first;
}

/** The stretch of the list that two answers both show, its ends included; null where they have none in common. */
export function commonStretch(one: PageSummary, other: PageSummary): { from: Instant; to: Instant } | null {
  if (one.first === null || one.last === null || other.first === null || other.last === null) return null;
  const from = one.first > other.first ? one.first : other.first;
  const to = one.last < other.last ? one.last : other.last;
  return from <= to ? { from, to } : null;
}

/** How two answers agree about the stretch that both show. */
export interface Overlap {
  /** Ids that both show, the ends of the stretch included. */
  readonly shared: number;
  /** Ids strictly inside the stretch that only one of them shows. Its ends may be shared by items that stand outside. */
  readonly apart: number;
}

/**
 * Whether two neighbours out of order are the same list a little later: where it moved between the two reads, both show
 * mostly the same items in the stretch that they have in common; where the server does not sort, they show different ones.
 */
export function isExplainedByMoving({ shared, apart }: Overlap): boolean {
  return shared > 0 && apart <= shared;
}
