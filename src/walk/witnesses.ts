import type { Instant } from '../catalog/timestamp.ts';
import { coverAbsences } from './absences.ts';
import { closeSeams, coverSeams, describeSeams } from './close-seams.ts';
import { createExtraReads, type GivenUp } from './extra-reads.ts';
import { type Looking, openGaps } from './looking.ts';
import type { PageSummary } from './page-summary.ts';
import type { WalkOptions, WalkPorts } from './ports.ts';
import type { Proof } from './proof.ts';
import type { PageFailure } from './reading.ts';
import type { Recorder } from './recorder.ts';
import { type Seam, seamsOf } from './seams.ts';
import { whyNotSorted, whyOutOfOrder } from './sorted.ts';
import { readTail } from './tail.ts';

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
  const open =
    outOfOrder === null && unlisted > 0
      ? await ports.unlistedWithin(openGaps(recorder))
      : { count: unlisted, places: [] };
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

/** Whether two neighbours end and begin with the same timestamp: a server may order such items differently each time. */
function isTied({ left, right }: Seam): boolean {
  return left.last !== null && left.last === right.first;
}

function totalsDiffer(reads: readonly PageSummary[]): boolean {
  return reads.some(({ total }) => total !== reads[0]?.total);
}

/** Items without an id cannot be told apart: each counts as one of its own. */
function namelessOn(pass: readonly PageSummary[]): number {
  return pass.reduce((sum, page) => sum + page.nameless + page.blind, 0);
}
