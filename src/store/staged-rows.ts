import type { BadRecord, CatalogPage, PageItem, PlainItem, Unread } from '../catalog/page.ts';
import { BinaryRows, instantOf } from './binary-rows.ts';
import { LISTED_COLUMNS, LISTED_FIELDS, nameOf, writeRecord } from './listed-fields.ts';
import { withListedItems } from './listed-items.ts';
import { uuidAt } from './uuid-bytes.ts';

/** The owner that a name shows, null where it shows none (design section 2): a rule that is not the store's. */
export type OwnerOf = (name: string) => string | null;

/** Where the rows go, the fields in their order. */
export const STAGED_ROWS = `mirror.staged_artifacts (run_id, asked, arrived_at, position, good, ${LISTED_COLUMNS}, owner)`;
const FIELDS = 6 + LISTED_FIELDS;
/** Those that only a good record has: of what is listed the last six, and the owner. */
const FIELDS_OF_GOOD = 7;
/** What a row takes beside what is listed of its item. */
const ROW_BYTES = 160;
/** What most items list, in bytes; larger ones have it grow. */
const USUAL_BYTES = 500;

/** An item that is to be staged with all its fields. */
export interface StagedItem {
  /** Its place on the page, from 0 on. */
  readonly position: number;
  readonly listed: ListedItem;
}

/** As it stands in its bytes, where it need not be read, or with its digest, where one was made of its bytes. */
type ListedItem = { readonly plain: PlainItem } | { readonly read: PageItem; readonly digest: Buffer | null };

/** The items of one answer that are to be staged. */
export interface StagedAnswer {
  readonly asked: number;
  readonly arrivedAt: Date;
  readonly items: readonly StagedItem[];
}

/** All items of an answer. */
export function allItems(answer: CatalogPage): readonly StagedItem[] {
  const { unread } = answer;
  // Where the secret is told somewhere, all are read: at once is quicker than one by one.
  if (unread?.bytes != null) return Array.from({ length: unread.sighted.count }, (_, place) => itemAt(unread, place));
  return answer.items.map((read, position) => ({
    position,
    listed: { read, digest: unread == null ? null : uuidAt(unread.sighted.digests, position) },
  }));
}

/** One item of an answer that nobody has read. */
export function itemAt(unread: Unread, position: number): StagedItem {
  const plain = unread.plain(position);
  if (plain !== null) return { position, listed: { plain } };
  return { position, listed: { read: unread.read(position), digest: uuidAt(unread.sighted.digests, position) } };
}

/** The bad record that an item is; null where it is good. */
export function badOf({ listed }: StagedItem): BadRecord | null {
  return 'read' in listed && !listed.read.ok ? listed.read.bad : null;
}

/** The rows of what is to be staged of an answer, in COPY's binary format. Of a bad record there is what could be read. */
export function stagedRows(runId: string, { asked, arrivedAt, items }: StagedAnswer, owner: OwnerOf): Buffer {
  const ofAnswer = new BinaryRows(ROW_BYTES);
  ofAnswer.bigint(BigInt(runId));
  ofAnswer.integer(asked);
  ofAnswer.instant(instantOf(arrivedAt));
  const plain = items.map(({ listed }) => ('plain' in listed ? listed.plain : null));
  return withListedItems(plain, (written) => {
    const rows = new BinaryRows(items.length * (ROW_BYTES + USUAL_BYTES));
    for (const [place, { position, listed }] of items.entries()) {
      const fields = written[place] ?? null;
      rows.row(FIELDS);
      rows.fields(ofAnswer.written());
      rows.integer(position);
      if ('plain' in listed && fields !== null) {
        rows.boolean(true);
        rows.fields(fields);
        writeOwner(rows, owner(nameOf(listed.plain)));
      } else if ('read' in listed) {
        rows.boolean(listed.read.ok);
        writeRead(rows, listed.read, listed.digest, owner);
      }
    }
    return rows.written();
  });
}

function writeRead(rows: BinaryRows, item: PageItem, digest: Buffer | null, owner: OwnerOf): void {
  if (item.ok) {
    writeRecord(rows, item.record, digest);
    writeOwner(rows, owner(item.record.name));
    return;
  }
  const { id, createdAt, downloadCount } = item.bad;
  if (id === null) rows.null();
  else rows.uuidOf(id);
  // Of a bad one the digest tells nothing.
  rows.null();
  if (createdAt === null) rows.null();
  else rows.instant(createdAt);
  if (downloadCount === null) rows.null();
  else rows.whole(downloadCount);
  for (let field = 0; field < FIELDS_OF_GOOD; field += 1) rows.null();
}

function writeOwner(rows: BinaryRows, owner: string | null): void {
  if (owner === null) rows.null();
  else rows.text(owner);
}
