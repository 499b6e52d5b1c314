import { type Command, InvalidArgumentError, type Option } from 'commander';
import { DEFAULT_SIZE } from '../fake/adversary/moving-list.ts';
import { organizationSlug } from '../settings/parsers.ts';
import { examples } from './help.ts';
import type { Context } from './shell.ts';
import { fakeCatalog } from './verbs/fake-catalog.ts';

/** More would take gigabytes. */
const LARGEST_SIZE = 1_000_000;
const LARGEST_PORT = 65_535;
/** A seed counts by its lowest 32 bits. */
const LARGEST_SEED = 2 ** 32 - 1;

const MORE = `
Serves until Ctrl-C. Every page that is read moves the list as the scenario
says. GET /adversary at the same address tells the truth, POST /adversary/rest
makes the list stand still. docs/adversary.md says how to hold a mirror against
it.
`;

/**
 * Adds `fake-catalog` to the program.
 *
 * @param act runs a command with its options
 * @param json the option --json
 */
export function addFakeCatalog(
  program: Command,
  act: (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>,
  json: Option,
): void {
  program
    .command('fake-catalog')
    .description('a catalog on loopback whose list moves while it is read, to hold a mirror against')
    .option('--scenario <name>', 'how it moves; --list shows every name')
    .option('--seed <number>', 'the same requests get the same answers from it', wholeNumber(0, LARGEST_SEED), 1)
    .option('--organization <slug>', 'whose models it lists', slug, 'acme')
    .option('--size <models>', 'how many the list begins with', wholeNumber(0, LARGEST_SIZE), DEFAULT_SIZE)
    .option('--port <number>', 'on 127.0.0.1; 0 for a free one', wholeNumber(0, LARGEST_PORT), 0)
    .option('--list', 'only the scenarios, each with a sentence', false)
    .addOption(json)
    .addHelpText(
      'after',
      MORE +
        examples(
          'catalog-mirror fake-catalog --list',
          'catalog-mirror fake-catalog --scenario busy --seed 7 --port 4010',
          'catalog-mirror fake-catalog --scenario wild --size 5000 --organization umbrella',
        ),
    )
    .action((options) => act(options, (context) => fakeCatalog(context, options)));
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]{1,15}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function slug(text: string): string {
  const parsed = organizationSlug.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError(`It ${parsed.error.issues.map(({ message }) => message).join(', ')}.`);
  return parsed.data;
}
