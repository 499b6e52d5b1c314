import { type CompiledModule, createModule, hasFunctions } from './compiled-module.ts';
import { ItemRecords } from './item-records.ts';
import { idsDigestOf, type ListBytes } from './known-list.ts';
import { SIGHT_MODULE } from './sight-module.ts';
import { LONGEST_TEXT } from './usual-record.ts';

/** Where an answer's list of items is, and what was seen of them. */
export interface SeenItems {
  readonly list: ListBytes;
  readonly records: ItemRecords;
  /** Their ids as PostgreSQL keeps them, one behind the other. */
  readonly ids: Buffer;
  /** See idsDigestOf. */
  readonly idsDigest: string;
  /** Null where a place is not written as nearly all servers write it: then somebody must read them. */
  readonly order: SeenOrder | null;
}

/** How the places of the items lie. */
export interface SeenOrder {
  /** Not strictly. */
  readonly ascending: boolean;
  /** The places on the page of the earliest and the latest one. */
  readonly earliest: number;
  readonly latest: number;
}

/** Compiled from assembly/sight/answer.ts, which says what its functions do. */
interface SightModule extends CompiledModule {
  sight(at: number, length: number, keyAt: number, keyLength: number, recordsAt: number, longest: number): number;
  copyIds(recordsAt: number, count: number): number;
  seenListFrom(): number;
  seenListTo(): number;
  seenRecordsTo(): number;
  seenItems(): number;
  seenAreUsual(): number;
  seenDoAscend(): number;
  seenEarliest(): number;
  seenLatest(): number;
}

const FUNCTIONS = [
  ...['freeFrom', 'sight', 'copyIds', 'seenListFrom', 'seenListTo', 'seenRecordsTo'],
  ...['seenItems', 'seenAreUsual', 'seenDoAscend', 'seenEarliest', 'seenLatest'],
];
const sightModule = createModule(SIGHT_MODULE, (exports): exports is SightModule => hasFunctions(exports, FUNCTIONS));

/** At these every search ends, which looks at so many bytes at a time. */
const ZEROS = 16;
const WORD_BYTES = 4;
/** An id as it is written, and a newline. */
const LINE_BYTES = 37;
const ID_BYTES = 16;

/**
 * Finds the items of an answer in its bytes, checks that they are JSON, and records where stands what they list.
 *
 * By WebAssembly, sixteen bytes at a time: a page of 200 items takes 0.06 ms, and took 0.23 in JavaScript, beside the time to
 * compile that anew in each process.
 *
 * @param bytes valid UTF-8
 * @param envelopeKey the member of the answer that is the list
 * @returns null for an answer that must be read to be understood
 */
export function seeItems(bytes: Buffer, envelopeKey: string): SeenItems | null {
  const key = Buffer.from(JSON.stringify(envelopeKey));
  const needed = key.length + bytes.length + ZEROS + WORD_BYTES;
  return sightModule.use(needed, (module, memory, keyAt) => {
    const at = keyAt + key.length;
    const recordsAt = Math.ceil((at + bytes.length + ZEROS) / WORD_BYTES) * WORD_BYTES;
    memory.set(key, keyAt);
    memory.set(bytes, at);
    memory.fill(0, at + bytes.length, recordsAt);
    const isSeen = module.sight(at, bytes.length, keyAt, key.length, recordsAt, LONGEST_TEXT) === 1;
    return isSeen ? seenOf(module, recordsAt) : null;
  });
}

/** The next answer takes the place of what is in memory. */
function seenOf(module: SightModule, recordsAt: number): SeenItems | null {
  const count = module.seenItems();
  const recordsTo = module.seenRecordsTo();
  const linesAt = module.copyIds(recordsAt, count);
  if (linesAt === 0) return null;
  const idsAt = linesAt + count * LINE_BYTES;
  const memory = Buffer.from(module.memory.buffer);
  return {
    list: { from: module.seenListFrom(), to: module.seenListTo() },
    records: new ItemRecords(new Uint32Array(module.memory.buffer.slice(recordsAt, recordsTo)), count),
    ids: Buffer.from(memory.subarray(idsAt, idsAt + count * ID_BYTES)),
    idsDigest: idsDigestOf(memory.subarray(linesAt, idsAt)),
    order:
      module.seenAreUsual() === 1
        ? {
            ascending: module.seenDoAscend() === 1,
            earliest: module.seenEarliest(),
            latest: module.seenLatest(),
          }
        : null,
  };
}
