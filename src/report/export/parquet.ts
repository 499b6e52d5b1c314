import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { Failure } from '../../catalog/failure.ts';
import type { ReportColumn, ReportRow, ReportValue } from '../report-values.ts';
import type { ReportColumnType } from '../reports.ts';
import type { ExportWriter } from './writer.ts';

/** A row group is written when it holds so many rows: enough for a reader to work by columns, few enough to keep. */
const GROUP_ROWS = 20_000;
/** Or, where rows are long, about so many characters. */
const GROUP_CHARACTERS = 8_000_000;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];
type Physical = string | number | bigint | boolean;

interface ColumnFormat {
  readonly element: Omit<SchemaElement, 'name' | 'repetition_type'>;
  /** The value as the library takes it for that element. */
  readonly stored: (value: NonNullable<ReportValue>, column: string) => Physical;
}

/** By type of a report's column: how Parquet names and stores it. docs/export.md tells it to readers. */
const FORMATS: Readonly<Record<ReportColumnType, ColumnFormat>> = {
  text: {
    element: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    stored: String,
  },
  boolean: { element: { type: 'BOOLEAN' }, stored: (value) => value === true },
  integer: { element: { type: 'INT64' }, stored: int64 },
  real: { element: { type: 'DOUBLE' }, stored: Number },
  day: {
    element: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
    stored: (value) => Date.parse(`${String(value)}T00:00:00Z`) / DAY_MS,
  },
  instant: {
    element: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
    stored: microseconds,
  },
  json: { element: { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } }, stored: (value) => JSON.stringify(value) },
};

const DAY_MS = 86_400_000;
const SMALLEST_INT64 = -(2n ** 63n);
const LARGEST_INT64 = 2n ** 63n - 1n;

/**
 * Parquet with a proper type for each column, all of them nullable, compressed with Snappy. Rows are kept until they are
 * a row group; of a group that was written nothing is kept but where its columns are.
 *
 * @throws Failure (class `invalid_request`), by `rows` and `end`, where an integer does not fit into 64 bits
 */
export function createParquetWriter(columns: readonly ReportColumn[]): ExportWriter {
  const bytes = new ByteWriter();
  const elements = columns.map(
    ({ name, type }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...FORMATS[type].element }),
  );
  const parquet = new ParquetWriter({ writer: bytes, schema: withRoot(elements), createdBy: 'catalog-mirror' });
  let group = emptyGroup(columns);

  const writeGroup = (): void => {
    if (group.rows === 0) return;
    // Written synchronously: the writer of bytes has no flush to wait for.
    void parquet.write({
      columnData: columns.map(({ name, type }, place) => ({
        name,
        data: group.data[place] ?? [],
        offsetIndex: false,
        // The least and the greatest of a text are cut, those of JSON are not, and nobody looks for them.
        statistics: type !== 'json',
      })),
      rowGroupSize: group.rows,
    });
    group = emptyGroup(columns);
  };
  const taken = (): Uint8Array => {
    const written = bytes.getBytes().slice();
    bytes.index = 0;
    return written;
  };
  return {
    begin: taken,
    rows: (rows) => {
      for (const row of rows) {
        addTo(group, columns, row);
        if (group.rows >= GROUP_ROWS || group.characters >= GROUP_CHARACTERS) writeGroup();
      }
      return taken();
    },
    end: () => {
      writeGroup();
      parquet.schema = withRoot(elements.map(asReadersKnowIt));
      void parquet.finish();
      return taken();
    },
  };
}

function withRoot(elements: readonly SchemaElement[]): SchemaElement[] {
  return [{ name: 'root', num_children: elements.length }, ...elements];
}

/**
 * DuckDB goes by the older mark of JSON. While values are written it must not be there: the library would make their
 * texts itself, and lose members of the name `__proto__`.
 */
function asReadersKnowIt(element: SchemaElement): SchemaElement {
  return element.logical_type?.type === 'JSON' ? { ...element, converted_type: 'JSON' } : element;
}

interface Group {
  /** By the place of the column. */
  readonly data: (Physical | null)[][];
  rows: number;
  characters: number;
}

function emptyGroup(columns: readonly ReportColumn[]): Group {
  return { data: columns.map(() => []), rows: 0, characters: 0 };
}

function addTo(group: Group, columns: readonly ReportColumn[], row: ReportRow): void {
  for (const [place, { name, type }] of columns.entries()) {
    const value = row[name] ?? null;
    const stored = value === null ? null : FORMATS[type].stored(value, name);
    group.data[place]?.push(stored);
    if (typeof stored === 'string') group.characters += stored.length;
  }
  group.rows += 1;
}

/** Sums of counters are numeric in PostgreSQL and may be larger; they are refused rather than rounded. */
function int64(value: NonNullable<ReportValue>, column: string): bigint {
  const integer = BigInt(String(value));
  if (integer >= SMALLEST_INT64 && integer <= LARGEST_INT64) return integer;
  throw new Failure({
    class: 'invalid_request',
    operation: 'export to Parquet',
    subject: `column ${column}`,
    detail: `${integer} does not fit into 64 bits`,
    hint: 'Export to csv or ndjson: they hold integers of any size.',
  });
}

/** Of `2025-01-15T03:00:00.123456Z`, exactly: a Date holds only milliseconds. */
function microseconds(value: NonNullable<ReportValue>): bigint {
  const [, seconds = '', fraction = ''] = /^(.*)\.(\d{6})Z$/.exec(String(value)) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000n + BigInt(fraction);
}
