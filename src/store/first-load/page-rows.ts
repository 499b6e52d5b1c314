import type { PageItem, PlainItem, Unread } from '../../catalog/page.ts';
import type { Cover } from '../apply/cover.ts';
import { BinaryRows, instantOf } from '../binary-rows.ts';
import type { ClaimedRun, RunIdentity } from '../claim-run.ts';
import { LISTED_COLUMNS, LISTED_FIELDS, nameOf, writeRecord } from '../listed-fields.ts';
import { withListedItems } from '../listed-items.ts';
import type { OwnerOf } from '../staged-rows.ts';
import { uuidAt } from '../uuid-bytes.ts';

/** Where the rows go, the fields in their order. */
export const LOADED_ARTIFACTS =
  `mirror.artifacts (${LISTED_COLUMNS}, first_seen_at, changed_at, kind, owner, mirrored_by, ` +
  'first_run_id, changed_run_id, run_order, baseline_cover_id, lull_after_cover_id)';
export const LOADED_OBSERVATIONS = 'mirror.download_observations (artifact_id, observed_at, run_id, download_count)';
const ARTIFACT_FIELDS = 10 + LISTED_FIELDS;
const OBSERVATION_FIELDS = 4;

/** What an artifact's row takes beside the bytes that the catalog sent of it, and those fields that all of a page have. */
const ARTIFACT_BYTES = 140;
/** What an observation's row takes. */
export const OBSERVATION_BYTES = 58;

/** The rows of a page's artifacts, and of their first observations, in COPY's binary format. */
export interface PageRows {
  readonly artifacts: Buffer;
  readonly observations: Buffer;
  /** The ids of both, as uuidBytes makes them. */
  readonly ids: Buffer;
  readonly count: number;
}

/** Makes the rows of a page; null where an item is bad, or not the organization's own for sure. */
export type RowsOf = (unread: Unread, arrivedAt: Date) => PageRows | null;

/** Makes the rows of new artifacts: what insertArrivals makes of the same items once they are staged. */
export function createRowsOf(
  { runId }: ClaimedRun,
  { kind, organization }: RunIdentity,
  { id: coverId }: Cover,
  ownerOf: OwnerOf,
): RowsOf {
  // One whose name shows no owner may be another organization's to add as well, and is not to be held from it for a walk.
  const isOwn: IsOwn = (name) => ownerOf(name) === organization;
  const run = BigInt(runId);
  const ofRun = fieldsOf((rows) => {
    rows.text(kind);
    rows.text(organization);
    rows.text(organization);
    for (let column = 0; column < 3; column += 1) rows.bigint(run);
    rows.bigint(BigInt(coverId));
    // The first covered day is a baseline, and the lull that an artifact is in begins before it.
    rows.bigint(0n);
  });
  return (unread, arrivedAt) => {
    const moment = fieldsOf((rows) => rows.instant(instantOf(arrivedAt)));
    const observed = Buffer.concat([moment, fieldsOf((rows) => rows.bigint(run))]);
    const ofPage = Buffer.concat([moment, moment, ofRun]);
    const { count, ids, digests } = unread.sighted;
    const artifacts = new BinaryRows(unread.size + count * (ARTIFACT_BYTES + ofPage.length));
    const observations = new BinaryRows(count * OBSERVATION_BYTES);
    const plain = Array.from({ length: count }, (_, place) => unread.plain(place));
    const isWritten = withListedItems(plain, (written) => {
      for (let place = 0; place < count; place += 1) {
        artifacts.row(ARTIFACT_FIELDS);
        const fields = written[place] ?? null;
        const one = plain[place] ?? null;
        const downloadCount =
          one !== null && fields !== null
            ? writePlain(artifacts, one, fields, isOwn)
            : writeRead(artifacts, unread.read(place), uuidAt(digests, place), isOwn);
        if (downloadCount === null) return false;
        artifacts.fields(ofPage);
        observations.row(OBSERVATION_FIELDS);
        observations.uuid(ids, place);
        observations.fields(observed);
        observations.whole(downloadCount);
      }
      return true;
    });
    if (!isWritten) return null;
    return { artifacts: artifacts.written(), observations: observations.written(), ids, count };
  };
}

function fieldsOf(write: (rows: BinaryRows) => void): Buffer {
  const rows = new BinaryRows(256);
  write(rows);
  return rows.written();
}

type IsOwn = (name: string) => boolean;

/** Writes what a plain item lists, and returns its counter; null where it is not the organization's own. */
function writePlain(rows: BinaryRows, item: PlainItem, fields: Buffer, isOwn: IsOwn): number | null {
  if (!isOwn(nameOf(item))) return null;
  rows.fields(fields);
  return item.records.downloadCount(item.place);
}

/** The same of an item that must be read; null too where it is bad. */
function writeRead(rows: BinaryRows, item: PageItem, digest: Buffer, isOwn: IsOwn): number | null {
  if (!item.ok || !isOwn(item.record.name)) return null;
  writeRecord(rows, item.record, digest);
  return item.record.downloadCount;
}
