import type { Coverage } from '../../report/read-coverage.ts';
import type { ListingRuns } from '../../report/read-listings.ts';
import type { Report } from '../../report/read-report.ts';
import type { ReportFilter } from '../../report/report-filter.ts';
import { countOf, formatList } from '../../terminal/format.ts';
import { coverageSentence } from './coverage-words.ts';
import { adviceFor, command, howItEnded, listingName } from './listing-words.ts';

/** What is known beside the rows of a report, for the listings that were asked for. */
export interface Background {
  readonly listings: readonly ListingRuns[];
  readonly coverage: Coverage;
}

/** How many listings are named one by one. */
const MOST_NAMES = 3;

/**
 * Whether a report has rows of days that stand for what was proved. A report of runs or failures tells what happened,
 * whatever that proves.
 */
function hasProvedDays({ columns }: Pick<Report, 'columns'>): boolean {
  return columns.some(({ name }) => name === 'day') && !tellsOfFailures({ columns });
}

function tellsOfFailures({ columns }: Pick<Report, 'columns'>): boolean {
  return columns.some(({ name }) => name === 'error_class');
}

/** What there is to say below the rows of a report: what they cover and what not, and why. A sentence each. */
export function notesBelow(
  report: Report,
  { listings, coverage }: Background,
  filter: ReportFilter,
): readonly string[] {
  if (tellsOfFailures(report)) return [];
  if (!hasProvedDays(report)) return asOf(listings);
  const covered = coverageSentence(coverage, filter);
  return [...(covered === null ? [] : [covered]), ...countsNothing(report)];
}

function countsNothing({ columns, rows }: Report): readonly string[] {
  if (!columns.some(({ name }) => name === 'downloads') || rows.some((row) => row['downloads'] !== null)) return [];
  return ['None of these rows has downloads: they are differences to the day before, so that a first day has none.'];
}

/** Why a report has no rows, and what to do about it: a sentence each, never none. */
export function reasonsForNothing(
  report: Report,
  { listings, coverage }: Background,
  filter: ReportFilter,
): readonly string[] {
  const { organization } = filter;
  if (listings.length === 0) {
    return organization === undefined
      ? [`Nothing is mirrored yet: run ${command('sync')}.`]
      : [`${organization} was never mirrored: run ${command(`sync ${organization}`)}.`];
  }
  const days = coverageSentence(coverage, filter);
  if (tellsOfFailures(report)) {
    const since = filter.since !== undefined || filter.until !== undefined;
    return [`No such rows${since ? ' on these days' : ''}.`];
  }
  if (listings.every(({ lastComplete }) => lastComplete === null)) return neverComplete(listings);
  if (hasProvedDays(report)) {
    return [
      `No such rows. ${days ?? ''}`.trim(),
      ...(coverage.coveredDays === 1 && coverage.uncoveredDays === 0
        ? ['What is counted are differences: they begin with the second day that is covered.']
        : []),
    ];
  }
  return [nothingCurrent(report, organization), ...asOf(listings)];
}

function nothingCurrent({ columns }: Report, organization: string | undefined): string {
  if (!columns.some(({ name }) => name === 'download_count')) return 'No such rows.';
  return organization === undefined
    ? 'No organization has anything current: what was mirrored has ended, or the listings are empty.'
    : `${organization} has nothing current: what it had has ended, or its listing is empty.`;
}

/** Of which day the current rows are, and whose are older, and why. */
function asOf(listings: readonly ListingRuns[]): readonly string[] {
  const complete = listings.flatMap(({ lastComplete }) => (lastComplete === null ? [] : [lastComplete.day]));
  const latest = complete.toSorted().at(-1);
  if (latest === undefined) return [];
  const behind = listings.filter(
    ({ lastComplete, lastRun }) =>
      lastComplete !== null && (lastComplete.day < latest || lastRun.runId !== lastComplete.runId),
  );
  const told = behind
    .slice(0, MOST_NAMES)
    .map(
      (listing) =>
        `${listingName(listing)} is as of ${listing.lastComplete?.day ?? ''}: ${
          listing.lastRun.runId === listing.lastComplete?.runId
            ? 'it has no later run'
            : `its last run, of ${listing.lastRun.day}, ${howItEnded(listing.lastRun)}`
        }.`,
    );
  const more =
    behind.length > MOST_NAMES
      ? [
          `${countOf(behind.length - MOST_NAMES, 'more listing')} ${behind.length - MOST_NAMES === 1 ? 'is' : 'are'} as old or older: ${command('status')}.`,
        ]
      : [];
  const all =
    behind.length === 0
      ? [`As of ${latest}, the day of the last complete ${listings.length === 1 ? 'run' : 'runs'}.`]
      : [];
  return [...all, ...told, ...more, ...neverComplete(listings)];
}

/** Listings of which nothing is known, because no run of them was ever complete. */
function neverComplete(listings: readonly ListingRuns[]): readonly string[] {
  const without = listings.filter(({ lastComplete }) => lastComplete === null);
  const [only] = without;
  if (only === undefined) return [];
  if (without.length > 1) {
    const names = formatList(without.map(listingName), MOST_NAMES);
    return [`No run of ${names} was ever complete: ${command('status')} says why.`];
  }
  const { lastRun } = only;
  return [
    `No run of ${listingName(only)} was ever complete. Its last, run ${lastRun.runId} of ${lastRun.day}, ` +
      `${howItEnded(lastRun)}. ${adviceFor(only, lastRun)}`,
  ];
}
