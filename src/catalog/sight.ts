import type { ItemRecords } from './item-records.ts';
import { copyDigest, DIGEST_BYTES, envelopeText, type ListBytes } from './known-list.ts';
import type { ListSummary, SightedItems } from './page.ts';
import { type SeenItems, type SeenOrder, seeItems } from './see-items.ts';
import type { Instant } from './timestamp.ts';

/** The items of an answer, unread, and the answer without them. */
export interface SightedAnswer {
  readonly items: SightedItems;
  readonly records: ItemRecords;
  readonly summary: ListSummary;
  readonly list: ListBytes;
  /** The text of the envelope, with an empty list in place of the items. */
  readonly envelope: string;
}

/**
 * Sees what a nightly run needs of an item that has not changed, in one pass over the bytes: its id, its place, and a
 * digest. On most nights most items are known by that, and nobody has to make values of them, nor throw those away.
 *
 * @param bytes valid UTF-8
 * @returns null for an answer that must be read to be understood: it is not JSON, or an item shows its id or its place in
 *   another way than nearly all do
 */
export function sightAnswer(bytes: Buffer, envelopeKey: string): SightedAnswer | null {
  const seen = seeItems(bytes, envelopeKey);
  if (seen === null) return null;
  const { records, list, ids } = seen;
  const { count } = records;
  const order = seen.order ?? orderOf(records, bytes);
  if (order === null) return null;
  const digests = Buffer.allocUnsafe(count * DIGEST_BYTES);
  for (let place = 0; place < count; place += 1) {
    copyDigest(bytes, records.start(place), records.end(place), digests, place * DIGEST_BYTES);
  }
  const at = (place: number): Instant | null => (count === 0 ? null : records.createdAt(place, bytes));
  return {
    items: { count, ids, digests, earliest: at(order.earliest), latest: at(order.latest) },
    records,
    summary: {
      items: count,
      first: at(0),
      last: at(count - 1),
      ascending: order.ascending,
      ids: seen.idsDigest,
    },
    list,
    envelope: envelopeText(bytes, list),
  };
}

/** Null where a place is none. */
function orderOf(records: SeenItems['records'], bytes: Buffer): SeenOrder | null {
  const instants = records.recordInstants(bytes);
  if (instants === null) return null;
  let earliest = 0;
  let latest = 0;
  for (const [place, instant] of instants.entries()) {
    if (instant < (instants[earliest] ?? instant)) earliest = place;
    if (instant > (instants[latest] ?? instant)) latest = place;
  }
  return {
    ascending: instants.every((instant, place) => instant >= (instants[place - 1] ?? instant)),
    earliest,
    latest,
  };
}
