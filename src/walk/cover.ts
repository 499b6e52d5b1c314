import type { Instant } from '../catalog/timestamp.ts';
import type { PageSummary } from './page-summary.ts';

/** An open interval of created_at; null where it has no bound on that side. */
export interface Cover {
  readonly after: Instant | null;
  readonly before: Instant | null;
}

/** A closed interval of created_at that no page covers; null where it has no bound on that side. */
export interface Gap {
  readonly from: Instant | null;
  readonly to: Instant | null;
}

/**
 * What a page covers (design section 3): whatever has its place strictly between the first and the last created_at on it
 * and is not on it was not in the list when the page was read. The first page covers from the beginning of time, and one
 * that is short and says that none follows covers to its end. Null where it covers nothing: it is out of order, holds a
 * record that could be anything, or nothing that shows a place.
 */
export function coverOf(page: PageSummary): Cover | null {
  if (!page.ascending || page.blind > 0) return null;
  const isFirst = page.page === 1;
  const isEnd = !page.hasNext && page.items < page.limit;
  if (isFirst && isEnd) return { after: null, before: null };
  // An empty page shows where the list is not; where it ends, only its last item shows.
  if (page.first === null || page.last === null) return null;
  const cover = { after: isFirst ? null : page.first, before: isEnd ? null : page.last };
  const isEmpty = cover.after !== null && cover.before !== null && cover.after >= cover.before;
  return isEmpty ? null : cover;
}

/** Whether a place lies inside a cover. */
export function isCovered(place: Instant, cover: Cover): boolean {
  return (cover.after === null || cover.after < place) && (cover.before === null || place < cover.before);
}

/** What is left between the covers, from the beginning of time to its end, in order. */
export function gapsBetween(covers: readonly Cover[]): readonly Gap[] {
  const inOrder = [...covers].sort((a, b) => compareBounds(a.after, b.after));
  const gaps: Gap[] = [];
  /** Up to here, exclusive, all is covered; 'nothing' before the first cover. */
  let reached: Instant | 'nothing' = 'nothing';
  for (const { after, before } of inOrder) {
    if (reached === 'nothing') {
      if (after !== null) gaps.push({ from: null, to: after });
    } else if (after !== null && after >= reached) {
      gaps.push({ from: reached, to: after });
    }
    if (before === null) return gaps;
    if (reached === 'nothing' || before > reached) reached = before;
  }
  return [...gaps, { from: reached === 'nothing' ? null : reached, to: null }];
}

/** Whether two closed intervals share a place. */
export function doMeet(one: Gap, other: Gap): boolean {
  return startsWithin(one, other) && startsWithin(other, one);
}

function startsWithin(one: Gap, other: Gap): boolean {
  return one.from === null || other.to === null || one.from <= other.to;
}

/** The beginning of time comes first. */
function compareBounds(a: Instant | null, b: Instant | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
