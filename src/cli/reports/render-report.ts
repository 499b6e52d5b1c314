import type { Report } from '../../report/read-report.ts';
import { TREND_DAYS, type Trends } from '../../report/read-trends.ts';
import type { ReportColumn } from '../../report/report-values.ts';
import { shareBar } from '../../terminal/bar.ts';
import { sparkline } from '../../terminal/sparkline.ts';
import { type Column, renderTable, type TableOptions } from '../../terminal/table.ts';
import { headerOf, isNumeric, styleOf, textOf } from './cells.ts';
import { layOut } from './layout.ts';

interface Line {
  readonly row: Report['rows'][number];
  /** The days beside it; none where they are not known. */
  readonly days: readonly (number | null)[];
}

/** What is drawn as bars, where a report has it. */
const DRAWN: readonly string[] = ['downloads', 'download_count'];

/**
 * Renders a report as a table that fits: each row's measure as a bar and its last days as a sparkline where there is
 * room, and fewer columns where there is none. Pure.
 *
 * @param trends the days beside the rows; null for none
 */
export function renderReport(report: Report, trends: Trends | null, options: TableOptions): string {
  const measure = report.columns.find((column) => isWorthDrawing(column, report)) ?? null;
  const header = trends === null || isEmpty(trends) ? null : trendHeader(trends);
  const layout = layOut(report, options.width, { measure, trendHeader: header });
  const lines = report.rows.map((row, index): Line => ({ row, days: trends?.rows[index] ?? [] }));
  const columns = layout.columns.flatMap((column) =>
    column === measure && layout.bar > 0
      ? [asColumn(column), barColumn(column, lines, layout.bar)]
      : [asColumn(column)],
  );
  if (header !== null && layout.trendDays > 0) columns.push(trendColumn(header, layout.trendDays));
  return renderTable(lines, columns, options);
}

function isWorthDrawing({ name, type }: ReportColumn, { rows }: Report): boolean {
  return DRAWN.includes(name) && type === 'integer' && rows.some((row) => Number(row[name] ?? 0) > 0);
}

function isEmpty({ rows }: Trends): boolean {
  return rows.every((days) => days.every((day) => day === null));
}

function asColumn(column: ReportColumn): Column<Line> {
  return {
    header: headerOf(column),
    value: ({ row }) => textOf(row[column.name] ?? null, column),
    align: isNumeric(column) ? 'right' : 'left',
    mayCut: !isNumeric(column) && column.type !== 'day' && column.type !== 'instant',
    style: ({ row }, colours) => styleOf(row[column.name] ?? null, column, colours),
  };
}

/** All bars of a table are drawn to one scale: the greatest row fills the column. */
function barColumn({ name }: ReportColumn, lines: readonly Line[], width: number): Column<Line> {
  const measured = ({ row }: Line): number => Number(row[name] ?? 0);
  const greatest = lines.reduce((most, line) => Math.max(most, measured(line)), 0);
  return {
    header: '',
    value: (line) => shareBar(measured(line) / greatest, width),
    mayCut: false,
    style: (_, colours) => colours.accent,
  };
}

function trendHeader({ until }: Trends): (days: number) => string {
  return (days) => (days === TREND_DAYS ? `${days} days to ${until}` : `to ${until}`);
}

function trendColumn(header: (days: number) => string, days: number): Column<Line> {
  return {
    header: header(days),
    value: (line) => sparkline(line.days.slice(-days)),
    mayCut: false,
    style: (_, colours) => colours.accent,
  };
}
