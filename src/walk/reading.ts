import { Failure } from '../catalog/failure.ts';
import type { PageSummary } from './page-summary.ts';
import type { WalkOptions, WalkPorts } from './ports.ts';
import type { Recorder } from './recorder.ts';

export interface PageFailure {
  readonly page: number;
  readonly failure: Failure;
}

/** One reading of the whole list, once it is over. */
export interface Reading {
  /** In page order. Without failures there is no hole in them. */
  readonly pages: readonly PageSummary[];
  readonly failures: readonly PageFailure[];
}

/** One reading of the whole list while it goes on: what was read, what failed, and where the list ends. */
export interface OpenReading {
  /**
   * Reads one page, unless that was done. Null where it failed, now or before: the reading remembers why.
   *
   * @param onArrival called once the answer has arrived, if one does, and before it is looked at
   */
  read(page: number, onArrival?: () => void): Promise<PageSummary | null>;
  /** Reads one page once more: it may have changed. Null where it failed, now or before. */
  readAgain(page: number): Promise<PageSummary | null>;
  page(page: number): PageSummary | undefined;
  /** The last page with items before the first empty one; 1 where there is none. */
  lastFilled(): number;
  /** The first page that was empty, but for page 1. */
  firstEmpty(): number | null;
  /** False where nothing more must be asked for: too much failed, or pages repeat without end. */
  goesOn(): boolean;
  /** The reading as far as it came. `beyond` is the page that a list without an end would go on with. */
  close(beyond: number | null): Reading;
}

/** Pages of one reading that may hold just what another of its pages held: a list that moves repeats a few at most. */
const REPEATS_ALLOWED = 1_000;
/** A page fails alone; where so many do, the rest is given up together, lest an absurd total make a letter for each. */
const FAILURES_ALLOWED = 1_000;

/**
 * Begins one reading of the whole list.
 *
 * @throws at every read: what no page can fail alone with, which are the store's failures, the signal's reason, defects
 */
export function openReading(
  pass: number,
  ports: Pick<WalkPorts, 'inVain'>,
  recorder: Recorder,
  options: WalkOptions,
): OpenReading {
  const pages = new Map<number, PageSummary>();
  const failures: PageFailure[] = [];
  const seen = new Set<string>();
  let repeats = 0;
  let listed = 0;

  const note = (summary: PageSummary): PageSummary => {
    listed += summary.items - (pages.get(summary.page)?.items ?? 0);
    pages.set(summary.page, summary);
    if (summary.items > 0 && seen.has(summary.ids)) repeats += 1;
    seen.add(summary.ids);
    options.onPage?.({ pagesRead: pages.size, pages: Math.max(expected(), pages.size), listed });
    return summary;
  };
  const expected = (): number => {
    const first = pages.get(1);
    return first === undefined ? 1 : Math.max(Math.ceil(first.total / first.limit), first.hasNext ? 2 : 1);
  };
  const limit = (): number => pages.get(1)?.limit ?? options.pageSize;

  const attempt = async (page: number, read: Recorder['page'], onArrival?: () => void): Promise<PageSummary | null> => {
    if (failures.some((one) => one.page === page)) return null;
    try {
      return note(await read(pass, page, limit(), onArrival));
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (!(error instanceof Failure) || error.class === 'database') throw error;
      failures.push({ page, failure: error });
      // What it held before is out of date.
      pages.delete(page);
      return null;
    }
  };
  const firstEmpty = (): number | null => {
    let first: number | null = null;
    for (const { page, items } of pages.values()) {
      if (items === 0 && page > 1 && (first === null || page < first)) first = page;
    }
    return first;
  };
  const lastFilled = (): number => {
    const empty = firstEmpty() ?? Number.POSITIVE_INFINITY;
    let last = 1;
    for (const { page, items } of pages.values()) if (items > 0 && page < empty) last = Math.max(last, page);
    return last;
  };
  /** The number of the last page, as far as the answers tell. */
  const end = (): number => {
    const last = lastFilled();
    const page = pages.get(last);
    if (page === undefined || !page.hasNext) return last;
    const empty = firstEmpty();
    return empty === null ? Math.max(expected(), last + 1) : empty - 1;
  };

  return {
    read: async (page, onArrival) => pages.get(page) ?? attempt(page, recorder.page, onArrival),
    readAgain: (page) => attempt(page, recorder.pageAgain),
    page: (page) => pages.get(page),
    lastFilled,
    firstEmpty,
    goesOn: () =>
      repeats <= REPEATS_ALLOWED && failures.length < FAILURES_ALLOWED && (failures.length === 0 || !ports.inVain()),
    close(beyond) {
      const last = end();
      // What failed behind the end is no gap: the list had shrunk, as an empty page or the last one shows.
      const gaps = failures.filter(({ page }) => page <= last);
      const announced = pages.get(1)?.total ?? 0;
      if (beyond !== null || repeats > REPEATS_ALLOWED) {
        gaps.push({ page: beyond ?? last, failure: endless(beyond ?? last, announced) });
      } else {
        gaps.push(...givenUp(untried(pages, gaps, last), failures));
      }
      const inOrder = [...pages.values()].sort((a, b) => a.page - b.page);
      return { pages: inOrder.filter(({ page }) => page === 1 || page <= last), failures: gaps };
    },
  };
}

/** The pages that nobody asked for, as ranges. */
function untried(
  pages: ReadonlyMap<number, PageSummary>,
  failures: readonly PageFailure[],
  end: number,
): readonly (readonly [from: number, to: number])[] {
  const known = [...new Set([...pages.keys(), ...failures.map(({ page }) => page), end + 1])].sort((a, b) => a - b);
  return known.flatMap((page, index): readonly (readonly [number, number])[] => {
    const after = (known[index - 1] ?? 0) + 1;
    return after < page && after <= end ? [[after, Math.min(page - 1, end)]] : [];
  });
}

/** The pages nobody tried any more share the fate of the last one that failed, in one entry. */
function givenUp(
  ranges: readonly (readonly [from: number, to: number])[],
  failures: readonly PageFailure[],
): readonly PageFailure[] {
  const [range] = ranges;
  const last = failures.at(-1);
  if (range === undefined || last === undefined) return [];
  const { failure } = last;
  return [
    {
      page: range[0],
      failure: new Failure({
        class: failure.class,
        operation: `read ${describeRanges(ranges)}`,
        subject: failure.subject,
        detail: `given up together with page ${last.page}: ${failure.detail}`,
        hint: failure.hint,
        type: failure.type,
        status: failure.status,
        cause: failure,
      }),
    },
  ];
}

const RANGES_TOLD = 8;

function describeRanges(ranges: readonly (readonly [from: number, to: number])[]): string {
  const told = ranges.slice(0, RANGES_TOLD).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  const rest = ranges.length - told.length;
  const isOne = ranges.length === 1 && ranges[0]?.[0] === ranges[0]?.[1];
  return `${isOne ? 'page' : 'pages'} ${told.join(', ')}${rest === 0 ? '' : ` and ${rest} more stretches`}`;
}

function endless(page: number, total: number): Failure {
  return new Failure({
    class: 'contract_violation',
    operation: `read page ${page}`,
    subject: 'the listing',
    detail: `page after page says that another follows, though they repeat or go far beyond the ${total} items that the first one announced`,
    hint: 'Tell the people who run the catalog: its list never ends.',
  });
}
