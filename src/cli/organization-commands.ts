import type { Command, Option } from 'commander';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { listAllOrganizations, retire } from './verbs/organizations.ts';

const RETIRE = `
Ends what the organization speaks for, guests included, as out_of_scope. No row
is deleted. Take it out of the settings first. Where it is listed again, an
artifact is restored with its history.
`;

/**
 * Adds `organizations list|retire` to the program.
 *
 * @param act runs a command with its options
 * @param json the option --json
 */
export function addOrganizations(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  json: Option,
): void {
  const organizations = program
    .command('organizations')
    .description('which organizations are mirrored, and which no longer')
    .addHelpText(
      'after',
      examples('catalog-mirror organizations list', 'catalog-mirror organizations retire umbrella'),
    );
  organizations
    .command('list')
    .description('every organization that the mirror knows or the settings name')
    .addOption(json)
    .addHelpText(
      'after',
      examples(
        'catalog-mirror organizations list',
        "catalog-mirror organizations list --json | jq '.[] | select(.inSettings | not)'",
      ),
    )
    .action((options) => act(options, listAllOrganizations));
  organizations
    .command('retire')
    .description('say that an organization is not mirrored any more')
    .argument('<organization>', 'as `organizations list` shows it')
    .option('--yes', 'without being asked', false)
    .addOption(json)
    .addHelpText(
      'after',
      RETIRE +
        examples(
          'catalog-mirror organizations retire umbrella',
          'catalog-mirror organizations retire umbrella --yes --json',
        ),
    )
    .action((organization: string, options) => act(options, (context) => retire(context, organization, options)));
}
