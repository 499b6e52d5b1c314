import { hash } from 'node:crypto';
import type { CatalogRecord, PageItem } from '../catalog/page.ts';
import { copyFields } from './copy-text.ts';

/** The owner that a name shows, null where it shows none (design section 2): a rule that is not the store's. */
export type OwnerOf = (name: string) => string | null;

/** One item of an answer as it goes into the staging. */
export type StagedItem = GoodItem | BadItem;

export interface GoodItem {
  readonly good: true;
  readonly id: string;
  readonly downloadCount: number;
  /** Of all that the record says but for its counter: equal digests, equal fields. */
  readonly digest: string;
  /** FIELD_COLUMNS, in COPY's text format. */
  readonly fields: string;
}

/** What could be read of a bad record. */
export interface BadItem {
  readonly good: false;
  readonly id: string | null;
  readonly downloadCount: number | null;
  readonly digest: null;
  readonly fields: string;
}

export const FIELD_COLUMNS = 'created_at, name, owner, version, framework, is_public, origin, extra';

/** Half of SHA-256, as large as a uuid: nobody finds two records of one digest. */
const DIGEST_DIGITS = 32;

export function stagedItem(item: PageItem, owner: OwnerOf): StagedItem {
  if (!item.ok) {
    const { id, createdAt, downloadCount } = item.bad;
    const fields = copyFields([createdAt, null, null, null, null, null, null, null]);
    return { good: false, id, downloadCount, digest: null, fields };
  }
  const { id, downloadCount } = item.record;
  const fields = fieldsOf(item.record, owner);
  return { good: true, id, downloadCount, digest: hash('sha256', fields, 'hex').slice(0, DIGEST_DIGITS), fields };
}

function fieldsOf(record: CatalogRecord, owner: OwnerOf): string {
  const { createdAt, name, version, framework, isPublic, origin, extra } = record;
  const originText = origin === null ? null : JSON.stringify(origin);
  return copyFields([createdAt, name, owner(name), version, framework, isPublic, originText, JSON.stringify(extra)]);
}
