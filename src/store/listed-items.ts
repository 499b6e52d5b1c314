import { type CompiledModule, createModule, hasFunctions } from '../catalog/compiled-module.ts';
import type { PlainItem } from '../catalog/page.ts';
import { LISTED_MODULE } from './listed-module.ts';
import { UUID_BYTES } from './uuid-bytes.ts';

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
 * @param use is given them in their order, null for those others; of what it was given nothing is there any more behind it
 * @returns what `use` returned
 * @throws RangeError where there is no memory for it
 */
export function withListedItems<T>(
  items: readonly (PlainItem | null)[],
  use: (written: readonly (Buffer | null)[]) => T,
): T {
  const plain = items.filter((item) => item !== null);
  const [one] = plain;
  if (one === undefined) return use(items.map(() => null));
  return write(one, plain, (all, ends) => {
    let index = 0;
    const written = items.map((item) => {
      if (item === null) return null;
      index += 1;
      return all.subarray(ends[index - 2] ?? 0, ends[index - 1]);
    });
    return use(written);
  });
}

/** @param use is given all, one behind the other, and where each of them ends */
function write<T>(
  { bytes, records, digests }: PlainItem,
  items: readonly PlainItem[],
  use: (all: Buffer, ends: Uint32Array) => T,
): T {
  const { words } = records;
  const most = items.reduce((sum, { place }) => sum + records.end(place) - records.start(place) + ITEM_BYTES, TO_SPARE);
  const needed = (words.length + items.length + 1) * WORD_BYTES + items.length * UUID_BYTES + bytes.length + most;
  const used = listedModule.use(needed, (module, memory, from) => {
    const recordsAt = Math.ceil(from / WORD_BYTES) * WORD_BYTES;
    const itemsAt = recordsAt + words.length * WORD_BYTES;
    const digestsAt = itemsAt + items.length * WORD_BYTES;
    const bytesAt = digestsAt + items.length * UUID_BYTES;
    const writtenAt = bytesAt + bytes.length;
    new Uint32Array(memory.buffer, recordsAt, words.length).set(words);
    const starts = new Uint32Array(memory.buffer, itemsAt, items.length);
    for (const [index, { place }] of items.entries()) {
      starts[index] = records.starts[place] ?? 0;
      digests.copy(memory, digestsAt + index * UUID_BYTES, place * UUID_BYTES, (place + 1) * UUID_BYTES);
    }
    memory.set(bytes, bytesAt);
    module.writeItems(bytesAt, recordsAt, itemsAt, digestsAt, items.length, writtenAt);
    return { result: use(Buffer.from(memory.buffer, writtenAt, starts.at(-1) ?? 0), starts) };
  });
  if (used === null) throw new RangeError(`there is no memory to write ${items.length} items`);
  return used.result;
}
