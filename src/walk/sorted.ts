import type { PageSummary } from './page-summary.ts';
import type { WalkPorts } from './ports.ts';
import { isExplainedByMoving, isOutOfOrder, seamsOf } from './seams.ts';

/**
 * Why the server does not sort as asked, as far as its answers show it; null where they all ascend, and neighbours that are
 * out of order are the same list a little later.
 */
export async function whyNotSorted(
  ports: Pick<WalkPorts, 'overlap'>,
  reads: readonly PageSummary[],
): Promise<string | null> {
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

/** The page that is out of order, in a sentence; null where none is. */
export function whyOutOfOrder(reads: readonly PageSummary[]): string | null {
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
