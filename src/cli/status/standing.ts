import type { ListingRun, ListingRuns } from '../../report/read-listings.ts';
import { formatMoment } from '../../terminal/format.ts';
import { adviceFor, command, howItEnded, listingName, whatBecame } from '../reports/listing-words.ts';

/** What is known of one listing. */
export interface ListingFacts {
  readonly organization: string;
  readonly kind: string;
  /** Null where no catalog is configured, so that nobody says what is to be mirrored. */
  readonly inSettings: boolean | null;
  /** Null where it was never mirrored. */
  readonly runs: ListingRuns | null;
  /** Current artifacts that it speaks for. */
  readonly artifacts: number;
  /** Artifacts that ended when a person retired it. */
  readonly outOfScope: number;
  readonly openLetters: number;
  /** The open letter of a held removal. */
  readonly removalLetterId: string | null;
  readonly nextFire: NextFire | null;
}

/** When it is mirrored next: as the queue says, or as the settings say where no worker has set its schedule yet. */
export interface NextFire {
  readonly at: Date;
  readonly from: 'queue' | 'settings';
}

/**
 * How a listing stands.
 * - `up to date`: its last run is certified, and none is due
 * - `under way`: a run is at work
 * - `not up to date`: `why` says why, `whatToDo` what to do
 * - `left`: the settings no longer name it; it stays as of its last complete run
 */
export type Standing =
  | { readonly verdict: 'up to date' | 'under way' }
  | { readonly verdict: 'left'; readonly why: string }
  | { readonly verdict: 'not up to date'; readonly why: string; readonly whatToDo: string };

/** A worker that is alive takes a due job at once; one that is busy within minutes. */
const DUE_FOR_MS = 15 * 60_000;

/** Judges a listing, as of a moment. Pure. */
export function standingOf(listing: ListingFacts, now: Date): Standing {
  const { runs, inSettings, nextFire } = listing;
  if (inSettings === false) return left(listing);
  if (runs === null) {
    return {
      verdict: 'not up to date',
      why: 'was never mirrored',
      whatToDo: `Run ${command(`sync ${listing.organization}`)}, or keep ${command('worker')} running.`,
    };
  }
  const { lastRun } = runs;
  if (lastRun.state === 'running' && !lastRun.isForsaken) return { verdict: 'under way' };
  if (lastRun.state === 'held') return held(listing, runs);
  if (lastRun.state !== 'certified') {
    return {
      verdict: 'not up to date',
      why: whyNot(lastRun),
      whatToDo: adviceFor(listing, lastRun),
    };
  }
  if (nextFire?.from === 'queue' && now.getTime() - nextFire.at.getTime() > DUE_FOR_MS) {
    return {
      verdict: 'not up to date',
      why: `is due since ${formatMoment(nextFire.at)} and no worker takes it`,
      whatToDo: `Keep ${command('worker')} running, or run ${command(`sync ${listing.organization}`)}.`,
    };
  }
  return { verdict: 'up to date' };
}

function whyNot(run: ListingRun): string {
  if (run.state === 'running') return 'was left by its process';
  return run.state === 'failed' ? whatBecame(run).replace('failed', `failed on ${run.day}`) : howItEnded(run);
}

function left({ artifacts, outOfScope, runs }: ListingFacts): Standing {
  if (artifacts === 0 && outOfScope > 0) return { verdict: 'left', why: 'is retired' };
  const day = runs?.lastComplete?.day;
  return {
    verdict: 'left',
    why: `is not in the settings: it stays ${day === undefined ? 'as it is' : `as of ${day}`}`,
  };
}

function held({ organization, removalLetterId }: ListingFacts, { lastRun }: ListingRuns): Standing {
  const why = `was held on ${lastRun.day}: ${withoutState(whatBecame(lastRun))}`;
  const whatToDo =
    removalLetterId === null
      ? `Its letter is closed: the next run decides anew. ${command(`sync ${organization}`)}`
      : `Where they are meant to be gone, approve it: ${command(`dead-letters replay ${removalLetterId}`)}`;
  return { verdict: 'not up to date', why, whatToDo };
}

function withoutState(text: string): string {
  return text.replace(/^held: /, '');
}

/** A listing with how it stands. */
export interface Judged extends ListingFacts {
  readonly standing: Standing;
}

/** How many of the listings that count are up to date, and the worst of what is not, in a sentence. Pure. */
export function summarise(listings: readonly Judged[]): string {
  const counted = listings.filter(({ standing }) => standing.verdict !== 'left');
  const organizations = (some: readonly Judged[]): ReadonlySet<string> =>
    new Set(some.map(({ organization }) => organization));
  const all = organizations(counted);
  if (all.size === 0) {
    return listings.length === 0 ? 'Nothing is mirrored yet.' : 'No organization is mirrored any more.';
  }
  const notWell = counted.filter(({ standing }) => standing.verdict === 'not up to date');
  const underWay = organizations(counted.filter(({ standing }) => standing.verdict === 'under way'));
  const behind = organizations(counted.filter(({ standing }) => standing.verdict !== 'up to date'));
  const well = all.size - behind.size;
  const [worst] = notWell.toSorted((a, b) => gravity(b) - gravity(a));
  const rest = organizations(notWell).size - 1;
  const days = counted.flatMap(({ runs, standing }) =>
    standing.verdict === 'up to date' && runs !== null ? [runs.lastRun.day] : [],
  );
  const asOf = days.length === 0 ? '' : `, as of ${days.toSorted()[0]}`;
  const every = all.size === 2 ? 'Both' : `All ${all.size}`;
  const clauses = [
    ...(all.size > 1
      ? [`${well === all.size ? every : `${well} of ${all.size}`} organizations are up to date${asOf}`]
      : []),
    ...(all.size === 1 && well === 1 ? [`${[...all].join()} is up to date${asOf}`] : []),
    ...(underWay.size === 0 ? [] : [`${underWay.size} ${underWay.size === 1 ? 'is' : 'are'} being mirrored`]),
    ...(worst?.standing.verdict === 'not up to date' ? [`${listingName(worst)} ${worst.standing.why}`] : []),
    ...(rest > 0 ? [`${rest} more ${rest === 1 ? 'is' : 'are'} not`] : []),
  ];
  return `${clauses.join('; ')}.`;
}

/** What fails mirrors nothing; the rest mirrors something. */
export function gravity({ runs, standing }: Judged): number {
  if (standing.verdict !== 'not up to date') return standing.verdict === 'under way' ? 1 : 0;
  return runs?.lastRun.state === 'failed' ? 3 : 2;
}
