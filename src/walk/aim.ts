import type { Instant } from '../catalog/timestamp.ts';
import type { PageSummary } from './page-summary.ts';

/** A page to ask for. */
export interface Aim {
  readonly page: number;
  readonly limit: number;
}

/**
 * The page that has a rank of the list as far inside as can be, so that the place is still on it after the list moved a
 * little: pages begin at multiples of their limit, so another limit moves the seams.
 *
 * @param rank how many items stand before the place, 0 or more
 * @param maxLimit the most items the server puts on a page
 */
export function aimAt(rank: number, maxLimit: number): Aim {
  let best: Aim = { page: Math.floor(rank / maxLimit) + 1, limit: maxLimit };
  let bestMargin = marginOf(best, rank);
  for (let limit = maxLimit - 1; limit >= Math.max(1, Math.ceil(maxLimit / 2)); limit--) {
    const aim = { page: Math.floor(rank / limit) + 1, limit };
    const margin = marginOf(aim, rank);
    if (margin > bestMargin) [best, bestMargin] = [aim, margin];
  }
  return best;
}

/** How far the place may move before it leaves the page. Nothing stands before the first page. */
function marginOf({ page, limit }: Aim, rank: number): number {
  const left = page === 1 ? Number.POSITIVE_INFINITY : rank - (page - 1) * limit;
  return Math.min(left, page * limit - rank);
}

/** Where a place is looked for: the rank to aim at, and how the last look missed it. */
export interface Search {
  readonly rank: number;
  readonly step: number;
  readonly direction: 'left' | 'right' | null;
  readonly tries: number;
}

export function beginSearch(rank: number, maxLimit: number): Search {
  return { rank: Math.max(0, Math.round(rank)), step: Math.ceil(maxLimit / 2), direction: null, tries: 0 };
}

/**
 * Moves the aim towards a place that the page did not have inside. The step doubles as long as it goes the same way and
 * is halved where it turns, so that a place that runs away is caught up with, and a group of equal timestamps that just
 * fits on a page is centred.
 */
export function moveTowards(place: Instant, search: Search, page: PageSummary): Search {
  const isBehind = page.last === null || page.first === null || page.first >= place;
  const direction = isBehind ? 'left' : 'right';
  const turned = search.direction !== null && search.direction !== direction;
  const again = search.direction === direction;
  const step = turned ? Math.max(1, Math.floor(search.step / 2)) : again ? search.step * 2 : search.step;
  const begin = (page.page - 1) * page.limit;
  const end = Math.max(begin, begin + page.items);
  const edge = isBehind ? begin : end;
  // An empty page is behind the end of the list, which its total tells.
  const from = page.items === 0 ? Math.min(edge, page.total) : edge;
  const beyond = direction === search.direction ? step / 2 : 0;
  const target = turned ? search.rank + (isBehind ? -step : step) : from + (isBehind ? -1 - beyond : beyond);
  return { rank: Math.max(0, Math.round(target)), step, direction, tries: search.tries + 1 };
}

/** Whether all items of a full page share the place: what has more of one timestamp than fit cannot be witnessed. */
export function isTieWiderThanPage(place: Instant, page: PageSummary): boolean {
  const isFull = page.items === page.limit && page.items > 1;
  return isFull && page.first === place && page.last === place;
}
