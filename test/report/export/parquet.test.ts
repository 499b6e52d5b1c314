import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createParquetWriter } from '../../../src/report/export/parquet.ts';
import type { ReportColumn, ReportRow } from '../../../src/report/report-values.ts';
import { type ParquetFile, readWithDuckDb } from './duckdb.ts';

const COLUMNS: readonly ReportColumn[] = [
  { name: 'name', type: 'text' },
  { name: 'covered', type: 'boolean' },
  { name: 'downloads', type: 'integer' },
  { name: 'seconds', type: 'real' },
  { name: 'day', type: 'day' },
  { name: 'at', type: 'instant' },
  { name: 'extra', type: 'json' },
];
const NULLS: ReportRow = Object.fromEntries(COLUMNS.map(({ name }) => [name, null]));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-parquet-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function written(batches: readonly (readonly ReportRow[])[], columns = COLUMNS): Promise<ParquetFile> {
  const writer = createParquetWriter(columns);
  const parts = [writer.begin(), ...batches.map((rows) => writer.rows(rows)), writer.end()];
  const path = join(folder, 'file.parquet');
  await writeFile(path, Buffer.concat(parts));
  return readWithDuckDb(path);
}

describe('parquet', () => {
  it('has a proper type for each column, also where there are no rows', async () => {
    expect(await written([])).toEqual({
      types: {
        name: 'VARCHAR',
        covered: 'BOOLEAN',
        downloads: 'BIGINT',
        seconds: 'DOUBLE',
        day: 'DATE',
        at: 'TIMESTAMP WITH TIME ZONE',
        extra: 'JSON',
      },
      rows: [],
      rowGroups: 0,
    });
  });

  it('keeps every value exactly: 64-bit integers, microseconds, days long ago, JSON members of any name', async () => {
    const extra = JSON.parse('{"__proto__":{"a":[1,null]},"":"=x","é":-0.5}');
    const { rows } = await written([
      [
        {
          name: '',
          covered: true,
          downloads: '9223372036854775807',
          seconds: 0.1,
          day: '1969-12-31',
          at: '1969-12-31T23:59:59.999999Z',
          extra,
        },
        NULLS,
        {
          name: '👍\n"',
          covered: false,
          downloads: '-9223372036854775808',
          seconds: -1e-7,
          day: '2024-02-29',
          at: '2025-01-15T03:00:00.000001Z',
          extra: 'text',
        },
        { ...NULLS, downloads: 9007199254740991, extra: [] },
      ],
    ]);
    expect(rows).toEqual([
      {
        name: '',
        covered: 'true',
        downloads: '9223372036854775807',
        seconds: '0.1',
        day: '1969-12-31',
        at: '1969-12-31 23:59:59.999999+00',
        extra: '{"__proto__":{"a":[1,null]},"":"=x","é":-0.5}',
      },
      NULLS,
      {
        name: '👍\n"',
        covered: 'false',
        downloads: '-9223372036854775808',
        seconds: '-1e-07',
        day: '2024-02-29',
        at: '2025-01-15 03:00:00.000001+00',
        extra: '"text"',
      },
      { ...NULLS, downloads: '9007199254740991', extra: '[]' },
    ]);
  });

  it('writes row groups as rows come, and keeps nothing of those that are written', async () => {
    const batch = (from: number) =>
      Array.from({ length: 1_000 }, (_, place) => ({ ...NULLS, downloads: from + place }));
    const writer = createParquetWriter(COLUMNS);
    writer.begin();
    const sizes = Array.from({ length: 45 }, (_, place) => writer.rows(batch(place * 1_000)).length);
    expect(sizes.flatMap((size, place) => (size > 0 ? [place + 1] : []))).toEqual([20, 40]);

    const { rows, rowGroups } = await written(Array.from({ length: 45 }, (_, place) => batch(place * 1_000)));
    expect(rowGroups).toBe(3);
    expect(rows.map(({ downloads }) => Number(downloads))).toEqual(Array.from({ length: 45_000 }, (_, place) => place));
  });

  it('writes a row group early where rows are long', async () => {
    const long = Array.from({ length: 10 }, (_, place) => ({ ...NULLS, name: String(place).repeat(1_000_000) }));
    expect((await written([long])).rowGroups).toBe(2);
  });

  it.each(['9223372036854775808', '-9223372036854775809'])(
    'refuses %s, which is more than 64 bits hold, rather than to round it',
    (downloads) => {
      const writer = createParquetWriter(COLUMNS);
      expect(() => writer.rows([{ ...NULLS, downloads }])).toThrow(
        `could not export to Parquet (column downloads): ${downloads} does not fit into 64 bits`,
      );
    },
  );
});
