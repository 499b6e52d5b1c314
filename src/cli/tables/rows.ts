import { type Column, renderTable, type TableOptions } from '../../terminal/table.ts';

/** A column that is left out where it would only take room from the others. */
export interface RowColumn<Row> extends Column<Row> {
  /** What it says where there is nothing to say; a column that says so in every row is left out. */
  readonly idle?: string | null;
  /** Shown on terminals that are at least so wide, in columns. */
  readonly from?: number;
  /** Shown on narrower ones alone: in place of a column with `from`. */
  readonly before?: number;
}

/** Renders rows as a table of those columns that have something to say and have room to say it. */
export function renderRows<Row>(
  rows: readonly Row[],
  columns: readonly RowColumn<Row>[],
  options: TableOptions,
): string {
  const worthwhile = columns.filter(
    ({ idle, from = 0, before = Number.POSITIVE_INFINITY, value }) =>
      options.width >= from &&
      (options.width < before || before === Number.POSITIVE_INFINITY) &&
      (idle === undefined || rows.some((row) => value(row) !== idle)),
  );
  return renderTable(rows, worthwhile, options);
}
