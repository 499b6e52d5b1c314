import type { CatalogPage, CatalogRecord } from '../../catalog/page.ts';
import type { Answer } from '../enter-answers.ts';
import type { OwnerOf } from '../staged-line.ts';

/** An answer that can be loaded as it stands, and what it takes for that. */
export interface Loadable extends Answer {
  /** In the order of the list. */
  readonly records: readonly CatalogRecord[];
  /** One for each record. */
  readonly digests: readonly string[];
  readonly ids: readonly string[];
  /** Of the list, by which they can be read again. */
  readonly bytes: Buffer;
  /** A digest of these bytes. */
  readonly list: string;
}

/**
 * Which of some answers need no more than to be written down: a page of the first reading of the list, with nothing on it
 * but good records of the organization's own, none of which another of these answers lists too.
 */
export function chooseLoadable(
  answers: readonly Answer[],
  organization: string,
  ownerOf: OwnerOf,
): { readonly loadable: readonly Loadable[]; readonly others: readonly Answer[] } {
  const met = new Set<string>();
  const loadable: Loadable[] = [];
  const others: Answer[] = [];
  for (const one of answers) {
    const found = one.summary.pass === 1 ? asLoadable(one, organization, ownerOf) : null;
    if (found === null || !areNew(found.ids, met)) others.push(one);
    else loadable.push(found);
  }
  return { loadable, others };
}

function asLoadable({ summary, answer }: Answer, organization: string, ownerOf: OwnerOf): Loadable | null {
  const { unread } = answer;
  if (unread == null || unread.sighted.length === 0) return null;
  const records = goodRecords(answer);
  if (records === null || !records.every(({ name }) => (ownerOf(name) ?? organization) === organization)) return null;
  const { bytes, list, sighted } = unread;
  if (bytes === null) return null;
  return {
    summary,
    answer,
    records,
    digests: sighted.map(({ digest }) => digest),
    ids: sighted.map(({ id }) => id),
    bytes,
    list,
  };
}

/** Null where any is not. */
function goodRecords({ items }: CatalogPage): readonly CatalogRecord[] | null {
  const records: CatalogRecord[] = [];
  for (const item of items) {
    if (!item.ok) return null;
    records.push(item.record);
  }
  return records;
}

/** Whether none of them was met before, nor is among them twice. What was met is remembered. */
function areNew(ids: readonly string[], met: Set<string>): boolean {
  const own = new Set(ids);
  if (own.size < ids.length || ids.some((id) => met.has(id))) return false;
  for (const id of own) met.add(id);
  return true;
}
