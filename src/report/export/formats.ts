import type { ReportColumn } from '../report-values.ts';
import { type CsvOptions, createCsvWriter } from './csv.ts';
import { createNdjsonWriter } from './ndjson.ts';
import { createParquetWriter } from './parquet.ts';
import type { ExportWriter } from './writer.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What files of a format are called. */
const ENDINGS: Readonly<Record<string, ExportFormat>> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.parquet': 'parquet',
};

export const FILE_ENDINGS = Object.keys(ENDINGS);

/** The format that a file's name ends like; null where none does. */
export function formatOfFile(path: string): ExportFormat | null {
  const ending = FILE_ENDINGS.find((each) => path.toLowerCase().endsWith(each));
  return ending === undefined ? null : (ENDINGS[ending] ?? null);
}

export function createWriter(format: ExportFormat, columns: readonly ReportColumn[], csv: CsvOptions): ExportWriter {
  switch (format) {
    case 'csv':
      return createCsvWriter(columns, csv);
    case 'ndjson':
      return createNdjsonWriter();
    case 'parquet':
      return createParquetWriter(columns);
  }
}
