import type { CatalogRecord, PlainItem } from '../catalog/page.ts';
import type { BinaryRows } from './binary-rows.ts';

/** What an item lists but its id, in the order in which it is written. */
export const LISTED_COLUMNS = 'created_at, download_count, name, version, framework, is_public, origin, extra';
export const LISTED_FIELDS = 8;

/** Writes what an item lists but its id as it stands in its bytes. */
export function writePlain(rows: BinaryRows, item: PlainItem): void {
  const { bytes } = item;
  rows.instant(item.createdAt);
  rows.whole(item.downloadCount);
  rows.textOf(bytes, item.name);
  rows.textOf(bytes, item.version);
  rows.textOf(bytes, item.framework);
  rows.boolean(item.isPublic);
  if (item.origin === null) rows.null();
  else rows.jsonbOf(bytes, item.origin);
  rows.jsonbOfMembers(bytes, item.extra);
}

/** Writes the same of one that was read. */
export function writeRecord(rows: BinaryRows, record: CatalogRecord): void {
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
export function nameOf({ bytes, name }: PlainItem): string {
  return bytes.toString('utf8', name.from, name.to);
}
