import { type Command, Option } from 'commander';
import { EXPORT_FORMATS } from '../report/export/formats.ts';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { exportReport } from './verbs/export.ts';

const MORE = `
The rows are those of report NAME in its order, all as of one moment. A file is
written whole or not at all; with --json, a line says what is in it. In csv,
text that a spreadsheet would run as a formula gets an apostrophe before it.
docs/export.md has the types of each format.
`;

/**
 * Adds `export` to the program.
 *
 * @param act runs a command with its options
 * @param options.json the option --json
 * @param options.positive reads a whole number from 1
 */
export function addExport(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  { json, positive }: { readonly json: Option; readonly positive: (text: string) => number },
): void {
  program
    .command('export')
    .description('the rows of a view of schema report as CSV, NDJSON or Parquet, to stdout or to a file')
    .argument('<name>', 'with hyphens or underscores, as for report')
    .addOption(
      new Option('--format <format>', 'default: what the name of the file ends like, else csv').choices(EXPORT_FORMATS),
    )
    .option('--output <file>', 'written whole or not at all')
    .option('--organization <slug>', 'only what this one mirrors')
    .option('--since <day>', 'only from this day on, as in 2025-01-08')
    .option('--until <day>', 'only up to this day')
    .option('--limit <count>', 'at most so many rows; default: all', positive)
    .option('--keep-formulas', 'of csv: leave text that a spreadsheet would run as it is', false)
    .addOption(json)
    .addHelpText(
      'after',
      MORE +
        examples(
          'catalog-mirror export models > models.csv',
          'catalog-mirror export daily-downloads --since 2025-01-08 --output week.parquet',
          "catalog-mirror export coverage --format ndjson | jq -c 'select(.covered | not)'",
        ),
    )
    .action((name: string, options) => act(options, (context) => exportReport(context, name, options)));
}
