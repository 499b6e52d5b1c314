import type { Command, Option } from 'commander';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { listReports, report } from './verbs/report.ts';

const BELOW = `
Below the rows it says how many of the days asked for are covered, and why the
others are not; where there are no rows, why there are none. That is on stderr:
a pipe holds the rows alone, and --json the rows as data.
`;

/**
 * Adds `report [NAME]` to the program.
 *
 * @param act runs a command with its options
 * @param options.json the option --json
 * @param options.positive reads a whole number from 1
 */
export function addReport(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  { json, positive }: { readonly json: Option; readonly positive: (text: string) => number },
): void {
  program
    .command('report')
    .description('the rows of a view of schema report; without a name, which reports there are')
    .argument('[name]', 'with hyphens or underscores')
    .option('--organization <slug>', 'only what this one mirrors')
    .option('--since <day>', 'only from this day on, as in 2025-01-08')
    .option('--until <day>', 'only up to this day')
    .option('--limit <count>', 'at most so many', positive, 50)
    .addOption(json)
    .addHelpText(
      'after',
      BELOW +
        examples(
          'catalog-mirror report',
          'catalog-mirror report models --limit 10',
          'catalog-mirror report daily-downloads --organization fofr --since 2025-01-08',
        ),
    )
    .action((name: string | undefined, options) =>
      act(options, (context) => (name === undefined ? listReports(context) : report(context, name, options))),
    );
}
