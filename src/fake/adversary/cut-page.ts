import type { Entry } from './moving-item.ts';
import { mulberry32, scatter } from './random.ts';
import type { ServerOrder } from './scenarios.ts';

/** One page of a list, and how the server was asked for it. */
export interface Cut {
  /** From 1. */
  readonly page: number;
  readonly limit: number;
  readonly direction: 'asc' | 'desc';
  /** Another one for every read. */
  readonly read: number;
}

/** Orders two entries as the list keeps them. */
export function compareEntries(a: Pick<Entry, 'major' | 'minor'>, b: Pick<Entry, 'major' | 'minor'>): number {
  return a.major - b.major || a.minor - b.minor;
}

/**
 * The entries of one page, in the order the server gives them. Pure, and takes time with the page and the ties on its
 * edges, not with the list; only a shuffled server looks at the whole list.
 *
 * @param entries the whole list, ordered by `compareEntries`
 */
export function cutPage(entries: readonly Entry[], order: ServerOrder, cut: Cut): readonly Entry[] {
  const start = Math.min((cut.page - 1) * cut.limit, entries.length);
  const end = Math.min(start + cut.limit, entries.length);
  // Descending pages are the same order from its end.
  const [from, to] = cut.direction === 'asc' ? [start, end] : [entries.length - end, entries.length - start];
  const ascending = cutAscending(entries, order, from, to, cut);
  return cut.direction === 'asc' ? ascending : [...ascending].reverse();
}

function cutAscending(
  entries: readonly Entry[],
  order: ServerOrder,
  from: number,
  to: number,
  cut: Cut,
): readonly Entry[] {
  switch (order) {
    case 'sorted':
    case 'unsorted':
    case 'by a hidden date':
      return entries.slice(from, to);
    case 'sorted within pages':
      return entries.slice(from, to).sort((a, b) => a.at - b.at);
    case 'ties by page':
      return cutTies(entries, from, to, scatter(cut.page, cut.limit));
    case 'shuffled':
      return shuffle(entries, cut.read).slice(from, to);
  }
}

/** Ties of all that the page touches fall as `salt` says, before the page is cut. */
function cutTies(entries: readonly Entry[], from: number, to: number, salt: number): readonly Entry[] {
  if (from >= to) return [];
  let first = from;
  while (first > 0 && entries[first - 1]?.major === entries[from]?.major) first -= 1;
  let last = to;
  while (last < entries.length && entries[last]?.major === entries[to - 1]?.major) last += 1;
  return entries
    .slice(first, last)
    .map((entry) => ({ entry, place: scatter(entry.number, salt) }))
    .sort((a, b) => a.entry.major - b.entry.major || a.place - b.place)
    .slice(from - first, to - first)
    .map(({ entry }) => entry);
}

/** The shuffle of Fisher and Yates, another one for every `read`. */
function shuffle(entries: readonly Entry[], read: number): Entry[] {
  const random = mulberry32(scatter(read, 0x5f3759df));
  const shuffled: Entry[] = [];
  for (const entry of entries) {
    const at = random.below(shuffled.length + 1);
    const displaced = shuffled[at];
    if (displaced !== undefined) shuffled.push(displaced);
    shuffled[at] = entry;
  }
  return shuffled;
}
