import pLimit from 'p-limit';
import { Failure } from '../catalog/failure.ts';
import type { Instant } from '../catalog/timestamp.ts';
import { type Aim, aimAt, beginSearch, isTieWiderThanPage, moveTowards, type Search } from './aim.ts';
import { coverOf, isCovered } from './cover.ts';
import type { PageSummary, ReadPurpose } from './page-summary.ts';
import type { WalkOptions } from './ports.ts';
import type { PageFailure } from './reading.ts';
import type { Recorder } from './recorder.ts';

/** A place that a page is to have inside, and the rank at which to look for it first. */
export interface Target {
  readonly place: Instant;
  readonly rank: number;
}

/** Why a place was not found. */
export type GivenUp = 'tied' | 'runs away' | 'no more reads';

/** The extra reads of one run: pages read beside the readings, each with a place of the list well inside. */
export interface ExtraReads {
  /**
   * Reads one page for each target, side by side, each nearer to its place than the last one.
   *
   * @param targets each of another place, none of them given up
   */
  round(purpose: ReadPurpose, targets: readonly Target[]): Promise<void>;
  /** Reads these pages once more, side by side, cut as the reading was. */
  again(pages: readonly PageSummary[]): Promise<void>;
  /** Where to aim so that what is behind a rank is on the page as far as it fits, and a little of what is before it. */
  rankBehind(rank: number): number;
  /** Whether looking for a place is over, and why; null while it may go on. */
  givenUp(place: Instant): GivenUp | null;
  /** The page that failed for good: no more are read after it. */
  failure(): PageFailure | null;
}

/** So many extra reads are always allowed: a list of a few pages may move as much as a long one. */
const ALWAYS_ALLOWED = 20;
/** A page must hold a few items more than the place itself to be its witness, whatever size the user asks for. */
const LEAST_LIMIT = 20;

/** @param pass a reading of the whole list, in page order; it has a first page */
export function createExtraReads(recorder: Recorder, pass: readonly PageSummary[], options: WalkOptions): ExtraReads {
  const allowed = Math.max(ALWAYS_ALLOWED, Math.ceil(options.maxExtraReads * pass.length));
  const searches = new Map<Instant, Search>();
  const tied = new Set<Instant>();
  const slots = pLimit(options.concurrency);
  let maxLimit = limitFor(pass, options);
  let failure: PageFailure | null = null;
  let underWay = 0;
  const count = (): number => recorder.reads().filter((read) => read.pass === null).length;
  const isSpent = (): boolean => failure !== null || count() + underWay >= allowed;

  /** Null where it failed for good, or no more may be read. */
  const read = async (purpose: ReadPurpose, aim: Aim): Promise<PageSummary | null> => {
    if (isSpent()) return null;
    underWay += 1;
    try {
      return await recorder.extra(purpose, aim.page, aim.limit);
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (!(error instanceof Failure) || error.class === 'database') throw error;
      failure ??= { page: aim.page, failure: error };
      return null;
    } finally {
      underWay -= 1;
    }
  };

  const look = async (purpose: ReadPurpose, { place, rank }: Target): Promise<void> => {
    const search = searches.get(place) ?? beginSearch(rank, maxLimit);
    const aim = aimAt(search.rank, maxLimit);
    const page = await read(purpose, aim);
    if (page === null) return;
    if (page.limit < aim.limit) maxLimit = page.limit;
    if (isTieWiderThanPage(place, page)) tied.add(place);
    const cover = coverOf(page);
    if (cover === null || !isCovered(place, cover)) searches.set(place, moveTowards(place, search, page));
  };
  /** Begins none once one of them was rejected, and waits for those under way. */
  const sideBySide = async <T>(jobs: readonly T[], work: (job: T) => Promise<unknown>): Promise<void> => {
    let isOver = false;
    const unlessOver = async (job: T): Promise<void> => {
      if (isOver) return;
      try {
        await work(job);
      } catch (error) {
        isOver = true;
        throw error;
      }
    };
    const settled = await Promise.allSettled(jobs.map((job) => slots(unlessOver, job)));
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
  };

  return {
    round: (purpose, targets) => sideBySide(targets, (target) => look(purpose, target)),
    again: (pages) => sideBySide(pages, (page) => read('seams', page)),
    rankBehind: (rank) => rank + Math.floor(maxLimit / 6),
    givenUp(place) {
      if (tied.has(place)) return 'tied';
      if ((searches.get(place)?.tries ?? 0) >= options.maxLooks) return 'runs away';
      return isSpent() ? 'no more reads' : null;
    },
    failure: () => failure,
  };
}

/** The most items to ask for: what the server gave on the first page, where it clamped what was asked for. */
function limitFor(pass: readonly PageSummary[], { pageSize, maxLimit }: WalkOptions): number {
  const answered = pass[0]?.limit ?? pageSize;
  return answered < pageSize ? answered : Math.max(answered, Math.min(LEAST_LIMIT, maxLimit));
}
