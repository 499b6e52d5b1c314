import { type Lane, lanesOf } from './lanes.ts';
import { isOlder, type PageSummary } from './page-summary.ts';
import type { WalkOptions, WalkPorts } from './ports.ts';
import { type OpenReading, openReading, type Reading } from './reading.ts';
import type { Recorder } from './recorder.ts';

/** A list may grow while it is read, but one that has become twice as long and more never ends. */
const GROWTH_ALLOWED = 2;
const PAGES_ALLOWED = 1_000;

/**
 * Reads every page once: the first one, which tells how many there are; then, in lanes side by side, from the end of the
 * list towards its beginning; then what has grown behind the end.
 *
 * Backwards because a removal moves later items to the left: read from left to right, an item slips over the seam between
 * two pages; read from right to left, it is met twice (src/walk/seams.ts). Each lane asks for the next page once an answer
 * has arrived, so that all seams but those where two lanes meet are surely read from the right; where the walk may read
 * ahead, it is on its way while the answer before it is looked at.
 *
 * @throws what no page can fail alone with: the store's failures, the signal's reason, defects
 */
export async function readPass(
  pass: number,
  ports: Pick<WalkPorts, 'inVain' | 'mayReadAhead'>,
  recorder: Recorder,
  options: WalkOptions,
): Promise<Reading> {
  const reading = openReading(pass, ports, recorder, options);
  const first = await reading.read(1);
  if (first === null) return reading.close(null);
  const expected = Math.max(1, Math.ceil(first.total / first.limit));
  for (let end = expected; ; end = reading.lastFilled()) {
    while (!(await backwards(reading, lanesOf(2, end, options.concurrency), ports))) end = await findEnd(reading);
    const beyond = await forwards(reading, GROWTH_ALLOWED * expected + PAGES_ALLOWED);
    // Where a page that was empty is filled again, pages before the end may not have been read.
    if (beyond !== null || reading.lastFilled() <= end) return reading.close(beyond);
  }
}

/** Reads the lanes side by side, each from its last page to its first, until a page is empty. False where one was. */
async function backwards(
  reading: OpenReading,
  lanes: readonly Lane[],
  ports: Pick<WalkPorts, 'mayReadAhead'>,
): Promise<boolean> {
  let isEmpty = false;
  let failure: { readonly error: unknown } | null = null;
  const goesOn = (): boolean => !isEmpty && failure === null && reading.goesOn();
  const note = (summary: PageSummary | null): void => {
    if (summary?.items === 0) isEmpty = true;
  };
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  const readLane = async ({ from, to }: Lane): Promise<void> => {
    let before = Promise.resolve();
    for (let page = to; page >= from && goesOn(); page--) {
      const { hasArrived, read } = ask(reading, page);
      const noted = read.then(note, fail);
      await (ports.mayReadAhead() ? hasArrived : noted);
      // One answer is looked at and the next one is on its way: more of them would only lie in memory.
      await before;
      before = noted;
    }
    await before;
  };
  await Promise.all(lanes.map(readLane));
  throwIfAny(failure);
  return !isEmpty;
}

function throwIfAny(failure: { readonly error: unknown } | null): void {
  if (failure !== null) throw failure.error;
}

/** A page that was asked for. */
interface Asked {
  /** Resolves once its answer has arrived, or the page is given up. */
  readonly hasArrived: Promise<void>;
  readonly read: Promise<PageSummary | null>;
}

function ask(reading: OpenReading, page: number): Asked {
  let arrive = (): void => {};
  const hasArrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  return { hasArrived, read: reading.read(page, arrive).finally(arrive) };
}

/**
 * Finds the last page with items where the list ends before its total says: by small steps from the first empty page,
 * because most lists shrink by little, then by halves, because a total may be absurd.
 */
async function findEnd(reading: OpenReading): Promise<number> {
  let filled = reading.lastFilled();
  let empty = reading.firstEmpty() ?? filled + 1;
  for (let step = 1; empty - filled > 1 && reading.goesOn(); step *= 2) {
    const page = Math.max(empty - step, Math.floor((filled + empty) / 2));
    // One that fails may have items. Where it has none, those before it tell.
    if ((await reading.read(page))?.items === 0) empty = page;
    else filled = page;
  }
  return filled;
}

/**
 * Reads on behind the last page as long as it says that another follows.
 *
 * @returns the page where a list without an end was left; null where the list has one
 */
async function forwards(reading: OpenReading, bound: number): Promise<number | null> {
  while (reading.goesOn()) {
    const last = reading.page(reading.lastFilled());
    if (last === undefined || !last.hasNext) return null;
    const next = last.page + 1;
    const known = reading.page(next);
    if (known !== undefined && isOlder(last, known)) return null;
    if (next > bound) return next;
    const summary = known === undefined ? await reading.read(next) : await reading.readAgain(next);
    if (summary === null) return null;
  }
  return null;
}
