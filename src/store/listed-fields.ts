import type { CatalogRecord, PlainItem } from '../catalog/page.ts';
import type { BinaryRows } from './binary-rows.ts';

/** What an item lists, and a digest of it, in the order in which it is written: assembly/listed/items.ts. */
export const LISTED_COLUMNS =
  'id, digest, created_at, download_count, name, version, framework, is_public, origin, extra';
export const LISTED_FIELDS = 10;

/**
 * Writes what an item lists that was read.
 *
 * @param digest null where none was made
 */
export function writeRecord(rows: BinaryRows, record: CatalogRecord, digest: Buffer | null): void {
  rows.uuidOf(record.id);
  if (digest === null) rows.null();
  else rows.uuid(digest, 0);
  rows.instant(record.createdAt);
  rows.whole(record.downloadCount);
  rows.text(record.name);
  rows.text(record.version);
  rows.text(record.framework);
  rows.boolean(record.isPublic);
  if (record.origin === null) rows.null();
  else rows.jsonb(JSON.stringify(record.origin));
  rows.jsonb(JSON.stringify(record.extra));
}

/** What a plain item is called. */
export function nameOf({ bytes, records, place }: PlainItem): string {
  return records.name(place, bytes);
}
