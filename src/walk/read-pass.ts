import pLimit from 'p-limit';
import { type Lane, lanesOf } from './lanes.ts';
import { isOlder } from './page-summary.ts';
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
 * two pages; read from right to left, it is met twice (src/walk/seams.ts). Each lane waits for an answer before it asks
 * for the next page, so that all seams but those where two lanes meet are surely read from the right.
 *
 * @throws what no page can fail alone with: the store's failures, the signal's reason, defects
 */
export async function readPass(
  pass: number,
  ports: Pick<WalkPorts, 'inVain'>,
  recorder: Recorder,
  options: WalkOptions,
): Promise<Reading> {
  const reading = openReading(pass, ports, recorder, options);
  const first = await reading.read(1);
  if (first === null) return reading.close(null);
  const expected = Math.max(Math.ceil(first.total / first.limit), first.hasNext ? 2 : 1);
  if (!(await backwards(reading, lanesOf(2, expected, options.concurrency), options))) {
    const end = await findEnd(reading);
    await backwards(reading, lanesOf(2, end, options.concurrency), options);
  }
  return reading.close(await forwards(reading, GROWTH_ALLOWED * expected + PAGES_ALLOWED));
}

/** Reads the lanes side by side, each from its last page to its first. False where totals announce pages that are empty. */
async function backwards(reading: OpenReading, lanes: readonly Lane[], { concurrency }: WalkOptions): Promise<boolean> {
  let isBelievable = true;
  let hasFailed = false;
  /** Where the list became shorter, nothing is behind this page. */
  let end = Number.POSITIVE_INFINITY;
  const readLane = async ({ from, to }: Lane): Promise<void> => {
    for (let page = to; page >= from && isBelievable && !hasFailed && reading.goesOn(); page--) {
      if (page > end) continue;
      const summary = await reading.read(page);
      if (summary === null || summary.items > 0) continue;
      const lastByTotal = Math.ceil(summary.total / summary.limit);
      if (lastByTotal >= page) isBelievable = false;
      else end = Math.min(end, lastByTotal);
    }
  };
  const slots = pLimit(concurrency);
  const settled = await Promise.allSettled(
    lanes.map((lane) =>
      slots(readLane, lane).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      }),
    ),
  );
  for (const lane of settled) if (lane.status === 'rejected') throw lane.reason;
  return isBelievable;
}

/** Finds the last page with items where totals do not tell it, by halves. */
async function findEnd(reading: OpenReading): Promise<number> {
  let filled = reading.lastFilled();
  let empty = reading.firstEmpty() ?? filled + 1;
  while (empty - filled > 1 && reading.goesOn()) {
    const page = Math.floor((filled + empty) / 2);
    const summary = await reading.read(page);
    if (summary !== null && summary.items > 0) filled = page;
    else empty = page;
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
