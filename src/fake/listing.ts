import type { JsonObject, JsonValue, PageQuery } from '../catalog/page.ts';
import { parseInstant } from '../catalog/timestamp.ts';

/**
 * One item as the fake catalog serves it, field by field in the contract's own spelling (`created_at`, ...). Nothing
 * is checked, so that a test can serve items that break the contract.
 */
export type FakeArtifact = JsonObject;

/** What of a request decides the answer: a PageQuery without its organization. */
export type ListingQuery = Omit<PageQuery, 'organization'>;

/** The contract's maximum for `limit`; a larger one is clamped. */
export const MAX_LIMIT = 200;

type SortKey = string | number | null;

function sortKey(item: FakeArtifact, sortBy: ListingQuery['sortBy']): SortKey {
  const value = item[sortBy];
  if (sortBy === 'created_at' || sortBy === 'updated_at') {
    return typeof value === 'string' ? (parseInstant(value) ?? value) : null;
  }
  if (sortBy === 'file_size_bytes') return typeof value === 'number' ? value : null;
  return typeof value === 'string' ? value : null;
}

/** A comparison of keys of one column: values of one type, and nothing for items that lack the column. */
function compareKeys(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * The items in the order the contract asks for. Ties stay in the order of `items`, in both directions; items without
 * the column come last, in both directions. Pure.
 */
export function sortListing(
  items: readonly FakeArtifact[],
  sortBy: ListingQuery['sortBy'],
  sortDir: ListingQuery['sortDir'],
): FakeArtifact[] {
  const sign = sortDir === 'asc' ? 1 : -1;
  return items
    .map((item) => ({ item, key: sortKey(item, sortBy) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      return sign * compareKeys(a.key, b.key);
    })
    .map(({ item }) => item);
}

/**
 * The contract's envelope for one page of a list that is sorted already. Pure.
 *
 * @param sorted the whole list, in the order the query asks for
 * @param query `page` from 1; `limit` from 1, clamped to `maxLimit`
 * @param envelopeKey the field that holds the items: `models` or `datasets`
 * @param maxLimit the most items this server puts on a page
 */
export function pageOf(
  sorted: readonly FakeArtifact[],
  query: Pick<ListingQuery, 'page' | 'limit'>,
  envelopeKey: string,
  maxLimit: number = MAX_LIMIT,
): JsonObject {
  const limit = Math.min(query.limit, maxLimit);
  const totalPages = Math.ceil(sorted.length / limit);
  const items: JsonValue[] = sorted.slice((query.page - 1) * limit, query.page * limit);
  return {
    [envelopeKey]: items,
    page: query.page,
    limit,
    total: sorted.length,
    total_pages: totalPages,
    has_next: query.page < totalPages,
    has_previous: query.page > 1,
  };
}

/** `sortListing` and `pageOf` in one: items and query to envelope. Pure. */
export function listPage(
  items: readonly FakeArtifact[],
  query: ListingQuery,
  envelopeKey: string,
  maxLimit: number = MAX_LIMIT,
): JsonObject {
  return pageOf(sortListing(items, query.sortBy, query.sortDir), query, envelopeKey, maxLimit);
}
