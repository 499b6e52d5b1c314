import { daysBetween } from '../../report/days.ts';
import type { Coverage, UncoveredDay } from '../../report/read-coverage.ts';
import type { ReportFilter } from '../../report/report-filter.ts';
import { formatCount, formatList } from '../../terminal/format.ts';
import { listingName, whatBecame } from './listing-words.ts';

/** How many stretches of uncovered days are told one by one. */
const MOST_STRETCHES = 4;
/** How many listings are named of one stretch. */
const MOST_NAMES = 3;

/**
 * How many of the days asked for are covered, which are not, and why: a sentence or a few. Null where nothing was ever
 * mirrored.
 *
 * @param options.brief only how the runs of uncovered days ended, where it is said elsewhere why
 */
export function coverageSentence(
  coverage: Coverage,
  filter: Pick<ReportFilter, 'since' | 'until'>,
  { brief = false }: { readonly brief?: boolean } = {},
): string | null {
  const { span, coveredDays, uncoveredDays, uncovered } = coverage;
  if (span === null) return null;
  const outside = outsideOf(span, filter);
  const days = coveredDays + uncoveredDays;
  if (days === 0) return outside;
  const asked = filter.since === undefined && filter.until === undefined ? '' : ' asked for';
  if (uncoveredDays === 0) {
    const all = days === 1 ? `The day${asked} is covered.` : `All ${formatCount(days)} days${asked} are covered.`;
    return sentences(all, outside);
  }
  const stretches = stretchesOf(uncovered, brief);
  const told = stretches.slice(-MOST_STRETCHES).map(stretchText);
  const more = stretches.length > told.length ? ' The others: `catalog-mirror report coverage`.' : '';
  return sentences(
    `${howMany(coveredDays, days, asked)} covered${days === 1 ? '' : '. Not covered'}: ${told.join('; ')}.${more}`,
    outside,
  );
}

function howMany(covered: number, days: number, asked: string): string {
  if (days === 1) return `The day${asked} is not`;
  if (covered === 0) return `None of the ${formatCount(days)} days${asked} is`;
  return `${formatCount(covered)} of ${formatCount(days)} days${asked} ${covered === 1 ? 'is' : 'are'}`;
}

/** What of the days asked for lies where there is no run at all; null where nothing does. */
function outsideOf(
  { first, last }: NonNullable<Coverage['span']>,
  { since, until }: Pick<ReportFilter, 'since' | 'until'>,
): string | null {
  const before = since !== undefined && since < first;
  const after = until !== undefined && until > last;
  if ((until !== undefined && until < first) || (since !== undefined && since > last)) {
    return `No day asked for is between the first run (${first}) and the last (${last}).`;
  }
  if (!before && !after) return null;
  return `The first run is of ${first}, the last of ${last}: nothing is known of other days.`;
}

function sentences(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(' ');
}

/** Days that follow each other, on which the same listings are not covered for the same reason. */
interface Stretch {
  readonly first: string;
  readonly last: string;
  readonly reason: string;
  readonly listings: readonly string[];
  readonly byNone: boolean;
}

function stretchesOf(uncovered: readonly UncoveredDay[], brief: boolean): readonly Stretch[] {
  const days = new Map<string, Stretch>();
  for (const one of uncovered) {
    const reason = brief && one.run !== null ? one.run.state : whatBecame(one.run);
    const key = JSON.stringify([one.day, reason]);
    const known = days.get(key)?.listings ?? [];
    const { day, byNone } = one;
    days.set(key, { first: day, last: day, reason, byNone, listings: [...known, listingName(one)] });
  }
  const stretches: Stretch[] = [];
  for (const day of days.values()) {
    const at = stretches.findIndex((stretch) => goesOn(stretch, day));
    const before = stretches[at];
    if (before === undefined) stretches.push(day);
    else stretches[at] = { ...before, last: day.last };
  }
  return stretches;
}

function goesOn(before: Stretch, next: Stretch): boolean {
  return (
    daysBetween(before.last, next.first) === 1 &&
    before.reason === next.reason &&
    before.byNone === next.byNone &&
    before.listings.join('\n') === next.listings.join('\n')
  );
}

function stretchText({ first, last, reason, listings, byNone }: Stretch): string {
  const when = first === last ? first : `${first} to ${last}`;
  // Where no listing is covered, the day is what matters; of a single one, its name was asked for.
  const whose = byNone ? '' : ` of ${formatList(listings, MOST_NAMES)}`;
  return `${when}${whose} (${reason})`;
}
