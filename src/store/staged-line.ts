import type { CatalogRecord, JsonObject, PageItem } from '../catalog/page.ts';
import { COPY_NULL, copyRow, copyText } from './copy-text.ts';

/** The owner that a name shows, null where it shows none (design section 2): a rule that is not the store's. */
export type OwnerOf = (name: string) => string | null;

/** Where an item stood. */
export interface LinePlace {
  readonly runId: string;
  readonly asked: number;
  readonly position: number;
  readonly arrivedAt: string;
  /** Of the item as it was received; null where none was made. */
  readonly digest: string | null;
}

/** What `recordFields` writes, in its order. */
export const RECORD_COLUMNS =
  'id, created_at, download_count, name, owner, version, framework, is_public, origin, extra';

/** Where the lines go. */
export const STAGED_LINES = `mirror.staged_artifacts (run_id, asked, position, arrived_at, digest, good, ${RECORD_COLUMNS})`;

/** One item with all its fields, as a line of COPY. Of a bad one there is what could be read. */
export function stagedLine(item: PageItem, place: LinePlace, owner: OwnerOf): string {
  const { runId, asked, position, arrivedAt, digest } = place;
  const where = `${runId}\t${asked}\t${position}\t${arrivedAt}`;
  if (item.ok) return `${where}\t${digest ?? COPY_NULL}\tt\t${recordFields(item.record, owner)}\n`;
  const { id, createdAt, downloadCount } = item.bad;
  return `${where}\t${copyRow([null, false, id, createdAt, downloadCount, null, null, null, null, null, null, null])}`;
}

/** The fields of a good record in COPY's text format. By hand, because only four and the JSON can hold what must be escaped. */
export function recordFields(record: CatalogRecord, owner: OwnerOf): string {
  const { id, createdAt, downloadCount, name, version, framework, isPublic, origin, extra } = record;
  const ownerText = owner(name);
  const names = `${copyText(name)}\t${ownerText === null ? COPY_NULL : copyText(ownerText)}`;
  const texts = `${names}\t${copyText(version)}\t${copyText(framework)}\t${isPublic ? 't' : 'f'}`;
  return `${id}\t${createdAt}\t${downloadCount}\t${texts}\t${origin === null ? COPY_NULL : copyJson(origin)}\t${copyJson(extra)}`;
}

/** JSON's own text escapes all but its backslashes. */
function copyJson(value: JsonObject): string {
  const text = JSON.stringify(value);
  return text.includes('\\') ? copyText(text) : text;
}
