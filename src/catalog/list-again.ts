import type { Kind } from './kinds.ts';
import type { CatalogPage } from './page.ts';
import { sightPage } from './sighted-page.ts';

/** What is remembered of an answer beside its list. */
export interface RememberedAnswer {
  readonly page: number;
  readonly limit: number;
  readonly total: number;
  readonly hasNext: boolean;
  readonly arrivedAt: Date;
}

/**
 * Reads the list of an answer once more, from the bytes that were kept of it (Unread.bytes): the items are just those that
 * it had when it arrived.
 *
 * @throws TypeError where the bytes are not those of such a list
 */
export function readListAgain(kind: Kind, organization: string, list: Buffer, answer: RememberedAnswer): CatalogPage {
  const { page, limit, total, hasNext, arrivedAt } = answer;
  const envelope = {
    total,
    page,
    limit,
    total_pages: Math.ceil(total / limit),
    has_next: hasNext,
    has_previous: page > 1,
  };
  const bytes = Buffer.concat([
    Buffer.from(`{${JSON.stringify(kind.envelopeKey)}:`),
    list,
    Buffer.from(`,${JSON.stringify(envelope).slice(1)}`),
  ]);
  const again = sightPage(kind, bytes, {
    query: { organization, sortBy: 'created_at', sortDir: 'asc', page, limit, includePublic: false },
    arrivedAt,
    // No list is kept that repeats a secret.
    redact: (text) => text,
    tellsSecret: () => false,
  });
  if (again === null) throw new TypeError(`what was kept of page ${page} is no list of ${kind.name}`);
  return again;
}
