import type { Command, Option } from 'commander';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { syncExitCodes } from './sync-exit-codes.ts';
import { listDeadLetters, showDeadLetter } from './verbs/dead-letters.ts';
import { discardDeadLetters } from './verbs/dead-letters-discard.ts';
import { replayDeadLetters } from './verbs/dead-letters-replay.ts';

const REPLAY = `
Of an organization or a page: mirrors the listing again, as sync does, once for
each listing; a certified run resolves the letter. Of single records: checks
the stored texts again and applies those that are good by now, unless a later
run has read the artifact, which resolves the letter too.
A removal that was held (suspicious_removal) is approved where it is named by
its id or by --class: the new run ends what it proves absent again, and is held
anew where too many others are gone.
`;

const LIST = `
Counts those that fit by class, and shows the newest of them. --since is the day
(midnight UTC) or the age of the last time that a failure was met.
`;

const DISCARD = `
Says that nothing more is to be done about these failures, and why: of the ids,
or of all open letters that the options fit. A letter that is resolved or
discarded already is refused, and then none is discarded. The same failure, met
again by the next run, is a new letter.
`;

/**
 * Adds `dead-letters list|show|replay|discard` to the program.
 *
 * @param act runs a command with its options
 * @param options.json the option --json
 * @param options.positive reads a whole number from 1
 */
export function addDeadLetters(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  { json, positive }: { readonly json: Option; readonly positive: (text: string) => number },
): void {
  const letters = program
    .command('dead-letters')
    .description('what failed and was given up')
    .addHelpText('after', examples('catalog-mirror dead-letters list', 'catalog-mirror dead-letters replay 7'));
  withFilters(letters.command('list').description('how many failures of which class, and the newest first'))
    .option('--state <state>', 'open, resolved, discarded or all', 'open')
    .option('--limit <count>', 'at most so many', positive, 50)
    .addOption(json)
    .addHelpText(
      'after',
      LIST +
        examples(
          'catalog-mirror dead-letters list --since 7d',
          'catalog-mirror dead-letters list --class authentication --state all',
          "catalog-mirror dead-letters list --level record --json | jq '.counts'",
        ),
    )
    .action((options) => act(options, (context) => listDeadLetters(context, options)));
  letters
    .command('show')
    .description('one failure, with the text as it was received')
    .argument('<id>', 'as `dead-letters list` shows it')
    .addOption(json)
    .addHelpText('after', examples('catalog-mirror dead-letters show 7 --json | jq -r .payload'))
    .action((id: string, options) => act(options, (context) => showDeadLetter(context, id)));
  withFilters(letters.command('replay').description('try what failed again, or approve a removal that was held'))
    .argument('[ids...]', 'as `dead-letters list` shows them')
    .addOption(json)
    .addHelpText(
      'after',
      REPLAY +
        syncExitCodes(', or a letter of a record stays open') +
        examples(
          'catalog-mirror dead-letters replay 7',
          'catalog-mirror dead-letters replay --class timeout',
          'catalog-mirror dead-letters replay --level record --organization acme',
        ),
    )
    .action((ids: string[], options) => act(options, (context) => replayDeadLetters(context, ids, options)));
  withFilters(letters.command('discard').description('say that nothing more is to be done about a failure, and why'))
    .argument('[ids...]', 'as `dead-letters list` shows them')
    .requiredOption('--reason <text>', 'why, for those who ask later')
    .option('--yes', 'without being asked, where options choose the letters', false)
    .addOption(json)
    .addHelpText(
      'after',
      DISCARD +
        examples(
          "catalog-mirror dead-letters discard 7 8 --reason 'test data of the publisher'",
          "catalog-mirror dead-letters discard --class timeout --since 1d --reason 'network work' --yes",
        ),
    )
    .action((ids: string[], options) => act(options, (context) => discardDeadLetters(context, ids, options)));
}

/** The options that say which letters are meant. */
function withFilters(command: Command): Command {
  return command
    .option('--class <class>', 'only failures of this class, as in not_found')
    .option('--type <type>', "only those of this type, the catalog's own name for them")
    .option('--organization <slug>', 'only those of this organization')
    .option('--level <level>', 'only those of an organization, a page or a record')
    .option('--since <when>', 'only those met since then: 2025-01-08, or an age such as 7d');
}
