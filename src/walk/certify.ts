import type { PageSummary } from './page-summary.ts';

/** One reading of the whole list, and how many different ids its pages held. */
export interface Pass {
  /** By page number, from 1, without a hole. */
  readonly pages: readonly PageSummary[];
  readonly distinctIds: number;
}

/**
 * Whether a run is complete (design section 3).
 * - `one-read`: the list fits on its first page; that one answer is the whole list.
 * - `one-pass`: everything in scope was listed and the counts agree, so there is no absence to prove.
 * - `two-passes`: two readings gave the same sequence of ids, no id twice, and every total is their number.
 */
export type Verdict =
  | { readonly complete: true; readonly by: 'one-read' | 'one-pass' | 'two-passes' }
  | { readonly complete: false; readonly reason: string };

/**
 * Judges what has been read so far. Pure: every fact comes from the pages' summaries and the two counts.
 *
 * @param passes the readings of this run, oldest first; at least one
 * @param unlisted how many artifacts of the run's scope no reading of this run listed
 */
export function certify(passes: readonly Pass[], unlisted: number): Verdict {
  const last = passes.at(-1);
  if (last === undefined) return { complete: false, reason: 'nothing was read' };
  const blind = sum(last.pages, (page) => page.blind);
  if (unlisted > 0 && blind > 0) {
    return {
      complete: false,
      reason: `${blind} of the listed records show neither id nor created_at and could be any of the ${unlisted} that were not listed`,
    };
  }
  if (fitsOnFirstPage(last)) return { complete: true, by: 'one-read' };
  const doubt = whyNotWhole(last);
  if (unlisted === 0 && doubt === null) return { complete: true, by: 'one-pass' };
  const earlier = passes.at(-2);
  const disagreement = earlier === undefined ? 'the list was read once' : whyPassesProveNothing(earlier, last);
  if (disagreement === null) return { complete: true, by: 'two-passes' };
  return {
    complete: false,
    reason: [doubt ?? `${unlisted} artifacts in scope were not listed`, disagreement].join('; '),
  };
}

/** `has_next: false`, fewer items than its limit, as many as `total`, no id twice: proved by one read, in any order. */
function fitsOnFirstPage(pass: Pass): boolean {
  const [page] = pass.pages;
  return (
    page !== undefined &&
    pass.pages.length === 1 &&
    !page.hasNext &&
    page.items < page.limit &&
    page.items === page.total &&
    distinctItems(pass) === page.items
  );
}

/** Why a reading cannot be taken for the whole list on its own; null where it can. */
function whyNotWhole(pass: Pass): string | null {
  if (pass.pages.at(-1)?.hasNext ?? true) return 'the last page says that another follows';
  const totals = [...pass.pages].sort((a, b) => a.order - b.order).map((page) => page.total);
  const fall = totals.findIndex((total, index) => index > 0 && total < (totals[index - 1] ?? total));
  if (fall > 0) return `total fell from ${totals[fall - 1]} to ${totals[fall]} while the list was read`;
  const least = totals[0] ?? 0;
  const most = totals.at(-1) ?? 0;
  const distinct = distinctItems(pass);
  if (least === most) {
    return distinct === most ? null : `${distinct} different artifacts were listed where total says ${most}`;
  }
  // The list grew while it was read: only a sorted one is known to grow at its end, where nothing else moves.
  if (!ascends(pass.pages)) return 'the list grew while it was read, and the server does not sort it by created_at';
  if (distinct < least || distinct > most) {
    return `${distinct} different artifacts were listed where total says ${least} to ${most}`;
  }
  return null;
}

/** Why two readings prove nothing together; null where they prove the list. */
function whyPassesProveNothing(earlier: Pass, later: Pass): string | null {
  const sameSequence =
    earlier.pages.length === later.pages.length &&
    earlier.pages.every((page, index) => {
      const other = later.pages[index];
      return other !== undefined && page.ids === other.ids && page.items === other.items && page.limit === other.limit;
    });
  if (!sameSequence) return 'two readings one after the other gave different lists';
  const distinct = distinctItems(later);
  if (distinct !== sum(later.pages, (page) => page.items)) return 'an artifact was listed twice in one reading';
  const odd = [...earlier.pages, ...later.pages].find((page) => page.total !== distinct);
  if (odd !== undefined)
    return `page ${odd.page} says total ${odd.total} where ${distinct} different artifacts were listed`;
  return null;
}

/** Items without an id cannot be told apart: each counts as one of its own. */
function distinctItems(pass: Pass): number {
  return pass.distinctIds + sum(pass.pages, (page) => page.nameless + page.blind);
}

function ascends(pages: readonly PageSummary[]): boolean {
  const filled = pages.filter((page) => page.items > 0);
  return filled.every((page, index) => {
    const before = filled[index - 1]?.last;
    return page.ascending && (before == null || page.first == null || before <= page.first);
  });
}

function sum(pages: readonly PageSummary[], figure: (page: PageSummary) => number): number {
  return pages.reduce((total, page) => total + figure(page), 0);
}
