import pLimit from 'p-limit';
import { Failure } from '../catalog/failure.ts';
import type { CatalogPage } from '../catalog/page.ts';
import { certify, type Pass, type Verdict } from './certify.ts';
import { type PageSummary, summarisePage } from './page-summary.ts';

/** What a walk needs of the world: where pages come from and where they go. Tests pass a model of both. */
export interface WalkPorts {
  /** One page, retried as its failures' policies say. Rejects with a Failure where it is given up. */
  readPage(page: number, limit: number): Promise<CatalogPage>;
  /** Makes one page durable. */
  stage(summary: PageSummary, answer: CatalogPage): Promise<void>;
  /** How many different ids one pass has staged. */
  distinctIds(pass: number): Promise<number>;
  /** How many artifacts of the run's scope no pass has listed. */
  unlisted(): Promise<number>;
  /** Whether the tries of this run have been in vain for so long that the rest is given up together. */
  inVain(): boolean;
}

export interface WalkOptions {
  /** Items per page to ask for; the server may clamp it. */
  readonly pageSize: number;
  /** Pages read side by side. */
  readonly concurrency: number;
  /** The most readings of the whole list before the run is called inexact. */
  readonly maxPasses: number;
  /** What an earlier attempt of this run staged. */
  readonly staged: readonly PageSummary[];
  readonly signal: AbortSignal;
  readonly onPage?: (progress: { readonly pagesRead: number; readonly pages: number; readonly listed: number }) => void;
}

export interface PageFailure {
  readonly page: number;
  readonly failure: Failure;
}

export type WalkResult =
  | { readonly status: 'read'; readonly passes: readonly Pass[]; readonly unlisted: number; readonly verdict: Verdict }
  /** Some pages were given up; the others are staged. `passes` counts those begun, `staged` the pages of all of them. */
  | {
      readonly status: 'broken';
      readonly passes: number;
      readonly staged: number;
      readonly unlisted: number;
      readonly failures: readonly PageFailure[];
    };

/** A list may grow while it is read, but one that has become twice as long and more never ends. */
const GROWTH_ALLOWED = 2;
const PAGES_ALLOWED = 1_000;
/** Pages of one reading that may hold just what another of its pages held: a list that moves repeats a few at most. */
const REPEATS_ALLOWED = 1_000;
/** A page fails alone; where so many do, the rest is given up together, lest an absurd total make a letter for each. */
const FAILURES_ALLOWED = 1_000;

/**
 * Walks a listing to a verdict: reads every page, then again where one reading does not prove the list, at most
 * `maxPasses` times (design section 3).
 *
 * @throws whatever `stage`, `distinctIds` or `unlisted` reject with, and the signal's reason
 */
export async function walk(ports: WalkPorts, options: WalkOptions): Promise<WalkResult> {
  const recorder = createRecorder(ports, options);
  const passes: Pass[] = [];
  for (let pass = 1; ; pass++) {
    const reading = await readPass(pass, recorder, options);
    if (reading.failures.length > 0) {
      const staged = passes.reduce((pages, { pages: read }) => pages + read.length, reading.pages.length);
      return {
        status: 'broken',
        passes: pass,
        staged,
        unlisted: staged === 0 ? 0 : await ports.unlisted(),
        failures: reading.failures,
      };
    }
    passes.push({ pages: reading.pages, distinctIds: await ports.distinctIds(pass) });
    const unlisted = await ports.unlisted();
    const verdict = certify(passes, unlisted);
    if (verdict.complete || pass >= options.maxPasses) return { status: 'read', passes, unlisted, verdict };
  }
}

/** Reads a page and stages it, unless an earlier attempt did; keeps count of the order of arrival. */
interface Recorder {
  obtain(pass: number, page: number, limit: number): Promise<PageSummary>;
  inVain(): boolean;
}

function createRecorder(ports: WalkPorts, options: WalkOptions): Recorder {
  const known = new Map(options.staged.map((summary) => [`${summary.pass}/${summary.page}`, summary]));
  let order = options.staged.reduce((latest, summary) => Math.max(latest, summary.order), 0);
  return {
    inVain: () => ports.inVain(),
    async obtain(pass, page, limit) {
      const before = known.get(`${pass}/${page}`);
      if (before !== undefined) return before;
      const answer = await ports.readPage(page, limit);
      if (page > 1 && answer.limit !== limit) throw changedLimit(page, limit, answer.limit);
      order += 1;
      const summary = summarisePage(answer, { pass, order });
      await ports.stage(summary, answer);
      return summary;
    },
  };
}

interface Reading {
  readonly pages: readonly PageSummary[];
  readonly failures: readonly PageFailure[];
}

async function readPass(pass: number, recorder: Recorder, options: WalkOptions): Promise<Reading> {
  const pages = new Map<number, PageSummary>();
  const failures: PageFailure[] = [];
  /** What no page can fail alone with: the store's failures, the signal's reason, defects. The first one ends the walk. */
  const fatal: unknown[] = [];
  const seen = new Set<string>();
  let repeats = 0;
  let listed = 0;
  let end = 1;
  let limit = options.pageSize;

  const note = (summary: PageSummary): void => {
    pages.set(summary.page, summary);
    listed += summary.items;
    if (summary.items > 0 && seen.has(summary.ids)) repeats += 1;
    seen.add(summary.ids);
    if (summary.page === 1) limit = summary.limit;
    end = endAfter(summary, end);
    options.onPage?.({ pagesRead: pages.size, pages: Math.max(end, pages.size), listed });
  };

  const readOne = async (page: number): Promise<void> => {
    try {
      options.signal.throwIfAborted();
      note(await recorder.obtain(pass, page, limit));
    } catch (error) {
      const isOfThisPage = error instanceof Failure && error.class !== 'database' && !options.signal.aborted;
      if (isOfThisPage) failures.push({ page, failure: error });
      else fatal.push(options.signal.aborted ? options.signal.reason : error);
    }
  };
  const readsOn = (next: number): boolean =>
    next <= end &&
    fatal.length === 0 &&
    failures.length < FAILURES_ALLOWED &&
    (failures.length === 0 || !recorder.inVain());

  await readOne(1);
  const first = pages.get(1);
  const bound = first === undefined ? 0 : GROWTH_ALLOWED * Math.ceil(first.total / first.limit) + PAGES_ALLOWED;

  const slots = pLimit(options.concurrency);
  let isEndless = false;
  const inFlight = new Set<Promise<void>>();
  let next = 2;
  for (;;) {
    const more = first !== undefined && readsOn(next);
    if (more && (next > bound || repeats > REPEATS_ALLOWED)) {
      isEndless = true;
      break;
    }
    if (more && inFlight.size < options.concurrency) {
      const task = slots(readOne, next).finally(() => inFlight.delete(task));
      inFlight.add(task);
      next += 1;
    } else if (inFlight.size > 0) {
      // The end may move with every page that arrives.
      await Promise.race(inFlight);
    } else {
      break;
    }
  }
  await Promise.all(inFlight);
  if (fatal.length > 0) throw fatal[0];
  if (first === undefined) return { pages: [], failures };
  // What failed behind the end is no gap: the list had shrunk, as an empty page before it shows.
  const gaps = failures.filter(({ page }) => page <= end);
  if (isEndless) gaps.push({ page: next, failure: endless(next, first.total) });
  else if (next <= end) gaps.push(...givenUp(next, end, gaps));
  return { pages: [...pages.values()].sort((a, b) => a.page - b.page).slice(0, Math.max(end, 1)), failures: gaps };
}

/**
 * The number of the last page, as far as this page tells. An empty page is past the end, whatever totals say; one that
 * says that another follows moves the end on; the first one's total says how many to expect.
 */
function endAfter(summary: PageSummary, end: number): number {
  if (summary.page > 1 && summary.items === 0) return Math.min(end, summary.page);
  const expected = summary.page === 1 ? Math.ceil(summary.total / summary.limit) : 0;
  return Math.max(end, expected, summary.hasNext ? summary.page + 1 : summary.page);
}

/** The pages nobody tried any more share the fate of the last one that failed, in one entry. */
function givenUp(next: number, end: number, failures: readonly PageFailure[]): readonly PageFailure[] {
  const last = failures.at(-1);
  if (last === undefined) return [];
  const { failure } = last;
  return [
    {
      page: next,
      failure: new Failure({
        class: failure.class,
        operation: next === end ? `read page ${next}` : `read pages ${next} to ${end}`,
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

function changedLimit(page: number, before: number, now: number): Failure {
  return new Failure({
    class: 'contract_violation',
    operation: `read page ${page}`,
    subject: 'the listing',
    detail: `it was cut into pages of ${now} items where the first page was cut into pages of ${before}`,
    hint: 'Set MIRROR_PAGE_SIZE to a size that the catalog keeps to on every page.',
  });
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
