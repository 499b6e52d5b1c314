import type { ReportColumn, ReportValue } from '../report-values.ts';
import { type ExportWriter, NO_BYTES } from './writer.ts';

export interface CsvOptions {
  /** Text that a spreadsheet would run as a formula stays as it is. Default: it gets an apostrophe before it. */
  readonly keepFormulas?: boolean;
}

/** What a cell may not hold without quotes (RFC 4180), and spaces at its ends, which some readers take away. */
const NEEDS_QUOTES = /[",\r\n]|^[\s\ufeff]|[\s\ufeff]$/;

/**
 * Text that a spreadsheet runs as a formula: `=`, `+`, `-` and `@`, also in full width, and behind what a reader may take
 * away before it looks: spaces, tabs, line ends, and characters that cannot be seen. Behind apostrophes as well, so that
 * taking one away where this matches gives back the text as it was.
 */
const FORMULA = /^'*(?:[\t\r\n]|[\s\p{Cf}\p{Cc}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/u;

/**
 * CSV as RFC 4180 has it: a header, commas, CRLF, UTF-8 without a mark. Null is an empty cell, an empty text is `""`.
 * Numbers are written as they are, JSON as its text.
 */
export function createCsvWriter(columns: readonly ReportColumn[], options: CsvOptions = {}): ExportWriter {
  const cells = columns.map(({ name, type }) => {
    const text = type === 'text' && options.keepFormulas !== true ? withoutFormula : String;
    return { name, cell: type === 'json' ? jsonCell : (value: ReportValue) => cellOf(value, text) };
  });
  return {
    begin: () => Buffer.from(line(columns.map(({ name }) => quoted(name)))),
    rows: (rows) =>
      Buffer.from(rows.map((row) => line(cells.map(({ name, cell }) => cell(row[name] ?? null)))).join('')),
    end: () => NO_BYTES,
  };
}

/** The text with an apostrophe before it where a spreadsheet would run it. */
export function withoutFormula(text: unknown): string {
  const asText = String(text);
  return FORMULA.test(asText) ? `'${asText}` : asText;
}

function line(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

function cellOf(value: ReportValue, textOf: (value: ReportValue) => string): string {
  return value === null ? '' : quoted(textOf(value));
}

/** Never a formula: what begins with `-` is a number, and text begins with a quote. */
function jsonCell(value: ReportValue): string {
  return value === null ? '' : quoted(JSON.stringify(value));
}

function quoted(text: string): string {
  return text === '' || NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
