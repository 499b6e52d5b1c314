import fc from 'fast-check';
import { expect, it } from 'vitest';
import { observationsInOrder } from '../../src/store/first-load/observations-in-order.ts';
import { OBSERVATION_BYTES, type PageRows } from '../../src/store/first-load/page-rows.ts';
import { uuidBytes } from '../../src/store/uuid-bytes.ts';

/** A page of these artifacts, whose observations are as long as real ones and hold the id and a number. */
function pageOf(ids: readonly string[], first: number): PageRows {
  const observations = ids.map((id, n) => `${id}${String(first + n).padStart(OBSERVATION_BYTES - id.length, '.')}`);
  return {
    artifacts: Buffer.alloc(0),
    observations: Buffer.from(observations.join('')),
    ids: uuidBytes(ids),
    count: ids.length,
  };
}

it('observations of several pages are put in the order of their artifacts, each once and whole', () => {
  const someIds = fc.array(fc.oneof(fc.uuid(), fc.constantFrom('ffffffff-0000-4000-8000-000000000000')), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(someIds, { maxLength: 5 }), (lists) => {
      const pages = lists.map((ids, n) => pageOf(ids, n * 100));
      const text = observationsInOrder(pages).toString();
      const rows = Array.from({ length: lists.flat().length }, (_, n) =>
        text.slice(n * OBSERVATION_BYTES, (n + 1) * OBSERVATION_BYTES),
      );
      const given = Buffer.concat(pages.map(({ observations }) => observations)).toString();
      expect(text).toHaveLength(given.length);
      for (const row of rows) expect(given.indexOf(row) % OBSERVATION_BYTES).toBe(0);
      expect(new Set(rows).size).toBe(rows.length);
      const begins = rows.map((row) => row.slice(0, 8));
      expect(begins).toEqual([...begins].sort());
    }),
  );
});
