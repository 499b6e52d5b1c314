import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { SortColumn, SortDirection } from '../catalog/page.ts';
import { packageVersion } from '../package-root.ts';
import { addDeadLetters } from './dead-letter-commands.ts';
import { EXIT } from './exit-codes.ts';
import { addExport } from './export-command.ts';
import { addFakeCatalog } from './fake-catalog-command.ts';
import { examples, settingsSection } from './help.ts';
import { addOrganizations } from './organization-commands.ts';
import { addReport } from './report-command.ts';
import { addRuns } from './run-commands.ts';
import { type Context, runCommand, type Shell } from './shell.ts';
import { addStatus } from './status-command.ts';
import { syncExitCodes } from './sync-exit-codes.ts';
import { demo } from './verbs/demo.ts';
import { doctor } from './verbs/doctor.ts';
import { list } from './verbs/list.ts';
import { migrateDatabase } from './verbs/migrate.ts';
import { psql } from './verbs/psql.ts';
import { listAllSchedules, runSchedule } from './verbs/schedule.ts';
import { start } from './verbs/start.ts';
import { sync } from './verbs/sync.ts';
import { worker } from './verbs/worker.ts';

const SORT_COLUMNS: readonly SortColumn[] = ['name', 'created_at', 'updated_at', 'file_size_bytes'];
const SORT_DIRECTIONS: readonly SortDirection[] = ['asc', 'desc'];
const LARGEST_LIMIT = 200;
/** For help that goes into a pipe or a file. */
const HELP_WIDTH = 100;

/**
 * Runs `catalog-mirror` with these arguments.
 *
 * @param args without the names of node and of the script
 * @returns the exit code (design section 7)
 */
export async function runProgram(args: readonly string[], shell: Shell): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = buildProgram(shell, async (options, command) => {
    exitCode = await runCommand(shell, { json: options.json === true }, command);
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

type Act = (options: { readonly json?: boolean }, command: (context: Context) => Promise<number>) => Promise<void>;

function buildProgram({ process: { stdout, stderr } }: Shell, act: Act): Command {
  const program = new Command('catalog-mirror')
    .description(
      'Mirrors a model catalog into PostgreSQL every night, proves what it says, and counts downloads over time.',
    )
    .version(packageVersion())
    .exitOverride()
    // Before the commands are made: they take these over.
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => stderr.columns ?? HELP_WIDTH,
    })
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', `\n${EXAMPLES}\n${settingsSection()}`);
  addMirroring(program, act);
  addStatus(program, act, json());
  addRuns(program, act, { json: json(), positive });
  addDeadLetters(program, act, { json: json(), positive });
  addReading(program, act);
  addReport(program, act, { json: json(), positive });
  addExport(program, act, { json: json(), positive });
  addOrganizations(program, act, json());
  addUpkeep(program, act);
  return program;
}

const EXAMPLES = `Examples:
  catalog-mirror demo                        a recorded month of a real catalog, nothing configured
  CATALOG_URL=https://catalog.example.com CATALOG_TOKEN=… CATALOG_ORGANIZATIONS=acme,umbrella \\
    catalog-mirror sync                      mirror two organizations now
  catalog-mirror worker                      mirror by schedule, until stopped
  catalog-mirror psql -c 'select * from report.models order by download_count desc limit 10'
`;

function addMirroring(program: Command, act: Act): void {
  program
    .command('demo')
    .description('mirror a recorded month of a real catalog, night after night, and show what came of it')
    .addOption(json())
    .addHelpText('after', examples('catalog-mirror demo', 'catalog-mirror demo --json | jq .uncoveredDays'))
    .action((options) => act(options, demo));
  program
    .command('start')
    .description('what npm start runs: demo where no catalog is configured, else worker')
    .addHelpText('after', examples('catalog-mirror start'))
    .action(() => act({}, start));
  program
    .command('sync')
    .description('mirror organizations now: all that the settings name, or those given')
    .argument('[organizations...]', 'slugs that the settings name')
    .addOption(json())
    .addHelpText(
      'after',
      syncExitCodes() +
        examples(
          'catalog-mirror sync',
          'catalog-mirror sync acme globex',
          "catalog-mirror sync --json | jq '.[].state'",
        ),
    )
    .action((organizations: string[], options) => act(options, (context) => sync(context, organizations)));
  program
    .command('worker')
    .description('mirror by the schedules of the settings until SIGTERM or Ctrl-C')
    .addHelpText('after', examples('catalog-mirror worker', "MIRROR_CRON='30 2 * * *' catalog-mirror worker"))
    .action(() => act({}, worker));
  const schedule = program
    .command('schedule')
    .description('the schedules in the queue')
    .addHelpText('after', examples('catalog-mirror schedule list', 'catalog-mirror schedule run acme'));
  schedule
    .command('list')
    .description('every schedule and its next fire')
    .addOption(json())
    .addHelpText('after', examples('catalog-mirror schedule list'))
    .action((options) => act(options, listAllSchedules));
  schedule
    .command('run')
    .description('put the jobs of an organization on the queue now, as its schedule would')
    .argument('<organization>', 'a slug that a schedule names')
    .addOption(json())
    .addHelpText('after', examples('catalog-mirror schedule run acme'))
    .action((organization: string, options) => act(options, (context) => runSchedule(context, organization)));
}

function addReading(program: Command, act: Act): void {
  program
    .command('list')
    .description("one page of an organization's listing, as the catalog answers it; stores nothing")
    .argument('<organization>', 'the slug in the path')
    .addOption(new Option('--kind <kind>', 'which listing').default('models'))
    .addOption(new Option('--sort-by <column>').choices(SORT_COLUMNS).default('created_at'))
    .addOption(new Option('--sort-dir <direction>').choices(SORT_DIRECTIONS).default('desc'))
    .option('--page <number>', 'from 1', positive, 1)
    .option('--limit <items>', `items on the page, at most ${LARGEST_LIMIT}`, pageLimit, 50)
    .option('--include-public', 'public artifacts of other owners as well', false)
    .addOption(json())
    .addHelpText('after', examples('catalog-mirror list acme --sort-by name --sort-dir asc --limit 10'))
    .action((organization: string, options) =>
      act(options, (context) =>
        list(
          context,
          {
            organization,
            sortBy: options.sortBy,
            sortDir: options.sortDir,
            page: options.page,
            limit: options.limit,
            includePublic: options.includePublic,
          },
          options.kind,
        ),
      ),
    );
  program
    .command('psql')
    .description("a psql session on the mirror's database, the views on its search path")
    .argument('[arguments...]', 'passed on to psql')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText(
      'after',
      examples('catalog-mirror psql', "catalog-mirror psql -c 'select * from coverage where not covered'"),
    )
    .action((args: string[]) => act({}, (context) => psql(context, args)));
}

function addUpkeep(program: Command, act: Act): void {
  program
    .command('migrate')
    .description('bring the database to this version, and say what was done')
    .addOption(json())
    .addHelpText('after', examples('catalog-mirror migrate'))
    .action((options) => act(options, migrateDatabase));
  program
    .command('doctor')
    .description('look at every part a mirror needs, and say what is wrong with it')
    .option('--accept-catalog', 'make CATALOG_URL the catalog of this database from now on', false)
    .addOption(json())
    .addHelpText('after', examples('catalog-mirror doctor', 'catalog-mirror doctor --accept-catalog'))
    .action((options) => act(options, (context) => doctor(context, options)));
  addFakeCatalog(program, act, json());
}

function json(): Option {
  return new Option('--json', 'data for programs on stdout, and nothing else');
}

function positive(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('Write a whole number from 1.');
  }
  return value;
}

function pageLimit(text: string): number {
  const value = positive(text);
  if (value > LARGEST_LIMIT) throw new InvalidArgumentError(`Write a whole number from 1 to ${LARGEST_LIMIT}.`);
  return value;
}
