import type { Instant } from '../catalog/timestamp.ts';
import { coverOf, type Gap, gapsBetween } from './cover.ts';
import type { ExtraReads, GivenUp, Target } from './extra-reads.ts';
import type { PageSummary, ReadPurpose } from './page-summary.ts';
import type { WalkPorts } from './ports.ts';
import type { Recorder } from './recorder.ts';

/** What looking for what a reading left open needs, and what came of it. */
export interface Looking {
  readonly ports: WalkPorts;
  readonly recorder: Recorder;
  readonly pass: readonly PageSummary[];
  readonly extra: ExtraReads;
  readonly givenUp: Set<GivenUp>;
}

/**
 * One round of looking: for each group of places one of those that are not given up.
 *
 * @returns false where there is none left to look for
 */
export async function lookFor(
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

/** What no page covers of those read from `since` on. */
export function openGaps(recorder: Recorder, since = 0): readonly Gap[] {
  return gapsBetween(
    recorder
      .reads()
      .slice(since)
      .map(coverOf)
      .filter((cover) => cover !== null),
  );
}

/** How many items stand before a place, as the pages on its both sides tell. */
export function estimateRank(place: Instant, reads: readonly PageSummary[]): number {
  let before = 0;
  let behind = Number.POSITIVE_INFINITY;
  for (const { page, limit, items, first, last } of reads) {
    if (first === null || last === null) continue;
    if (last <= place) before = Math.max(before, (page - 1) * limit + items);
    else if (first >= place) behind = Math.min(behind, (page - 1) * limit);
  }
  return behind === Number.POSITIVE_INFINITY ? before : (before + behind) / 2;
}
