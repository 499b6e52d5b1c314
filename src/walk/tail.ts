import { estimateRank, type Looking, lookFor, openGaps } from './looking.ts';

/**
 * Reads what is behind the last place known, so that what arrived during the walk is seen before anything is ended.
 *
 * @returns whether the end was reached
 */
export async function readTail(looking: Looking): Promise<boolean> {
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
