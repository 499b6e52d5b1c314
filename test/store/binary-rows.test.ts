import fc from 'fast-check';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { seeItems } from '../../src/catalog/see-items.ts';
import { BinaryRows } from '../../src/store/binary-rows.ts';
import { copyTogether } from '../../src/store/copy-together.ts';
import { uuidBytes } from '../../src/store/uuid-bytes.ts';
import { uuidList } from '../../src/store/uuid-list.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

const text = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.constantFrom('', 'x'.repeat(100), '\\N'))
  .filter((value) => !/[\0\p{Surrogate}]/u.test(value));
const instant = fc
  .oneof(
    fc.date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') }),
    fc.constantFrom(new Date('0001-01-01T00:00:00Z'), new Date('1999-12-31T23:59:59Z'), new Date('9999-12-31Z')),
  )
  .chain((date) =>
    fc.nat(999).map((micros) => `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`),
  );
const bigint = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constantFrom(-1n, 0n, 2n ** 32n));
const whole = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER));

const row = fc.record({
  uuid: fc.uuid(),
  text: fc.option(text),
  bigint,
  whole,
  yes: fc.boolean(),
  instant,
  json: fc.dictionary(text, fc.oneof(text, fc.integer()), { maxKeys: 3 }).map((value) => JSON.stringify(value)),
});

const TABLE = 'copied (place, uuid, text, bigint, whole, yes, instant, json)';
const MADE = `CREATE TEMP TABLE copied (
  place bigint, uuid uuid, text text, bigint bigint, whole bigint, yes boolean, instant timestamptz, json jsonb)`;

async function withClient<T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await use(client);
  } finally {
    client.release();
  }
}

describe.skipIf(!postgresAvailable)("rows in COPY's binary format", () => {
  const database = useTestDatabase();

  it('carry every value to PostgreSQL as it was, however many bytes were expected', () =>
    withClient(database.pool, async (client) => {
      await client.query(MADE);
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(400), async (given, expected) => {
          await client.query('TRUNCATE copied');
          const rows = new BinaryRows(expected);
          const uuids = uuidBytes(given.map(({ uuid }) => uuid));
          for (const [place, one] of given.entries()) {
            rows.row(8);
            rows.whole(place);
            rows.uuid(uuids, place);
            if (one.text === null) rows.null();
            else rows.text(one.text);
            rows.bigint(one.bigint);
            rows.whole(one.whole);
            rows.boolean(one.yes);
            rows.instant(one.instant);
            rows.jsonb(one.json);
          }
          await copyTogether(client, [{ target: TABLE, rows: [rows.written()] }]);
          // Compared within PostgreSQL, which reads the texts itself.
          const { rows: arrived } = await client.query(
            `SELECT place FROM copied
             JOIN unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::timestamptz[], $7::jsonb[])
               WITH ORDINALITY AS given (uuid, text, bigint, whole, yes, instant, json, n)
               ON n = place + 1
             WHERE (copied.uuid, copied.bigint, copied.whole, copied.yes, copied.instant, copied.json)
                 = (given.uuid, given.bigint, given.whole, given.yes, given.instant, given.json)
               AND copied.text IS NOT DISTINCT FROM given.text`,
            [
              given.map(({ uuid }) => uuid),
              given.map((one) => one.text),
              given.map((one) => one.bigint),
              given.map((one) => one.whole),
              given.map(({ yes }) => yes),
              given.map((one) => one.instant),
              given.map(({ json }) => json),
            ],
          );
          expect(arrived).toHaveLength(given.length);
        }),
        { numRuns: 100 },
      );
    }));

  it('carry what the ledger keeps: numbers, intervals without a bound, lists of ids, and bytes that follow', () =>
    withClient(database.pool, async (client) => {
      await client.query('CREATE TEMP TABLE copied (place integer, span tstzrange, ids uuid[], kept bytea)');
      const [first, last] = ['1999-01-02T03:04:05.678901Z', '2025-01-15T03:00:00.000000Z'];
      const spans = [
        [first, last],
        [null, last],
        [first, null],
        [null, null],
      ] as const;
      const ids = ['0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', 'ffffffff-ffff-4fff-8fff-ffffffffffff'];
      const parts = spans.flatMap(([after, before], place) => {
        const kept = Buffer.from(`kept of ${place}`);
        const rows = new BinaryRows(0);
        rows.row(4);
        rows.integer(place - 2);
        rows.openRange(after, before);
        rows.value(uuidList(ids.slice(0, place)));
        rows.beginValue(kept.length);
        return [rows.written(), kept];
      });
      await copyTogether(client, [{ target: 'copied (place, span, ids, kept)', rows: parts }]);
      const { rows } = await client.query(
        `SELECT place, ids, convert_from(kept, 'UTF8') AS kept,
                span = tstzrange(after, before, '()') AS is_span
         FROM copied JOIN unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS given (after, before, n)
           ON n = place + 3
         ORDER BY place`,
        [spans.map(([after]) => after), spans.map(([, before]) => before)],
      );
      expect(rows).toEqual(
        spans.map((_, place) => ({
          place: place - 2,
          ids: ids.slice(0, place),
          kept: `kept of ${place}`,
          is_span: true,
        })),
      );
    }));

  it('carry a row of fields that were written before', () =>
    withClient(database.pool, async (client) => {
      await client.query('CREATE TEMP TABLE copied (a text, b text, c bigint)');
      const written = new BinaryRows(0);
      written.text('before');
      written.whole(7);
      const rows = new BinaryRows(0);
      for (const own of ['one', 'two']) {
        rows.row(3);
        rows.text(own);
        rows.fields(written.written());
      }
      await copyTogether(client, [{ target: 'copied (a, b, c)', rows: [rows.written()] }]);
      expect((await client.query('SELECT * FROM copied')).rows).toEqual([
        { a: 'one', b: 'before', c: '7' },
        { a: 'two', b: 'before', c: '7' },
      ]);
    }));
});

/** Whether an item is, of which a member has this value. */
function isPlain(json: string): boolean {
  const id = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
  const item = { id, name: 'acme/one', version: '1', framework: 'onnx', created_at: '2025-01-31T03:04:05Z' };
  const bytes = Buffer.from(`{"models":[${JSON.stringify(item).slice(0, -1)},"more":${json}}]}`);
  const seen = seeItems(bytes, 'models');
  if (seen === null) throw new Error(`it was not seen: ${json}`);
  return seen.records.isPlain(0);
}

describe.skipIf(!postgresAvailable)('bytes of JSON in which nothing unusual was met', () => {
  const database = useTestDatabase();
  const number = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.oneof(fc.nat().map(String), fc.constantFrom('0', '12345678901234', '123456789012345', '99999999999999999')),
      fc.oneof(
        fc.constant(''),
        fc.nat(999_999).map((n) => `.${n}`),
        fc.constantFrom('.0', '.10', '.000000000001'),
      ),
      fc.constantFrom('', '', '', 'e2', 'E-7'),
    )
    .map((parts) => parts.join(''));
  const escaped = fc.constantFrom(
    '\\"',
    '\\\\',
    '\\/',
    '\\n',
    '\\u00e9',
    '\\u0000',
    '\\ud83d',
    '\\uDE00',
    '\\uE000',
    'a',
  );
  const word = fc.array(escaped, { maxLength: 3 }).map((parts) => `"${parts.join('')}"`);
  const value = fc
    .array(
      fc.oneof(
        number,
        word,
        fc.tuple(word, number).map(([key, one]) => `{${key}:${one}}`),
      ),
      { maxLength: 3 },
    )
    .map((parts) => `[${parts.join()}]`);

  it('are to PostgreSQL what JSON.parse makes of them', async () => {
    const usual = new Set<string>();
    let met = 0;
    fc.assert(
      fc.property(value, (json) => {
        if (isPlain(json)) usual.add(json);
        else met += 1;
      }),
      { numRuns: 5_000 },
    );
    const texts = [...usual];
    expect(texts.length).toBeGreaterThan(250);
    expect(met).toBeGreaterThan(500);
    const { rows } = await database.pool.query(
      `SELECT received, read FROM unnest($1::text[], $2::text[]) AS one (received, read)
       WHERE received::jsonb::text <> read::jsonb::text`,
      [texts, texts.map((json) => JSON.stringify(JSON.parse(json)))],
    );
    expect(rows).toEqual([]);
  });
});
