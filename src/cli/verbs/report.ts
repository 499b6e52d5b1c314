import { readCoverage } from '../../report/read-coverage.ts';
import { readListings } from '../../report/read-listings.ts';
import { type Report, readReport } from '../../report/read-report.ts';
import { readTrends } from '../../report/read-trends.ts';
import { filterMistakes, type ReportFilter } from '../../report/report-filter.ts';
import { REPORTS } from '../../report/reports.ts';
import { createColours } from '../../terminal/colours.ts';
import { formatCount } from '../../terminal/format.ts';
import { withProgress } from '../../terminal/progress.ts';
import { visible } from '../../terminal/safe-text.ts';
import { wrapToWidth } from '../../terminal/width.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { requireKnown } from '../known-organization.ts';
import { type OpenDatabase, openDatabase } from '../parts/database.ts';
import { hyphened, requireReport } from '../report-name.ts';
import { type Background, notesBelow, reasonsForNothing } from '../reports/explain.ts';
import { renderReport } from '../reports/render-report.ts';
import type { Context } from '../shell.ts';
import { type Fact, renderFacts } from '../tables/facts.ts';
import { UsageError } from '../usage-error.ts';

/**
 * `report NAME`: the rows of a view of schema report, as a table or as JSON. What the rows cover, what they do not, and
 * why there are none, is told on stderr, so that a pipe holds rows alone.
 */
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
    await requireKnown(context, database, filter.organization);
    const answer = await withProgress(
      { output: context.output, clock: context.clock, verb: 'reading', total: null },
      (progress) => {
        progress.note(`report.${name}`);
        return readReport(database.pool, name, filter);
      },
    );
    if (context.output.json) context.printJson(answer.rows);
    else await show(context, database, answer, filter);
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** `report` without a name: which reports there are, and what each is for. */
export async function listReports(context: Context): Promise<ExitCode> {
  const reports = Object.entries(REPORTS).map(([name, { purpose }]) => ({ name: hyphened(name), purpose }));
  if (context.output.json) context.printJson(reports);
  else {
    const facts = reports.map(({ name, purpose }): Fact => [name, purpose]);
    context.print(renderFacts(facts, { width: context.output.stdout.columns, colours: context.colours }));
    explain(context, '`catalog-mirror report NAME` shows one of them; docs/reports.md explains every column.', true);
  }
  return EXIT.ok;
}

async function show(context: Context, { pool }: OpenDatabase, answer: Report, filter: ReportFilter): Promise<void> {
  const { output, colours, print } = context;
  const background: Background = {
    listings: await readListings(pool, filter.organization),
    coverage: await readCoverage(pool, filter),
  };
  if (answer.rows.length === 0) {
    for (const reason of reasonsForNothing(answer, background, filter)) explain(context, reason, false);
    return;
  }
  const trends = await readTrends(pool, answer);
  print(renderReport(answer, trends, { width: output.stdout.columns, colours }));
  if (answer.hasMore)
    explain(context, `More than ${formatCount(answer.rows.length)} rows: --limit shows more of them.`, true);
  for (const note of notesBelow(answer, background, filter)) explain(context, note, true);
}

/** A sentence on stderr, within its width; faint where it stands below rows. */
function explain({ output, say }: Context, sentence: string, isNote: boolean): void {
  const { faint } = createColours(output.stderr.colour && isNote);
  for (const line of wrapToWidth(visible(sentence), output.stderr.columns)) say(faint(line));
}
