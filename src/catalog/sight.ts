import type { ItemRecords } from './item-records.ts';
import { digestOf, envelopeText, type ListBytes } from './known-list.ts';
import type { Sighted } from './page.ts';
import { seeItems } from './see-items.ts';

/** An item that was seen, and its bytes in the answer. */
export interface SightedBytes extends Sighted {
  /** Half open. */
  readonly start: number;
  readonly end: number;
  /** Where it is in the records. */
  readonly record: number;
}

/** The items of an answer, unread, and the answer without them. */
export interface SightedAnswer {
  readonly items: readonly SightedBytes[];
  readonly records: ItemRecords;
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
  const { records, list } = seen;
  const items: SightedBytes[] = [];
  for (let record = 0; items.length < seen.count; record = records.after(record)) {
    const createdAt = records.createdAt(record, bytes);
    if (createdAt === null) return null;
    const start = records.start(record);
    const end = records.end(record);
    items.push({ id: records.id(record, bytes), createdAt, digest: digestOf(bytes, start, end), start, end, record });
  }
  return { items, records, list, envelope: envelopeText(bytes, list) };
}
