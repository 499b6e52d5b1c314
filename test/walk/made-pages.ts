import type { PageSummary } from '../../src/walk/page-summary.ts';
import type { Findings } from '../../src/walk/witnesses.ts';
import { instantOf } from './list-model.ts';

/** Items on a full made page; page n shows the seconds 10n-9 to 10n. */
const LIMIT = 10;

/** The summary of a full page in the middle of a list that is sorted and stands still, but for the changes. */
export function madePage(page: number, change: Partial<PageSummary> = {}): PageSummary {
  return {
    pass: 1,
    purpose: 'list',
    page,
    asked: 2 * page - 1,
    arrived: 2 * page,
    limit: LIMIT,
    total: 1_000,
    hasNext: true,
    items: LIMIT,
    nameless: 0,
    blind: 0,
    first: instantOf(LIMIT * (page - 1) + 1),
    last: instantOf(LIMIT * page),
    ascending: true,
    ids: `ids of page ${page}`,
    ...change,
  };
}

/** One reading of a list of so many items that is sorted and stands still, read from the left, but for the changes. */
export function madeReading(
  count: number,
  change: (page: PageSummary) => Partial<PageSummary> = () => ({}),
): readonly PageSummary[] {
  return Array.from({ length: Math.max(1, Math.ceil(count / LIMIT)) }, (_, index) => {
    const items = Math.min(LIMIT, count - index * LIMIT);
    const page = madePage(index + 1, {
      total: count,
      items,
      hasNext: (index + 1) * LIMIT < count,
      ...(items === 0 ? { first: null, last: null } : { last: instantOf(index * LIMIT + items) }),
    });
    return { ...page, ...change(page) };
  });
}

/** What is found of a list of so many items that is sorted and stands still, all of it listed, but for the changes. */
export function madeFindings(count: number, change: Partial<Findings> = {}): Findings {
  return {
    disorder: null,
    moved: false,
    distinctIds: count,
    unlisted: 0,
    unproved: 0,
    unprovedPlaces: [],
    seams: { count: Math.max(0, Math.ceil(count / LIMIT) - 1), fromTheRight: 0, readAgain: 0, covered: 0, open: 0 },
    tailIsKnown: false,
    givenUp: new Set(),
    failure: null,
    ...change,
  };
}
