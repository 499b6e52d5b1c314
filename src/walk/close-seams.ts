import { doMeet } from './cover.ts';
import { type Looking, lookFor, openGaps } from './looking.ts';
import type { Proof } from './proof.ts';
import { isLeftAgain, isOutOfOrder, isReadFromTheRight, placesAt, type Seam } from './seams.ts';

/**
 * Makes the seams sound that were not read from the right: reads their left pages once more, and where that does not help
 * looks for a page that covers the seam.
 */
export async function closeSeams(looking: Looking, seams: readonly Seam[]): Promise<void> {
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
export async function coverSeams(looking: Looking, seams: readonly Seam[]): Promise<void> {
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

/** How each seam came to be sound, or did not. */
export async function describeSeams(looking: Looking, seams: readonly Seam[]): Promise<Proof['seams']> {
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
