import { createHash } from 'node:crypto';
import type { CatalogPage, PageItem } from '../catalog/page.ts';
import type { Instant } from '../catalog/timestamp.ts';

/** What the walk remembers of a page once its items are staged: a few dozen bytes, whatever the page held. */
export interface PageSummary {
  readonly pass: number;
  readonly page: number;
  /** The place of this answer among all answers of the run, from 1: pages read side by side arrive in any order. */
  readonly order: number;
  /** As answered. */
  readonly limit: number;
  readonly total: number;
  readonly hasNext: boolean;
  readonly items: number;
  /** Items without a readable id that still show their created_at: each spoils that instant alone (design section 3). */
  readonly nameless: number;
  /** Items with neither: they could be anything. */
  readonly blind: number;
  /** The created_at of the first and of the last item; null where it cannot be read or the page is empty. */
  readonly first: Instant | null;
  readonly last: Instant | null;
  /** Whether the readable created_at ascend, not strictly. */
  readonly ascending: boolean;
  /** A digest of the ids in their order: equal pages have equal digests. */
  readonly ids: string;
}

export function summarisePage(
  answer: CatalogPage,
  place: { readonly pass: number; readonly order: number },
): PageSummary {
  const instants = answer.items.map(createdAtOf);
  const readable = instants.filter((instant) => instant !== null);
  return {
    pass: place.pass,
    page: answer.page,
    order: place.order,
    limit: answer.limit,
    total: answer.total,
    hasNext: answer.hasNext,
    items: answer.items.length,
    nameless: answer.items.filter((item) => idOf(item) === null && createdAtOf(item) !== null).length,
    blind: answer.items.filter((item) => idOf(item) === null && createdAtOf(item) === null).length,
    first: instants[0] ?? null,
    last: instants.at(-1) ?? null,
    ascending: readable.every((instant, index) => index === 0 || (readable[index - 1] ?? instant) <= instant),
    ids: digestOfIds(answer.items),
  };
}

export function idOf(item: PageItem): string | null {
  return item.ok ? item.record.id : item.bad.id;
}

export function createdAtOf(item: PageItem): Instant | null {
  return item.ok ? item.record.createdAt : item.bad.createdAt;
}

function digestOfIds(items: readonly PageItem[]): string {
  const hash = createHash('sha256');
  for (const item of items) hash.update(`${idOf(item) ?? `nameless ${createdAtOf(item) ?? ''}`}\n`);
  return hash.digest('base64url');
}
