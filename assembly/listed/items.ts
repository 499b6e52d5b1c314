import * as record from '../../src/catalog/record-words';
import {
  beginObject,
  endObject,
  openRows,
  rowsEnd,
  writeFlag,
  writeJsonb,
  writeLong,
  writeMembers,
  writeNull,
  writeText,
  writeUuid,
  writeUuidOfDigits,
} from './rows';

/** From here on memory is the caller's. */
export function freeFrom(): usize {
  return __heap_base;
}

/** 2000-01-01, from which PostgreSQL counts, in microseconds since 1970. */
const EPOCH: u64 = 946_684_800_000_000;

/** Of the answer, and of the record of the item that is being written. */
let bytes: usize = 0;
let item: usize = 0;

/**
 * Writes plain items with all that they list, in COPY's binary format: the fields of LISTED_COLUMNS
 * (src/store/listed-fields.ts).
 *
 * @param bytesAt the answer
 * @param recordsAt what was recorded of its items
 * @param itemsAt of each item that is wanted which word of the records is its first, a number of 32 bits; where it ends in
 *   what is written, from its beginning, is put into its place
 * @param digestsAt their digests, in their order
 * @param count of them
 * @param writtenAt where to write them, with sixteen bytes to spare behind
 */
export function writeItems(
  bytesAt: usize,
  recordsAt: usize,
  itemsAt: usize,
  digestsAt: usize,
  count: i32,
  writtenAt: usize,
): void {
  bytes = bytesAt;
  openRows(writtenAt);
  for (let index: usize = 0; index < <usize>count; index += 1) {
    item = recordsAt + <usize>load<u32>(itemsAt + index * 4) * 4;
    writeItem(digestsAt + index * 16);
    store<u32>(itemsAt + index * 4, <u32>(rowsEnd() - writtenAt));
  }
}

function writeItem(digestAt: usize): void {
  writeUuidOfDigits(positionAt(record.ID));
  writeUuid(digestAt);
  writeLong(longAt(record.MICROSECONDS) - EPOCH);
  writeLong(longAt(record.DOWNLOAD_COUNT));
  writeText(positionAt(record.NAME), positionAt(record.NAME + 1));
  writeText(positionAt(record.VERSION), positionAt(record.VERSION + 1));
  writeText(positionAt(record.FRAMEWORK), positionAt(record.FRAMEWORK + 1));
  writeFlag(wordAt(record.IS_PUBLIC) === 1);
  if (wordAt(record.ORIGIN + 1) === 0) writeNull();
  else writeJsonb(positionAt(record.ORIGIN), positionAt(record.ORIGIN + 1));
  writeExtra();
}

/** The object that has the members which the contract does not know. */
function writeExtra(): void {
  const object = beginObject();
  const behind = record.WORDS + <i32>wordAt(record.EXTRAS) * record.WORDS_OF_EXTRA;
  for (let extra: i32 = record.WORDS; extra < behind; extra += record.WORDS_OF_EXTRA) {
    writeMembers(positionAt(extra), positionAt(extra + 1), extra === record.WORDS);
  }
  endObject(object);
}

function wordAt(word: i32): u32 {
  return load<u32>(item + ((<usize>word) << 2));
}

function longAt(word: i32): u64 {
  return load<u64>(item + ((<usize>word) << 2));
}

function positionAt(word: i32): usize {
  return bytes + wordAt(word);
}
