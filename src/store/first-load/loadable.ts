import type { CatalogRecord } from '../../catalog/page.ts';
import type { Answer } from '../enter-answers.ts';
import type { OwnerOf } from '../staged-line.ts';

/** An answer that can be loaded as it stands, and what it takes for that: the items themselves are not kept. */
export interface Loadable extends Answer {
  /** Its artifacts in COPY's text format, in the order of the list. */
  readonly rows: string;
  readonly ids: readonly string[];
  readonly counters: readonly number[];
  /** Of the list, by which they can be read again. */
  readonly bytes: Buffer;
  /** A digest of these bytes. */
  readonly list: string;
}

/** Makes the row of a new artifact as a line of COPY. */
export type RowOf = (record: CatalogRecord, digest: string, arrivedAt: string) => string;

/**
 * Which of some answers need no more than to be written down: a page of the first reading of the list, with nothing on it
 * but good records of the organization's own, none of which another of these answers lists too.
 */
export function chooseLoadable(
  answers: readonly Answer[],
  organization: string,
  ownerOf: OwnerOf,
  rowOf: RowOf,
): { readonly loadable: readonly Loadable[]; readonly others: readonly Answer[] } {
  const met = new Set<string>();
  // One whose name shows no owner may be another organization's to add as well, and is not to be held from it for a walk.
  const isOwn = ({ name }: CatalogRecord): boolean => ownerOf(name) === organization;
  const loadable: Loadable[] = [];
  const others: Answer[] = [];
  for (const one of answers) {
    const found = one.summary.pass === 1 ? asLoadable(one, isOwn, rowOf) : null;
    if (found === null || !areNew(found.ids, met)) others.push(one);
    else loadable.push(found);
  }
  return { loadable, others };
}

function asLoadable(one: Answer, isOwn: (record: CatalogRecord) => boolean, rowOf: RowOf): Loadable | null {
  const { unread, arrivedAt } = one.answer;
  if (unread == null || unread.sighted.length === 0) return null;
  const { sighted, list } = unread;
  const moment = arrivedAt.toISOString();
  const counters: number[] = [];
  let rows = '';
  // One page's items after the other's: those of twelve at once would live long enough to be moved about by the collector.
  for (const [place, item] of unread.readAll().entries()) {
    const digest = sighted[place]?.digest;
    if (!item.ok || digest === undefined || !isOwn(item.record)) return null;
    rows += rowOf(item.record, digest, moment);
    counters.push(item.record.downloadCount);
  }
  const { bytes } = unread;
  return bytes === null ? null : { ...one, rows, ids: sighted.map(({ id }) => id), counters, bytes, list };
}

/** Whether none of them was met before, nor is among them twice. What was met is remembered. */
function areNew(ids: readonly string[], met: Set<string>): boolean {
  const own = new Set(ids);
  if (own.size < ids.length || ids.some((id) => met.has(id))) return false;
  for (const id of own) met.add(id);
  return true;
}
