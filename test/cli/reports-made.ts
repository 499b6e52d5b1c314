import type { Report } from '../../src/report/read-report.ts';
import type { ReportValue } from '../../src/report/report-values.ts';
import { REPORTS, type ReportColumnType, type ReportName } from '../../src/report/reports.ts';

/** A report as readReport() gives it, from rows that say what the test cares about; the rest is not known. */
export function madeReport(name: ReportName, rows: readonly Readonly<Record<string, ReportValue>>[]): Report {
  return madeOf(name, REPORTS[name].columns, rows);
}

/** The same of columns that no report may have yet. */
export function madeOf(
  name: ReportName,
  types: Readonly<Record<string, ReportColumnType>>,
  rows: readonly Readonly<Record<string, ReportValue>>[],
): Report {
  const columns = Object.entries(types).map(([column, type]) => ({ name: column, type }));
  const nothing = Object.fromEntries(columns.map((column) => [column.name, null]));
  return { name, columns, rows: rows.map((row) => ({ ...nothing, ...row })), hasMore: false };
}
