import type { Command, Option } from 'commander';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { listAllRuns } from './verbs/runs.ts';
import { showRun } from './verbs/runs-show.ts';

const SHOW = `
Says what the run did, and what proves it. Of a night with a withdrawal:

  proved by  witnesses: for each artifact that is not listed there is a page
             that would show it, and does not

  Proved absent: 1 artifact
  name          version  ended as   witness (UTC)
  ────────────  ───────  ─────────  ───────────────────────────────
  acme/model-7  1.0.0    withdrawn  page 1 of 200 items at 03:00:02

Of a run that is not certified it says why, and what to do.
`;

/**
 * Adds `runs list|show` to the program.
 *
 * @param act runs a command with its options
 * @param options.json the option --json
 * @param options.positive reads a whole number from 1
 */
export function addRuns(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  { json, positive }: { readonly json: Option; readonly positive: (text: string) => number },
): void {
  const runs = program
    .command('runs')
    .description('what was mirrored when, how it ended, and what proves it')
    .addHelpText('after', examples('catalog-mirror runs list', 'catalog-mirror runs show 42'));
  runs
    .command('list')
    .description('the newest runs first')
    .option('--organization <slug>', 'only this one')
    .option('--state <state>', 'only runs in this state, as in held')
    .option('--limit <count>', 'at most so many', positive, 20)
    .addOption(json)
    .addHelpText('after', examples('catalog-mirror runs list --organization acme --state held'))
    .action((options) => act(options, (context) => listAllRuns(context, options)));
  runs
    .command('show')
    .description('one run in words and figures, and what proves it')
    .argument('<id>', 'as `runs list` shows it')
    .option('--limit <count>', 'at most so many artifacts and letters of each sort', positive, 20)
    .addOption(json)
    .addHelpText(
      'after',
      SHOW +
        examples(
          'catalog-mirror runs show 42',
          "catalog-mirror runs show 42 --limit 1000 --json | jq -r '.absences[].name'",
        ),
    )
    .action((id: string, options) => act(options, (context) => showRun(context, id, options)));
}
