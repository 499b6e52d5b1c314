import type { BadRecord, CatalogPage, PageItem, PlainItem, Unread } from '../catalog/page.ts';
import { BinaryRows, instantOf } from './binary-rows.ts';
import { LISTED_COLUMNS, LISTED_FIELDS, nameOf, writePlain, writeRecord } from './listed-fields.ts';
import { uuidBytes } from './uuid-bytes.ts';

/** The owner that a name shows, null where it shows none (design section 2): a rule that is not the store's. */
export type OwnerOf = (name: string) => string | null;

/** Where the rows go, the fields in their order. */
export const STAGED_ROWS = `mirror.staged_artifacts (run_id, asked, arrived_at, position, good, digest, id, ${LISTED_COLUMNS}, owner)`;
const FIELDS = 8 + LISTED_FIELDS;
/** What a row takes beside what is listed of its item. */
const ROW_BYTES = 160;
/** What most items list, in bytes; larger ones have it grow. */
const USUAL_BYTES = 500;

/** An item that is to be staged with all its fields. */
export interface StagedItem {
  /** Its place on the page, from 0 on. */
  readonly position: number;
  /** Of the item as it was received; null where none was made. Of a bad one it is not staged. */
  readonly digest: string | null;
  /** As it stands in its bytes, where it need not be read. */
  readonly listed: PlainItem | PageItem;
}

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
  if (unread?.bytes != null) return unread.sighted.map((_, position) => itemAt(unread, position));
  return answer.items.map((listed, position) => ({
    position,
    digest: unread?.sighted[position]?.digest ?? null,
    listed,
  }));
}

/** One item of an answer that nobody has read. */
export function itemAt(unread: Unread, position: number): StagedItem {
  const listed = unread.plain(position) ?? unread.read(position);
  return { position, digest: unread.sighted[position]?.digest ?? null, listed };
}

/** The bad record that an item is; null where it is good. */
export function badOf({ listed }: StagedItem): BadRecord | null {
  return 'ok' in listed && !listed.ok ? listed.bad : null;
}

const NO_UUID = '0'.repeat(32);

/** The rows of what is to be staged of an answer, in COPY's binary format. Of a bad record there is what could be read. */
export function stagedRows(runId: string, { asked, arrivedAt, items }: StagedAnswer, owner: OwnerOf): Buffer {
  const ids = items.map(idOf);
  const idBytes = uuidBytes(ids.map((id) => id ?? NO_UUID));
  const digests = uuidBytes(items.map(({ digest }) => digest ?? NO_UUID));
  const ofAnswer = new BinaryRows(ROW_BYTES);
  ofAnswer.bigint(BigInt(runId));
  ofAnswer.integer(asked);
  ofAnswer.instant(instantOf(arrivedAt));
  const rows = new BinaryRows(items.length * (ROW_BYTES + USUAL_BYTES));
  for (const [place, item] of items.entries()) {
    const isGood = badOf(item) === null;
    rows.row(FIELDS);
    rows.fields(ofAnswer.written());
    rows.integer(item.position);
    rows.boolean(isGood);
    if (item.digest !== null && isGood) rows.uuid(digests, place);
    else rows.null();
    if (ids[place] == null) rows.null();
    else rows.uuid(idBytes, place);
    writeListed(rows, item.listed, owner);
  }
  return rows.written();
}

function idOf({ listed }: StagedItem): string | null {
  if (!('ok' in listed)) return listed.id;
  return listed.ok ? listed.record.id : listed.bad.id;
}

function writeListed(rows: BinaryRows, listed: StagedItem['listed'], owner: OwnerOf): void {
  if (!('ok' in listed)) {
    writePlain(rows, listed);
    writeOwner(rows, owner(nameOf(listed)));
  } else if (listed.ok) {
    writeRecord(rows, listed.record);
    writeOwner(rows, owner(listed.record.name));
  } else {
    const { createdAt, downloadCount } = listed.bad;
    if (createdAt === null) rows.null();
    else rows.instant(createdAt);
    if (downloadCount === null) rows.null();
    else rows.whole(downloadCount);
    // Six more that are listed, and the owner.
    for (let field = 0; field < LISTED_FIELDS - 1; field += 1) rows.null();
  }
}

function writeOwner(rows: BinaryRows, owner: string | null): void {
  if (owner === null) rows.null();
  else rows.text(owner);
}
