import { extname } from 'node:path';
import { type Exported, type ExportSink, exportRows } from '../../report/export/export-rows.ts';
import { createWriter, type ExportFormat, FILE_ENDINGS, formatOfFile } from '../../report/export/formats.ts';
import { reportRows } from '../../report/export/report-rows.ts';
import { filterMistakes, type ReportFilter } from '../../report/report-filter.ts';
import { columnsOf } from '../../report/report-values.ts';
import { REPORTS, type ReportName } from '../../report/reports.ts';
import { countOf, formatCount } from '../../terminal/format.ts';
import { withProgress } from '../../terminal/progress.ts';
import { visible } from '../../terminal/safe-text.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { requireKnown } from '../known-organization.ts';
import { openDatabase } from '../parts/database.ts';
import { writeError, writeWholeFile } from '../parts/output-file.ts';
import { requireReport } from '../report-name.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

export interface ExportOptions extends ReportFilter {
  /** Default: what `output` ends like, else CSV. */
  readonly format?: ExportFormat;
  /** A file; default stdout. */
  readonly output?: string;
  readonly keepFormulas: boolean;
}

/** What was asked for, once it is known to make sense. */
interface Plan {
  readonly name: ReportName;
  /** As commands write it. */
  readonly title: string;
  readonly format: ExportFormat;
  readonly output: string | null;
}

/** `export NAME`: the rows of a view of schema report as CSV, NDJSON or Parquet, to stdout or to a file. */
export async function exportReport(context: Context, nameAsWritten: string, options: ExportOptions): Promise<ExitCode> {
  const plan = planOf(context, requireReport(nameAsWritten), options);
  const database = await openDatabase(context);
  try {
    await requireKnown(context, database, options.organization);
    const exportTo = (sink: ExportSink): Promise<Exported> =>
      withRowCount(context, plan, (countRows) =>
        exportRows(
          reportRows(database.pool, plan.name, options, context.signal),
          createWriter(plan.format, columnsOf(REPORTS[plan.name]), options),
          sink,
          countRows,
        ),
      );
    if (plan.output === null) {
      const { rows, whole } = await exportTo(standardOutput(context));
      if (rows === 0 && whole) sayThatThereAreNone(context);
    } else {
      const { output } = plan;
      const done = await writeWholeFile(output, (write) =>
        exportTo({ write: (bytes) => write(bytes).then(() => true) }),
      );
      tell(context, plan, output, done);
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

function planOf({ output }: Context, name: ReportName, options: ExportOptions): Plan {
  const mistakes = filterMistakes(name, options);
  if (mistakes.length > 0) throw new UsageError(mistakes.join(' '), 'Nothing was read.');
  const file = options.output ?? null;
  if (file === '') throw new UsageError('--output names no file.', 'Write its path after it.');
  const format = options.format ?? formatFor(file);
  if (options.keepFormulas && format !== 'csv') {
    throw new UsageError(`--keep-formulas is of no use to ${format}.`, 'Leave it out: only csv changes any text.');
  }
  if (output.json && file === null) {
    throw new UsageError('--json is of no use without --output.', 'For rows as JSON, write --format ndjson.');
  }
  if (format === 'parquet' && file === null && output.stdout.isTerminal) {
    throw new UsageError('Parquet is not for a terminal.', 'Add --output FILE, or pass it on with > or |.');
  }
  return { name, title: name.replaceAll('_', '-'), format, output: file };
}

function formatFor(file: string | null): ExportFormat {
  const format = file === null || extname(file) === '' ? 'csv' : formatOfFile(file);
  if (format !== null) return format;
  throw new UsageError(
    `${file} does not end like any format.`,
    `Let it end in ${FILE_ENDINGS.join(', ')}, or say which with --format.`,
  );
}

/** Counts the rows on stderr, but not between rows that a terminal shows. */
function withRowCount<Result>(
  { output, clock }: Context,
  { output: file, title }: Plan,
  work: (countRows: (rows: number) => void) => Promise<Result>,
): Promise<Result> {
  if (file === null && output.stdout.isTerminal) return work(() => {});
  return withProgress({ output, clock, verb: 'exporting', total: null, unit: 'rows' }, (progress) => {
    const countRows = (rows: number): void => progress.update(title, rows, null);
    // The first rows come when all are sorted.
    countRows(0);
    return work(countRows);
  });
}

function standardOutput({ output: { stdout }, signal }: Context): ExportSink {
  return {
    write: async (bytes) => {
      try {
        return await stdout.send(stdout.isTerminal ? harmless(bytes) : bytes, signal);
      } catch (error) {
        throw writeError(error, 'to stdout');
      }
    },
  };
}

/** What a person sees must not move the cursor; a pipe and a file get every byte as it is. */
function harmless(bytes: Uint8Array): Uint8Array {
  const lines = Buffer.from(bytes).toString('utf8').split(/\r?\n/);
  return Buffer.from(lines.map(visible).join('\n'));
}

function sayThatThereAreNone({ say }: Context): void {
  say('No such rows. `catalog-mirror report coverage` says which days are covered.');
}

function tell(context: Context, { title, format }: Plan, file: string, { rows, bytes }: Exported): void {
  if (context.output.json) {
    context.printJson({ rows, bytes, file, format });
    return;
  }
  if (rows === 0) sayThatThereAreNone(context);
  context.print(`${title}: ${countOf(rows, 'row')}, ${formatCount(bytes)} bytes of ${format} in ${visible(file)}\n`);
}
