import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse/sync';
import { from } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withoutFormula } from '../../src/report/export/csv.ts';
import type { ReportValue } from '../../src/report/report-values.ts';
import { REPORTS, type ReportColumnType, reportNamed } from '../../src/report/reports.ts';
import { readWithDuckDb } from '../report/export/duckdb.ts';
import { writeNastyHistory } from '../report/export/nasty.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Ran, runCommand, STACK, type Surroundings, tooWide } from './terminal.ts';

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-export-'));
  if (!postgresAvailable) return;
  database = await createTestDatabase();
  await writeNastyHistory(database.pool);
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

function run(args: readonly string[], more: Partial<Surroundings> = {}): Promise<Ran> {
  return runCommand(args, {
    cwd: folder,
    env: { DATABASE_URL: database.connectionString, CATALOG_MIRROR_HOME: join(folder, 'home'), NO_COLOR: '1' },
    ...more,
  });
}

const rowsSchema = z.array(z.record(z.string(), z.unknown()));
type Row = z.infer<typeof rowsSchema>[number];

/** What every format is held against. As parsed by JSON.parse alone: zod would lose members named `__proto__`. */
async function reported(name: string): Promise<Row[]> {
  const { code, out } = await run(['report', name, '--limit', '100000', '--json']);
  expect(code).toBe(0);
  const rows: Row[] = JSON.parse(out);
  rowsSchema.parse(rows);
  expect(rows.length, `${name} has no rows to compare`).toBeGreaterThan(0);
  return rows;
}

function typesOf(name: string): [column: string, type: ReportColumnType][] {
  const report = reportNamed(name);
  return Object.entries<ReportColumnType>(report === null ? {} : REPORTS[report].columns);
}

/** A value as CSV writes it, by the type of its column. */
function inCsv(value: unknown, type: ReportColumnType): string | null {
  if (value === null) return null;
  return type === 'json' ? JSON.stringify(value) : String(value);
}

/** A value as DuckDB writes it. */
function inDuckDb(value: unknown, type: ReportColumnType): string | null {
  const text = inCsv(value, type);
  if (text === null) return null;
  if (type === 'real') return Number.isInteger(value) ? `${text}.0` : text;
  if (type !== 'instant') return text;
  return text.replace('T', ' ').replace(/\.?0*Z$/, '+00');
}

const DUCKDB_TYPES: Readonly<Record<ReportColumnType, string>> = {
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  real: 'DOUBLE',
  day: 'DATE',
  instant: 'TIMESTAMP WITH TIME ZONE',
  json: 'JSON',
};

describe.skipIf(!postgresAvailable).each(Object.keys(REPORTS))('export %s', (name) => {
  it('as csv has every cell of the report, for another parser', async () => {
    const rows = await reported(name);
    const { code, out, err } = await run(['export', name, '--keep-formulas']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const cells: (string | null)[][] = parse(out, {
      record_delimiter: '\r\n',
      cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
    });
    const columns = typesOf(name);
    expect(cells[0]).toEqual(columns.map(([column]) => column));
    expect(cells.slice(1)).toEqual(rows.map((row) => columns.map(([column, type]) => inCsv(row[column], type))));
  });

  it('as csv is the same table again after COPY into PostgreSQL', async () => {
    const { out } = await run(['export', name, '--keep-formulas']);
    const client = await database.pool.connect();
    try {
      await client.query(`BEGIN; CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT * FROM report.${name} LIMIT 0`);
      await pipeline([out], client.query(from('COPY copied FROM STDIN (FORMAT csv, HEADER match)')));
      const difference = (one: string, other: string) => `(SELECT * FROM ${one} EXCEPT ALL SELECT * FROM ${other})`;
      const { rows } = await client.query(
        `${difference('copied', `report.${name}`)} UNION ALL ${difference(`report.${name}`, 'copied')}`,
      );
      expect(rows).toEqual([]);
      expect((await client.query('SELECT FROM copied')).rowCount).toBeGreaterThan(0);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('as csv neutralises what a spreadsheet would run, in text alone', async () => {
    const rows = await reported(name);
    const { out } = await run(['export', name]);
    const cells: string[][] = parse(out, { record_delimiter: '\r\n' });
    const columns = typesOf(name);
    const written = (value: unknown, type: ReportColumnType): string => {
      const text = inCsv(value, type) ?? '';
      return type === 'text' ? withoutFormula(text) : text;
    };
    expect(cells.slice(1)).toEqual(rows.map((row) => columns.map(([column, type]) => written(row[column], type))));
  });

  it('as ndjson has the values of report --json, an object a line', async () => {
    const rows = await reported(name);
    const { code, out, err } = await run(['export', name.replaceAll('_', '-'), '--format', 'ndjson']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });

  it('as parquet has every value with its type, for DuckDB', async () => {
    const rows = await reported(name);
    const output = join(folder, `${name}.parquet`);
    const { code, json } = await run(['export', name, '--output', output, '--json']);
    expect(code).toBe(0);
    const bytes = (await readFile(output)).length;
    expect(json()).toEqual({ rows: rows.length, bytes, file: output, format: 'parquet' });
    const file = await readWithDuckDb(output);
    const columns = typesOf(name);
    expect(file.types).toEqual(Object.fromEntries(columns.map(([column, type]) => [column, DUCKDB_TYPES[type]])));
    expect(file.rows).toEqual(
      rows.map((row) => Object.fromEntries(columns.map(([column, type]) => [column, inDuckDb(row[column], type)]))),
    );
  });
});

describe.skipIf(!postgresAvailable)('export', () => {
  it('has counters beyond what a number holds, members of any name, and empty texts beside nulls', async () => {
    const sums = (await run(['export', 'organization-daily-downloads', '--limit', '1', '--format', 'ndjson'])).out;
    expect(JSON.parse(sums)).toMatchObject({ downloads: expect.stringMatching(/^\d{18}$/) });
    const artifacts = (await run(['export', 'artifacts'])).out;
    expect(artifacts).toContain('""__proto__"":{""deep"":[1,null,true,""=x""]}');
    expect(artifacts).toContain(`,'=1.0,"",true,`);
  });

  it('narrows as report does, and takes a limit', async () => {
    const args = ['--organization', 'acme', '--since', '2025-01-10', '--until', '2025-01-11'];
    const { out } = await run(['export', 'coverage', ...args, '--format', 'ndjson']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line): ReportValue => JSON.parse(line));
    expect(lines).toMatchObject([{ day: '2025-01-11' }, { day: '2025-01-10' }]);
    expect((await run(['export', 'coverage', '--limit', '3'])).out.split('\r\n')).toHaveLength(5);
  });

  it('goes by the ending of the file, and by --format before that', async () => {
    const firstBytes = async (file: string, ...args: readonly string[]): Promise<string> => {
      const output = join(folder, file);
      const { code, out } = await run(['export', 'coverage', '--limit', '1', '--output', output, ...args]);
      expect(code).toBe(0);
      expect(out).toMatch(/^coverage: 1 row, [\d,]+ bytes of \w+ in .*\n$/);
      return (await readFile(output, 'latin1')).slice(0, 4);
    };
    expect(await firstBytes('a.csv')).toBe('kind');
    expect(await firstBytes('a.NDJSON')).toBe('{"ki');
    expect(await firstBytes('a.jsonl')).toBe('{"ki');
    expect(await firstBytes('a.parquet')).toBe('PAR1');
    expect(await firstBytes('a')).toBe('kind');
    expect(await firstBytes('b.csv', '--format', 'parquet')).toBe('PAR1');
  });

  it('writes a whole file also where there are no rows, and says where to look', async () => {
    const output = join(folder, 'none.parquet');
    const { code, err } = await run(['export', 'coverage', '--until', '2000-01-01', '--output', output]);
    expect(code).toBe(0);
    expect(err).toContain('report coverage');
    expect((await readWithDuckDb(output)).rows).toEqual([]);
    const csv = await run(['export', 'coverage', '--until', '2000-01-01']);
    expect(csv).toMatchObject({ code: 0, out: 'kind,organization,day,covered,run_id\r\n' });
  });

  it('shows a person hostile names as what they are, and no progress between the rows', async () => {
    const { code, out, err } = await run(['export', 'artifacts'], { columns: 80 });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('acme/\\u001b[2Jclear');
    expect(out).toContain('\\u202emirrored\\u202c');
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it.each([
    [['nonsense'], 'There is no report "nonsense".', 'organization-daily-downloads'],
    [['models', '--since', '2025-01-01'], 'models has no days to choose from: leave out since.', 'Nothing was read.'],
    [['models', '--json'], '--json is of no use without --output.', '--format ndjson'],
    [['models', '--output', 'a.json'], 'a.json does not end like any format.', '.csv, .ndjson, .jsonl, .parquet'],
    [['models', '--output', ''], '--output names no file.', 'Write its path'],
    [['models', '--output', '/'], '/ is a folder.', 'Name a file in it.'],
    [['models', '--output', '/dev/null'], '/dev/null is not a file that can be replaced.', 'use >'],
    [['models', '--format', 'ndjson', '--keep-formulas'], '--keep-formulas is of no use to ndjson.', 'only csv'],
    [['models', '--format', 'xml'], 'Allowed choices are csv, ndjson, parquet.', ''],
    [['models', '--limit', '0'], 'Write a whole number from 1.', ''],
  ])('%j exits 2 with a sentence', async (args, says, advises) => {
    const { code, out, err } = await run(['export', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const told = args.includes('--json') ? JSON.stringify(JSON.parse(err)) : err;
    expect(told).toContain(says);
    expect(told).toContain(advises);
    expect(told).not.toMatch(STACK);
  });

  it('writes no Parquet to a terminal', async () => {
    const { code, out, err } = await run(['export', 'models', '--format', 'parquet'], { columns: 80 });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Parquet is not for a terminal.');
    expect(tooWide(err)).toEqual([]);
  });

  it('leaves the old file alone where the database fails', async () => {
    const place = await mkdtemp(join(folder, 'failing-'));
    const output = join(place, 'models.csv');
    await writeFile(output, 'old');
    const broken = await createTestDatabase();
    try {
      await broken.pool.query('DROP VIEW report.models');
      const { code, err } = await run(['export', 'models', '--output', output], {
        env: { DATABASE_URL: broken.connectionString },
      });
      expect(code).toBe(2);
      expect(err).toContain('could not export a report (report.models)');
      expect(err).not.toMatch(STACK);
    } finally {
      await broken.drop();
    }
    expect(await readdir(place)).toEqual(['models.csv']);
    expect(await readFile(output, 'utf8')).toBe('old');
  });
});
