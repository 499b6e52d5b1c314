import type { PageSummary } from './page-summary.ts';
import type { ProvedBy } from './proof.ts';
import type { Findings } from './witnesses.ts';

/** One reading of the whole list, and how many different ids its pages held. */
export interface Pass {
  /** By page number, from 1, without a hole. */
  readonly pages: readonly PageSummary[];
  readonly distinctIds: number;
}

/** Whether a run is complete (design section 3), and by what. */
export type Verdict =
  | { readonly complete: true; readonly by: ProvedBy }
  | {
      readonly complete: false;
      readonly reason: string;
      readonly advice: string;
      /** Whether another reading of the whole list could prove it. */
      readonly mayBeProvedByReadingAgain: boolean;
    };

/**
 * Whether the list is proved by one read, in any order: `has_next: false`, fewer items than its limit, as many as `total`,
 * no id twice. A record that shows neither id nor created_at could be any artifact that was not listed.
 */
export function isProvedByOneRead(pass: Pass, unlisted: number): boolean {
  const [page] = pass.pages;
  return (
    page !== undefined &&
    pass.pages.length === 1 &&
    !page.hasNext &&
    page.items < page.limit &&
    page.items === page.total &&
    distinctItems(pass) === page.items &&
    (page.blind === 0 || unlisted === 0)
  );
}

/**
 * Judges what was read. Pure: every fact comes from the pages' summaries, the counts and the findings.
 *
 * @param passes the readings of this run, oldest first; at least one
 * @param findings what the last of them and the extra reads show together
 */
export function certify(passes: readonly Pass[], findings: Findings): Verdict {
  const last = passes.at(-1);
  if (last === undefined) return incomplete('nothing was read', 'Run it again.', true);
  if (isProvedByOneRead(last, findings.unlisted)) return { complete: true, by: 'one-read' };
  const doubt = whyNotWhole(last, findings) ?? whyNotProved(findings);
  if (doubt === null) return { complete: true, by: findings.unlisted === 0 ? 'one-pass' : 'witnesses' };
  const earlier = passes.at(-2);
  const disagreement = earlier === undefined ? null : whyPassesProveNothing(earlier, last, findings.unlisted);
  if (earlier !== undefined && disagreement === null) return { complete: true, by: 'two-passes' };
  const reason = disagreement === null ? doubt.reason : `${doubt.reason}; ${disagreement}`;
  return incomplete(reason, doubt.advice, doubt.mayBeProvedByReadingAgain);
}

interface Doubt {
  readonly reason: string;
  readonly advice: string;
  readonly mayBeProvedByReadingAgain: boolean;
}

const QUIETER = 'Mirror it at an hour when the list moves less (MIRROR_CRON)';
const UNSORTED_ADVICE = `${QUIETER}: where the server does not sort, only two equal readings of a list that stands still prove it.`;

/** Why the reading and its extra reads cannot be taken for the whole list; null where they can. */
function whyNotWhole(pass: Pass, findings: Findings): Doubt | null {
  if (pass.pages.at(-1)?.hasNext ?? true) {
    return {
      reason: 'the last page says that another follows',
      advice: 'Tell the people who run the catalog: its last page is full of promises.',
      mayBeProvedByReadingAgain: true,
    };
  }
  if (findings.moved) {
    if (findings.disorder !== null) {
      return {
        reason: `the list changed while it was read, and ${findings.disorder}`,
        advice: UNSORTED_ADVICE,
        mayBeProvedByReadingAgain: true,
      };
    }
    const { open } = findings.seams;
    if (open > 0) {
      return doubtOfSearch(
        `the list changed while it was read, and ${open === 1 ? 'one seam between two pages is' : `${open} seams between pages are`} covered by no page`,
        findings,
      );
    }
    return null;
  }
  const total = pass.pages[0]?.total ?? 0;
  const listed = findings.distinctIds + sum(pass.pages, (page) => page.nameless + page.blind);
  if (listed !== total) {
    const counts = `${listed} different artifacts were listed where total says ${total}`;
    if (findings.disorder !== null) {
      return {
        reason: `${counts}, and ${findings.disorder}`,
        advice: UNSORTED_ADVICE,
        mayBeProvedByReadingAgain: true,
      };
    }
    return {
      reason: counts,
      advice:
        'Look at the list with `catalog-mirror list`: a server that counts or orders otherwise than it lists is proved by ' +
        'two equal readings alone.',
      mayBeProvedByReadingAgain: true,
    };
  }
  return null;
}

/** Why not every artifact of the scope is listed or proved absent; null where it is. */
function whyNotProved(findings: Findings): Doubt | null {
  const { unlisted, unproved, disorder } = findings;
  if (unlisted === 0) return null;
  if (disorder !== null) {
    return {
      reason: `${artifacts(unlisted)} not listed, and no page can be a witness: ${disorder}`,
      advice: UNSORTED_ADVICE,
      mayBeProvedByReadingAgain: true,
    };
  }
  if (unproved > 0) {
    return doubtOfSearch(`${artifacts(unproved)} not listed, and no page covers the place`, findings);
  }
  if (!findings.tailIsKnown) return doubtOfSearch('the end of the list could not be read once more', findings);
  return null;
}

/** What stopped the search for a page, and what would help. */
function doubtOfSearch(what: string, { givenUp, failure, moved }: Findings): Doubt {
  if (failure !== null) {
    return {
      reason: `${what}: ${failure.failure.message}`,
      advice: failure.failure.hint,
      mayBeProvedByReadingAgain: true,
    };
  }
  if (givenUp.has('tied')) {
    return {
      reason: `${what}: more items than fit on a page share one created_at`,
      advice: 'Set MIRROR_PAGE_SIZE to the most that the catalog allows, so that more of one moment fit on a page.',
      mayBeProvedByReadingAgain: true,
    };
  }
  if (givenUp.has('no more reads')) {
    return {
      reason: `${what}: the run's extra reads were used up`,
      advice: `${QUIETER}, or allow more extra reads (MIRROR_MAX_EXTRA_READS).`,
      mayBeProvedByReadingAgain: !moved,
    };
  }
  if (moved) {
    return {
      reason: `${what}: the list moved on before each look`,
      advice: `${QUIETER}, or allow more looks for one place (MIRROR_MAX_LOOKS).`,
      mayBeProvedByReadingAgain: false,
    };
  }
  return {
    reason: `${what}: no page that was asked for has it inside`,
    advice:
      'Look at the dead letters: a record that shows neither id nor created_at hides what is around it. ' +
      'Set MIRROR_PAGE_SIZE to the most that the catalog allows.',
    mayBeProvedByReadingAgain: true,
  };
}

/** Why two readings prove nothing together; null where they prove the list. */
function whyPassesProveNothing(earlier: Pass, later: Pass, unlisted: number): string | null {
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
  if (odd !== undefined) {
    return `page ${odd.page} says total ${odd.total} where ${distinct} different artifacts were listed`;
  }
  const blind = sum(later.pages, (page) => page.blind);
  if (unlisted > 0 && blind > 0) {
    return `${blind} of the listed records show neither id nor created_at and could be any of the ${unlisted} that were not listed`;
  }
  return null;
}

function incomplete(reason: string, advice: string, mayBeProvedByReadingAgain: boolean): Verdict {
  return { complete: false, reason, advice, mayBeProvedByReadingAgain };
}

/** Items without an id cannot be told apart: each counts as one of its own. */
function distinctItems(pass: Pass): number {
  return pass.distinctIds + sum(pass.pages, (page) => page.nameless + page.blind);
}

function artifacts(count: number): string {
  return count === 1 ? 'one artifact was' : `${count} artifacts were`;
}

function sum(pages: readonly PageSummary[], figure: (page: PageSummary) => number): number {
  return pages.reduce((total, page) => total + figure(page), 0);
}
