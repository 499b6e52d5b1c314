import { type CompiledModule, createModule, hasFunctions } from '../catalog/compiled-module.ts';
import type { ItemRecords } from '../catalog/item-records.ts';
import type { PlainItem } from '../catalog/page.ts';
import { LISTED_MODULE } from './listed-module.ts';

/** Compiled from assembly/listed/items.ts, which says what it does. */
interface ListedModule extends CompiledModule {
  writeItems(
    bytesAt: number,
    recordsAt: number,
    itemsAt: number,
    digestsAt: number,
    count: number,
    writtenAt: number,
  ): void;
}

const FUNCTIONS = ['freeFrom', 'writeItems'];
const listedModule = createModule(LISTED_MODULE, (exports): exports is ListedModule =>
  hasFunctions(exports, FUNCTIONS),
);

const WORD_BYTES = 4;
/** What an item takes at most beside the bytes that the catalog sent of it. */
const ITEM_BYTES = 200;
/** Behind what is written something may be written meanwhile. */
const TO_SPARE = 16;

/**
 * What plain items list, each in COPY's binary format: LISTED_COLUMNS.
 *
 * By WebAssembly, for all at once: 200 items take 0.05 ms, and took 0.3 in JavaScript.
 *
 * @param items of one answer; null for others that are none
 * @returns in their order; null for those
 * @throws RangeError where there is no memory for it
 */
export function listedItems(items: readonly (PlainItem | null)[]): readonly (Buffer | null)[] {
  const plain = items.filter((item) => item !== null);
  const [one] = plain;
  if (one === undefined) return items.map(() => null);
  const { all, ends } = write(one.bytes, one.records, plain);
  let index = 0;
  return items.map((item) => {
    if (item === null) return null;
    const written = all.subarray(ends[index - 1] ?? 0, ends[index]);
    index += 1;
    return written;
  });
}

/** All one behind the other, and where each of them ends. */
function write(
  bytes: Buffer,
  records: ItemRecords,
  items: readonly PlainItem[],
): { readonly all: Buffer; readonly ends: Uint32Array } {
  const { words } = records;
  const digests = Buffer.concat(items.map(({ digest }) => digest));
  const most = items.reduce((sum, { place }) => sum + records.end(place) - records.start(place) + ITEM_BYTES, TO_SPARE);
  const needed = (words.length + items.length + 1) * WORD_BYTES + digests.length + bytes.length + most;
  const written = listedModule.use(needed, (module, memory, from) => {
    const recordsAt = Math.ceil(from / WORD_BYTES) * WORD_BYTES;
    const itemsAt = recordsAt + words.length * WORD_BYTES;
    const digestsAt = itemsAt + items.length * WORD_BYTES;
    const bytesAt = digestsAt + digests.length;
    const writtenAt = bytesAt + bytes.length;
    new Uint32Array(memory.buffer, recordsAt, words.length).set(words);
    const starts = new Uint32Array(memory.buffer, itemsAt, items.length);
    for (const [index, { place }] of items.entries()) starts[index] = records.starts[place] ?? 0;
    memory.set(digests, digestsAt);
    memory.set(bytes, bytesAt);
    module.writeItems(bytesAt, recordsAt, itemsAt, digestsAt, items.length, writtenAt);
    // What is left in memory the next use writes over.
    const ends = starts.slice();
    return { all: Buffer.from(memory.subarray(writtenAt, writtenAt + (ends.at(-1) ?? 0))), ends };
  });
  if (written === null) throw new RangeError(`there is no memory to write ${items.length} items`);
  return written;
}
