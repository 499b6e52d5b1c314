import { type Report, readReport } from '../../report/read-report.ts';
import { filterMistakes, type ReportFilter } from '../../report/report-filter.ts';
import type { ReportColumn, ReportValue } from '../../report/report-values.ts';
import { formatCount } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import { displayWidth } from '../../terminal/width.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { requireReport } from '../report-name.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

/** `report NAME`: the rows of a view of schema report, as a table or as JSON. */
export async function report(
  context: Context,
  nameAsWritten: string,
  filter: ReportFilter & { readonly limit: number },
): Promise<ExitCode> {
  const name = requireReport(nameAsWritten);
  const mistakes = filterMistakes(name, filter);
  if (mistakes.length > 0) throw new UsageError(mistakes.join(' '), 'Nothing was read.');
  const database = await openDatabase(context);
  try {
    const answer = await readReport(database.pool, name, filter);
    if (context.output.json) context.printJson(answer.rows);
    else show(context, answer);
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

function show({ output, colours, print, say }: Context, { columns, rows, hasMore }: Report): void {
  if (rows.length === 0) {
    say('No such rows. `catalog-mirror report coverage` says which days are covered.');
    return;
  }
  const { columns: width } = output.stdout;
  print(renderTable(rows, fitting(columns, rows, width).map(asColumn), { width, colours }));
  if (hasMore) say(`More than ${formatCount(rows.length)} rows: --limit shows more of them.`);
}

type Row = Report['rows'][number];

/** What gives way where there is no room for all, the first first; what is not named here stays. */
const GIVES_WAY: readonly ((column: ReportColumn) => boolean)[] = [
  // What tells rows apart for a program, not for a person.
  ({ name, type }) => type === 'json' || name === 'kind' || name === 'artifact_id' || name === 'time_zone',
  ({ type }) => type === 'instant',
  ({ type }) => type === 'boolean',
  // A canonical name begins with its owner.
  ({ name }) => name === 'owner',
  ({ type }) => type === 'integer' || type === 'real',
];

/** What the reports are about. */
const MEASURES: ReadonlySet<string> = new Set(['downloads', 'download_count', 'covered', 'run_id', 'listed']);

/** The columns that fit: one of those that may give way after the other is left out, the last of its sort first. */
function fitting(columns: readonly ReportColumn[], rows: readonly Row[], width: number): readonly ReportColumn[] {
  const kept = columns.filter(({ name }) => rows.some((row) => row[name] !== null));
  for (const mayGo of GIVES_WAY) {
    for (const column of kept.filter((one) => mayGo(one) && !MEASURES.has(one.name)).reverse()) {
      if (naturalWidth(kept, rows) <= width) return kept;
      kept.splice(kept.indexOf(column), 1);
    }
  }
  return kept;
}

const GAP = 2;

function naturalWidth(columns: readonly ReportColumn[], rows: readonly Row[]): number {
  return columns.map(asColumn).reduce((sum, { header, value }) => {
    const texts = [header, ...rows.map((row) => visible(value(row) ?? ''))];
    return sum + GAP + Math.max(...texts.map(displayWidth));
  }, -GAP);
}

function asColumn({ name, type }: ReportColumn): Column<Row> {
  return {
    header: name.replaceAll('_', ' '),
    value: (row) => asText(row[name] ?? null, name),
    align: type === 'integer' || type === 'real' ? 'right' : 'left',
    mayCut: type !== 'integer' && type !== 'real' && type !== 'day',
  };
}

function asText(value: ReportValue, name: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // An id is a name, not a quantity.
  if (typeof value === 'number')
    return Number.isInteger(value) && name !== 'run_id' ? formatCount(value) : String(value);
  return JSON.stringify(value);
}
