import type pg from 'pg';
import { z } from 'zod';
import { databaseFailure } from '../store/database-failure.ts';
import type { ReportFilter } from './report-filter.ts';
import { columnsOf, type ReportColumn, type ReportRow, rowSchema } from './report-values.ts';
import { REPORTS, type ReportName } from './reports.ts';
import { selectionOf } from './selection.ts';

export interface Report {
  readonly name: ReportName;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly ReportRow[];
  /** There are more rows than `limit` allowed. */
  readonly hasMore: boolean;
}

/**
 * Reads a report: the rows of a view that a filter wants, in the report's order. All at once: export/report-rows.ts reads
 * as many as there are.
 *
 * @throws Failure (class `invalid_request`) where the filter is wrong: see filterMistakes
 * @throws Failure (class `database`) where PostgreSQL refuses or its rows are not what this version knows
 */
export async function readReport(
  db: pg.Pool | pg.PoolClient,
  name: ReportName,
  filter: ReportFilter & { readonly limit: number },
): Promise<Report> {
  const { text, values } = selectionOf(name, { ...filter, limit: filter.limit + 1 });
  const columns = columnsOf(REPORTS[name]);
  try {
    const { rows } = await db.query(text, [...values]);
    const parsed = z.array(rowSchema(columns)).parse(rows);
    return { name, columns, rows: parsed.slice(0, filter.limit), hasMore: parsed.length > filter.limit };
  } catch (error) {
    throw databaseFailure(error, 'read a report', `report.${name}`);
  }
}
