import { idsDigestOf } from '../catalog/known-list.ts';
import type { CatalogPage, PageItem } from '../catalog/page.ts';
import type { Instant } from '../catalog/timestamp.ts';

/** What a page is read for: the list itself, or, beside it, what one reading of the list leaves open. */
export const READ_PURPOSES = ['list', 'absences', 'seams', 'tail'] as const;
export type ReadPurpose = (typeof READ_PURPOSES)[number];

/** What the walk remembers of an answer once its items are staged: a few dozen bytes, whatever the page held. */
export interface PageSummary {
  /** The reading of the whole list that it belongs to, from 1; null for an extra read. */
  readonly pass: number | null;
  readonly purpose: ReadPurpose;
  readonly page: number;
  /**
   * Two moments of the run's own count, which runs on with every request and every answer: when it was asked for, and
   * when it had arrived. No two requests of a run have the same. One answer is surely older than another where it had
   * arrived before the other was asked for; of answers that overlap nobody knows.
   */
  readonly asked: number;
  readonly arrived: number;
  /** As answered. */
  readonly limit: number;
  readonly total: number;
  readonly hasNext: boolean;
  readonly items: number;
  /** Items without a readable id that still show their created_at: each spoils that instant alone (design section 3). */
  readonly nameless: number;
  /** Items with neither: they could be anything. */
  readonly blind: number;
  /** The first and the last created_at that can be read; null where none can. */
  readonly first: Instant | null;
  readonly last: Instant | null;
  /** Whether the readable created_at ascend, not strictly. */
  readonly ascending: boolean;
  /** A digest of the ids in their order: equal pages have equal digests. */
  readonly ids: string;
}

/** Where an answer belongs in its run. */
export type ReadPlace = Pick<PageSummary, 'pass' | 'purpose' | 'asked' | 'arrived'>;

export function summarisePage(answer: CatalogPage, place: ReadPlace): PageSummary {
  return {
    pass: place.pass,
    purpose: place.purpose,
    page: answer.page,
    asked: place.asked,
    arrived: place.arrived,
    limit: answer.limit,
    total: answer.total,
    hasNext: answer.hasNext,
    ...summariseItems(answer),
  };
}

type ItemsSummary = Pick<PageSummary, 'items' | 'nameless' | 'blind' | 'first' | 'last' | 'ascending' | 'ids'>;

function summariseItems(answer: CatalogPage): ItemsSummary {
  // Each item that was only seen shows both.
  if (answer.unread != null) {
    const { items, first, last, ascending, ids } = answer.unread.summary;
    return { items, nameless: 0, blind: 0, first, last, ascending, ids };
  }
  let nameless = 0;
  let blind = 0;
  let first: Instant | null = null;
  let last: Instant | null = null;
  let ascending = true;
  let ids = '';
  for (const item of answer.items) {
    const id = idOf(item);
    const createdAt = createdAtOf(item);
    ids += `${id ?? `nameless ${createdAt ?? ''}`}\n`;
    if (id === null && createdAt === null) blind += 1;
    if (createdAt === null) continue;
    if (id === null) nameless += 1;
    if (last !== null && createdAt < last) ascending = false;
    first ??= createdAt;
    last = createdAt;
  }
  return { items: answer.items.length, nameless, blind, first, last, ascending, ids: idsDigestOf(ids) };
}

/** Whether one answer is surely older than another: it had arrived before the other was asked for. */
export function isOlder(one: PageSummary, other: PageSummary): boolean {
  return one.arrived < other.asked;
}

export function idOf(item: PageItem): string | null {
  return item.ok ? item.record.id : item.bad.id;
}

export function createdAtOf(item: PageItem): Instant | null {
  return item.ok ? item.record.createdAt : item.bad.createdAt;
}
