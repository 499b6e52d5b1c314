import { dayIn } from '../../mirror/day.ts';
import { targetsOf } from '../../queue/targets.ts';
import { type KnownListing, listOrganizations } from '../../store/organizations/list-organizations.ts';
import { retireOrganization } from '../../store/organizations/retire-organization.ts';
import { countOf, formatCount, formatList, stateStyle } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { wrapToWidth } from '../../terminal/width.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { requireCatalog } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';
import { type RowColumn, renderRows } from '../tables/rows.ts';
import { UsageError } from '../usage-error.ts';

/** A listing that the mirror knows or the settings name. */
interface Listing extends KnownListing {
  readonly inSettings: boolean;
}

/** `organizations list`: every listing that the mirror knows or the settings name, and how it stands. */
export async function listAllOrganizations(context: Context): Promise<ExitCode> {
  const database = await openDatabase(context);
  try {
    const listings = withSettings(await listOrganizations(database.pool), context);
    if (context.output.json) context.printJson(listings);
    else if (listings.length === 0) context.say('No organization is mirrored yet: set CATALOG_ORGANIZATIONS.');
    else
      context.print(renderRows(listings, COLUMNS, { width: context.output.stdout.columns, colours: context.colours }));
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/**
 * `organizations retire ORG`: a person says that it is not mirrored any more. What it speaks for ends as `out_of_scope`;
 * no row is deleted, and whoever lists such an artifact first restores it.
 *
 * @param options.yes nobody is asked
 */
export async function retire(
  context: Context,
  organization: string,
  options: { readonly yes: boolean },
): Promise<ExitCode> {
  requireCatalog(context);
  refuseWhileNamed(context, organization);
  const database = await openDatabase(context);
  try {
    const listings = known(await listOrganizations(database.pool), organization);
    const openLetters = listings.reduce((sum, listing) => sum + listing.openLetters, 0);
    if (isNothingLeft(listings)) return report(context, organization, [], openLetters);
    if (!options.yes && !(await isConfirmed(context, organization, listings))) {
      context.say('Nothing was changed.');
      return EXIT.usage;
    }
    const at = context.clock.now();
    const ended = await retireOrganization(database.pool, organization, { at, dayIn: (zone) => dayIn(zone, at) });
    return report(context, organization, ended, openLetters);
  } finally {
    await database.close();
  }
}

/** What the mirror knows, each with whether the settings name it, and what they name beyond that. */
function withSettings(known: readonly KnownListing[], { settings: { organizations } }: Context): readonly Listing[] {
  const keyOf = ({ organization, kind }: Pick<Listing, 'organization' | 'kind'>): string =>
    JSON.stringify([organization, kind]);
  const named = new Map(targetsOf(organizations).map((target) => [keyOf(target), target]));
  const stored = known.map((listing) => ({ ...listing, inSettings: named.delete(keyOf(listing)) }));
  const waiting = [...named.values()].map(
    (target): Listing => ({
      ...target,
      inSettings: true,
      own: 0,
      guests: 0,
      outOfScope: 0,
      openLetters: 0,
      lastRun: null,
      lastCompleteDay: null,
    }),
  );
  return [...stored, ...waiting].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const COLUMNS: readonly RowColumn<Listing>[] = [
  { header: 'organization', value: ({ organization }) => organization },
  { header: 'kind', value: ({ kind }) => kind, idle: 'models' },
  { header: 'in settings', value: ({ inSettings }) => (inSettings ? 'yes' : 'no'), mayCut: false },
  { header: 'own', value: ({ own }) => formatCount(own), align: 'right' },
  { header: 'guests', value: ({ guests }) => formatCount(guests), align: 'right', idle: '0' },
  { header: 'retired', value: ({ outOfScope }) => formatCount(outOfScope), align: 'right', idle: '0' },
  { header: 'last run', value: ({ lastRun }) => lastRun?.day ?? null, mayCut: false },
  {
    header: 'state',
    value: ({ lastRun }) => lastRun?.state ?? null,
    mayCut: false,
    style: ({ lastRun }, colours) => (lastRun === null ? colours.faint : stateStyle(lastRun.state, colours)),
  },
  { header: 'last complete', value: ({ lastCompleteDay }) => lastCompleteDay, mayCut: false },
  { header: 'letters', value: ({ openLetters }) => formatCount(openLetters), align: 'right', idle: '0' },
];

function refuseWhileNamed({ settings: { organizations } }: Context, organization: string): void {
  if (!organizations.some((one) => one.organization === organization)) return;
  throw new UsageError(
    `The settings still name ${organization}: its next run would restore all that is retired.`,
    'Take it out of CATALOG_ORGANIZATIONS and catalog-mirror.config.json, for every worker, and retire it then.',
  );
}

function known(listings: readonly KnownListing[], organization: string): readonly KnownListing[] {
  const its = listings.filter((listing) => listing.organization === organization);
  if (its.length > 0) return its;
  const names = [...new Set(listings.map((listing) => listing.organization))];
  throw new UsageError(
    `The mirror knows no organization ${organization}. It knows ${names.length === 0 ? 'none yet' : formatList(names, 20)}.`,
    'Run `catalog-mirror organizations list` to see them.',
  );
}

/** A run that is not over could be about to store the first artifacts: it must be looked at under the lock. */
function isNothingLeft(listings: readonly KnownListing[]): boolean {
  return listings.every(({ own, guests, lastRun }) => own + guests === 0 && lastRun?.state !== 'running');
}

/** @throws UsageError where nobody is there to be asked */
async function isConfirmed(
  context: Context,
  organization: string,
  listings: readonly KnownListing[],
): Promise<boolean> {
  const name = visible(organization);
  const consequence =
    `${name} speaks for ${describe(listings)}. They end as out_of_scope: reports no longer show them as current, and ` +
    'their history stays.';
  const lines = wrapToWidth(consequence, context.output.stderr.columns);
  const answer = await context.ask(`${lines.join('\n')}\nRetire ${name}? [y/N] `);
  if (answer === null) {
    throw new UsageError(
      `To retire ${organization} ends what it speaks for: ${describe(listings)}.`,
      'Add --yes to do so.',
    );
  }
  return /^y(es)?$/i.test(answer.trim());
}

function report(
  context: Context,
  organization: string,
  listings: readonly Pick<KnownListing, 'kind' | 'own' | 'guests'>[],
  openLetters: number,
): ExitCode {
  if (context.output.json) {
    const ended = listings.map(({ kind, own, guests }) => ({ kind, own, guests }));
    context.printJson({ organization, ended, openLetters });
    return EXIT.ok;
  }
  const name = visible(organization);
  context.print(
    listings.length === 0
      ? `Nothing is left to retire: ${name} speaks for no current artifact.\n`
      : `${name} is retired: ${describe(listings)} ended as out_of_scope.\n`,
  );
  if (openLetters > 0) {
    context.say(
      `${countOf(openLetters, 'letter')} of it ${openLetters === 1 ? 'stays' : 'stay'} open: ` +
        `\`catalog-mirror dead-letters list --organization ${name}\`.`,
    );
  }
  return EXIT.ok;
}

/** `5 current artifacts, 3 of its own and 2 guests`. */
function describe(listings: readonly Pick<KnownListing, 'own' | 'guests'>[]): string {
  const own = listings.reduce((sum, listing) => sum + listing.own, 0);
  const guests = listings.reduce((sum, listing) => sum + listing.guests, 0);
  const all = countOf(own + guests, 'current artifact');
  return guests === 0 ? all : `${all} (${formatCount(own)} of its own and ${countOf(guests, 'guest')})`;
}
