import type { Instant } from '../catalog/timestamp.ts';
import type { Gap } from './cover.ts';
import { type Looking, lookFor, openGaps } from './looking.ts';

/**
 * Looks for a page that covers the place of each artifact that was not listed, until it turns up or is witnessed absent.
 *
 * @returns whether there is one for each
 */
export async function coverAbsences(looking: Looking): Promise<boolean> {
  const { ports, recorder } = looking;
  while ((await ports.unlisted()) > 0) {
    const gaps = openGaps(recorder);
    const { count, places } = await ports.unlistedWithin(gaps);
    if (count === 0) return true;
    if (!(await lookFor(looking, 'absences', placesByGap(places, gaps)))) return false;
  }
  return true;
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
