import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { from as copyFrom } from 'pg-copy-streams';
import { describe, expect, it } from 'vitest';
import { copyRow } from '../../src/store/copy-text.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

/** What PostgreSQL's text can hold: anything but U+0000 and half a surrogate pair, which make a record a bad one. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\\', '\n', '\r', '\t', 'N', '.', 'n', 't', '0', 'x', '\b', '\v', '\f', '"') }),
    fc.constantFrom('', '\\N', '\\.', '\\.\n', '\\\\', 'NULL', '\u2028', '\uFEFF', '😀', 'e\u0301'),
  )
  .filter((value) => !/[\0\p{Surrogate}]/u.test(value));

const row = fc.tuple(fc.option(text), fc.option(text), fc.maxSafeNat(), fc.boolean());

describe.skipIf(!postgresAvailable)("COPY's text format", () => {
  const database = useTestDatabase();

  it('carries every text, number, boolean and null to PostgreSQL as it was', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('CREATE TEMP TABLE copied (position integer, a text, b text, n bigint, yes boolean)');
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
          await client.query('TRUNCATE copied');
          const lines = rows.map((values, position) => copyRow([position, ...values]));
          await pipeline(lines, client.query(copyFrom('COPY copied FROM STDIN')));
          const { rows: arrived } = await client.query({
            text: 'SELECT a, b, n, yes FROM copied ORDER BY position',
            rowMode: 'array',
          });
          expect(arrived).toEqual(rows.map(([a, b, n, yes]) => [a, b, String(n), yes]));
        }),
        { numRuns: 60 },
      );
    } finally {
      client.release();
    }
  });

  it('carries JSON as its text', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('CREATE TEMP TABLE documents (position integer, document jsonb)');
      await fc.assert(
        fc.asyncProperty(fc.dictionary(text, fc.oneof(text, fc.boolean(), fc.constant(null))), async (document) => {
          await client.query('TRUNCATE documents');
          await pipeline([copyRow([1, JSON.stringify(document)])], client.query(copyFrom('COPY documents FROM STDIN')));
          // Compared within PostgreSQL: JSON.parse itself mistakes keys (src/catalog/parse-json.ts).
          const { rows } = await client.query<{ same: boolean }>(
            'SELECT document = (SELECT coalesce(jsonb_object_agg(key, value::jsonb), $3) FROM unnest($1::text[], $2::text[]) AS m (key, value)) AS same FROM documents',
            [Object.keys(document), Object.values(document).map((value) => JSON.stringify(value)), '{}'],
          );
          expect(rows).toEqual([{ same: true }]);
        }),
        { numRuns: 60 },
      );
    } finally {
      client.release();
    }
  });
});
