import type { Instant } from '../catalog/timestamp.ts';
import { coverOf, doMeet, type Gap, gapsBetween } from './cover.ts';
import { createExtraReads, type ExtraReads, type GivenUp, type Target } from './extra-reads.ts';
import type { PageSummary, ReadPurpose } from './page-summary.ts';
import type { WalkOptions, WalkPorts } from './ports.ts';
import type { Proof } from './proof.ts';
import type { PageFailure } from './reading.ts';
import type { Recorder } from './recorder.ts';
import {
  isExplainedByMoving,
  isLeftAgain,
  isOutOfOrder,
  isReadFromTheRight,
  placesAt,
  type Seam,
  seamsOf,
} from './seams.ts';

/** What the reads of a run say of the list, once what could be done was done. */
export interface Findings {
  /** Why no page is a witness, in a sentence; null where the server sorts as asked. */
  readonly disorder: string | null;
  /** Whether the list was seen to change while it was read. */
  readonly moved: boolean;
  /** How many different ids were listed, over all reads. */
  readonly distinctIds: number;
  readonly unlisted: number;
  /** Those of the unlisted that no page covers. */
  readonly unproved: number;
  readonly unprovedPlaces: readonly Instant[];
  readonly seams: Proof['seams'];
  /** Whether the tail was read once more where something is to be ended. */
  readonly tailIsKnown: boolean;
  /** Why looking for places was given up. */
  readonly givenUp: ReadonlySet<GivenUp>;
  readonly failure: PageFailure | null;
}

/** How many unproved places are told. */
const PLACES_TOLD = 20;

/**
 * Looks for what one reading of the list leaves open (design section 3): a witness for every absence, a page for every
 * seam where a moving list may have hidden something, and the tail once more before anything is ended. Reads pages beside
 * the reading as long as that helps and the bounds allow it.
 *
 * @param pass the last reading of the whole list, in page order, without a hole
 */
export async function gatherWitnesses(
  ports: WalkPorts,
  recorder: Recorder,
  pass: readonly PageSummary[],
  options: WalkOptions,
): Promise<Findings> {
  const disorder = await whyNotSorted(ports, recorder.reads());
  const extra = createExtraReads(recorder, pass, options);
  const looking: Looking = { ports, recorder, pass, extra, givenUp: new Set() };
  const countsAgree = async (): Promise<boolean> =>
    (await ports.distinctIds(null)) + namelessOn(pass) === pass[0]?.total;

  let tailIsKnown = false;
  let moved = totalsDiffer(recorder.reads());
  const seams = seamsOf(pass);
  if (disorder === null) {
    // First, because what slipped over a seam turns up here, and need not be looked for.
    if (moved) await closeSeams(looking, seams);
    if (await coverAbsences(looking)) {
      if ((await ports.unlisted()) > 0) tailIsKnown = await readTail(looking);
      if (!moved && !totalsDiffer(recorder.reads()) && !(await countsAgree())) {
        // Removals and arrivals in balance leave total as it is. Something must be read twice to tell that from a server
        // that lost an item between two pages: the tail, where arrivals show.
        if (!tailIsKnown) tailIsKnown = await readTail(looking);
        moved = await ports.showsChange();
        if (!moved) await coverSeams(looking, seams.filter(isTied));
      }
      moved ||= totalsDiffer(recorder.reads());
      if (moved) await closeSeams(looking, seams);
    }
  }
  const outOfOrder = disorder ?? whyOutOfOrder(recorder.reads());
  const unlisted = await ports.unlisted();
  const open = outOfOrder === null ? await ports.unlistedWithin(openGaps(recorder)) : { count: unlisted, places: [] };
  return {
    disorder: outOfOrder,
    moved: moved || totalsDiffer(recorder.reads()),
    distinctIds: await ports.distinctIds(null),
    unlisted,
    unproved: open.count,
    unprovedPlaces: open.places.slice(0, PLACES_TOLD),
    seams: await describeSeams(looking, seams),
    tailIsKnown,
    givenUp: looking.givenUp,
    failure: extra.failure(),
  };
}

interface Looking {
  readonly ports: WalkPorts;
  readonly recorder: Recorder;
  readonly pass: readonly PageSummary[];
  readonly extra: ExtraReads;
  readonly givenUp: Set<GivenUp>;
}

/**
 * Looks for a page that covers the place of each artifact that was not listed, until it turns up or is witnessed absent.
 *
 * @returns whether there is one for each
 */
async function coverAbsences(looking: Looking): Promise<boolean> {
  const { ports, recorder } = looking;
  for (;;) {
    const gaps = openGaps(recorder);
    const { count, places } = await ports.unlistedWithin(gaps);
    if (count === 0) return true;
    if (!(await lookFor(looking, 'absences', placesByGap(places, gaps)))) return false;
  }
}

/**
 * Makes the seams sound that were not read from the right: reads their left pages once more, and where that does not help
 * looks for a page that covers the seam.
 */
async function closeSeams(looking: Looking, seams: readonly Seam[]): Promise<void> {
  const open = seams.filter((seam) => !isReadFromTheRight(seam));
  const unread = open.filter((seam) => !looking.recorder.reads().some((read) => isLeftAgain(seam, read)));
  await looking.extra.again(unread.map(({ left }) => left));
  const stillOpen: Seam[] = [];
  for (const seam of open) if (!(await isSoundByReadingAgain(looking, seam))) stillOpen.push(seam);
  await coverSeams(looking, stillOpen);
}

async function isSoundByReadingAgain({ ports, recorder }: Looking, seam: Seam): Promise<boolean> {
  for (const right of recorder.reads().filter((read) => isLeftAgain(seam, read))) {
    if ((await ports.overlap({ left: seam.left, right })).shared > 0) return true;
  }
  return false;
}

/** Looks for pages that cover these seams. */
async function coverSeams(looking: Looking, seams: readonly Seam[]): Promise<void> {
  for (;;) {
    const gaps = openGaps(looking.recorder);
    const places = seams.flatMap((seam) => {
      const gap = gaps.find((one) => doMeet(one, placesAt(seam)));
      const place = gap?.from ?? gap?.to ?? null;
      return place === null ? [] : [[place]];
    });
    if (!(await lookFor(looking, 'seams', places))) return;
  }
}

/**
 * Reads what is behind the last place known, so that what arrived during the walk is seen before anything is ended.
 *
 * @returns whether the end was reached
 */
async function readTail(looking: Looking): Promise<boolean> {
  const { recorder, extra, pass } = looking;
  const reads = recorder.reads();
  // The end that the reading itself came to: an extra read may have met a later one, and not all that lies before it.
  const known = pass.findLast(({ last }) => last !== null)?.last ?? null;
  if (known === null) return true;
  // What an earlier attempt read of the tail counts, unless something that may be a witness was read after it.
  const since = reads.findLastIndex(({ purpose }) => purpose !== 'tail') + 1;
  for (;;) {
    const gap = openGaps(recorder, since).find(({ to }) => to === null || to > known);
    if (gap === undefined) return true;
    const place = gap.from !== null && gap.from > known ? gap.from : known;
    const rank = extra.rankBehind(estimateRank(place, recorder.reads()));
    if (!(await lookFor(looking, 'tail', [[place]], () => rank))) return false;
  }
}

/**
 * One round of looking: for each group of places one of those that are not given up.
 *
 * @returns false where there is none left to look for
 */
async function lookFor(
  { recorder, extra, givenUp }: Looking,
  purpose: ReadPurpose,
  groups: readonly (readonly Instant[])[],
  rankOf: (place: Instant) => number = (place) => estimateRank(place, recorder.reads()),
): Promise<boolean> {
  const targets = new Map<Instant, Target>();
  for (const places of groups) {
    const place = places.find((one) => {
      const why = extra.givenUp(one);
      if (why !== null) givenUp.add(why);
      return why === null;
    });
    if (place !== undefined) targets.set(place, { place, rank: rankOf(place) });
  }
  if (targets.size === 0) return false;
  await extra.round(purpose, [...targets.values()]);
  return true;
}

/** Whether two neighbours end and begin with the same timestamp: a server may order such items differently each time. */
function isTied({ left, right }: Seam): boolean {
  return left.last !== null && left.last === right.first;
}

/** What no page covers of those read from `since` on. */
function openGaps(recorder: Recorder, since = 0): readonly Gap[] {
  return gapsBetween(
    recorder
      .reads()
      .slice(since)
      .map(coverOf)
      .filter((cover) => cover !== null),
  );
}

/** The places in each gap; both in order. */
function placesByGap(places: readonly Instant[], gaps: readonly Gap[]): readonly (readonly Instant[])[] {
  const groups = new Map<Gap, Instant[]>();
  let index = 0;
  for (const place of places) {
    while (index < gaps.length - 1 && isBehind(gaps[index], place)) index += 1;
    const gap = gaps[index];
    if (gap === undefined) continue;
    const group = groups.get(gap);
    if (group === undefined) groups.set(gap, [place]);
    else group.push(place);
  }
  return [...groups.values()];
}

function isBehind(gap: Gap | undefined, place: Instant): boolean {
  return gap?.to != null && gap.to < place;
}

/** How many items stand before a place, as the pages on its both sides tell. */
function estimateRank(place: Instant, reads: readonly PageSummary[]): number {
  let before = 0;
  let behind = Number.POSITIVE_INFINITY;
  for (const { page, limit, items, first, last } of reads) {
    if (first === null || last === null) continue;
    if (last <= place) before = Math.max(before, (page - 1) * limit + items);
    else if (first >= place) behind = Math.min(behind, (page - 1) * limit);
  }
  return behind === Number.POSITIVE_INFINITY ? before : (before + behind) / 2;
}

async function whyNotSorted(ports: WalkPorts, reads: readonly PageSummary[]): Promise<string | null> {
  const disorder = whyOutOfOrder(reads);
  if (disorder !== null) return disorder;
  const passes = new Set(reads.map(({ pass }) => pass).filter((pass) => pass !== null));
  for (const pass of passes) {
    for (const seam of seamsOf(latestOfPass(reads, pass))) {
      if (!isOutOfOrder(seam) || isExplainedByMoving(await ports.overlap(seam))) continue;
      return `pages ${seam.left.page} and ${seam.right.page} are out of order, and show too little in common to be one list that moved: the server does not sort by created_at as asked`;
    }
  }
  return null;
}

function whyOutOfOrder(reads: readonly PageSummary[]): string | null {
  const page = reads.find(({ ascending }) => !ascending);
  return page === undefined
    ? null
    : `page ${page.page} is out of order: the server does not sort by created_at as asked`;
}

/** The pages of one reading; of a page that was read again the later answer. */
function latestOfPass(reads: readonly PageSummary[], pass: number): readonly PageSummary[] {
  const byPage = new Map<number, PageSummary>();
  for (const read of reads) if (read.pass === pass) byPage.set(read.page, read);
  return [...byPage.values()].sort((a, b) => a.page - b.page);
}

function totalsDiffer(reads: readonly PageSummary[]): boolean {
  return reads.some(({ total }) => total !== reads[0]?.total);
}

/** Items without an id cannot be told apart: each counts as one of its own. */
function namelessOn(pass: readonly PageSummary[]): number {
  return pass.reduce((sum, page) => sum + page.nameless + page.blind, 0);
}

async function describeSeams(looking: Looking, seams: readonly Seam[]): Promise<Findings['seams']> {
  const gaps = openGaps(looking.recorder);
  const figures = { count: seams.length, fromTheRight: 0, readAgain: 0, covered: 0, open: 0 };
  for (const seam of seams) {
    if (isReadFromTheRight(seam)) figures.fromTheRight += 1;
    else if (await isSoundByReadingAgain(looking, seam)) figures.readAgain += 1;
    else if (isOutOfOrder(seam) || !gaps.some((gap) => doMeet(gap, placesAt(seam)))) figures.covered += 1;
    else figures.open += 1;
  }
  return figures;
}
