import type { Command, Option } from 'commander';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { showStatus } from './verbs/status.ts';

const CHECK = `
Exit codes with --check:
  0  all that is to be mirrored is up to date
  3  something is held, inexact or partial, was never mirrored, or is due and
     no worker takes it
  4  the last run of something failed
`;

/**
 * Adds `status` to the program.
 *
 * @param act runs a command with its options
 * @param json the option --json
 */
export function addStatus(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  json: Option,
): void {
  program
    .command('status')
    .description('how the mirror stands, in one screen: last runs, what is covered, letters, what comes next')
    .option('--check', 'say by the exit code as well whether all is up to date', false)
    .addOption(json)
    .addHelpText(
      'after',
      CHECK + examples('catalog-mirror status', 'catalog-mirror status --check --json | jq -r .summary'),
    )
    .action((options) => act(options, (context) => showStatus(context, options)));
}
