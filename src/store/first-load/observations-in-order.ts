import { UUID_BYTES } from '../uuid-bytes.ts';
import { OBSERVATION_BYTES, type PageRows } from './page-rows.ts';

/** More rows than are ever written together. */
const MOST_ROWS = 2 ** 20;

/**
 * The observations of some pages, in the order of their key: as their artifacts are listed, each falls on another page of
 * the index. In order PostgreSQL takes 0.92 of the time for a first load (four rounds of 200,000, both ways in turn).
 */
export function observationsInOrder(pages: readonly PageRows[]): Buffer {
  const ids = Buffer.concat(pages.map((page) => page.ids));
  const rows = Buffer.concat(pages.map((page) => page.observations));
  const count = ids.length / UUID_BYTES;
  // The first digits of an id and its place, in one number: numbers are sorted without a call for each two.
  const keys = Float64Array.from({ length: count }, (_, at) => ids.readUInt32BE(at * UUID_BYTES) * MOST_ROWS + at);
  keys.sort();
  const sorted = Buffer.allocUnsafe(rows.length);
  let to = 0;
  for (const key of keys) {
    const from = (key % MOST_ROWS) * OBSERVATION_BYTES;
    to += rows.copy(sorted, to, from, from + OBSERVATION_BYTES);
  }
  return sorted;
}
