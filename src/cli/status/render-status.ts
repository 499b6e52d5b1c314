import type { Colours, Style } from '../../terminal/colours.ts';
import { countOf, formatBytes, formatCount, formatDuration, formatMoment, stateStyle } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { wrapToWidth } from '../../terminal/width.ts';
import { coverageSentence } from '../reports/coverage-words.ts';
import { command, listingName } from '../reports/listing-words.ts';
import { type Fact, renderFacts } from '../tables/facts.ts';
import { durationOf } from '../tables/outcomes.ts';
import { type RowColumn, renderRows } from '../tables/rows.ts';
import type { Status } from './read-status.ts';
import { gravity, type Judged, summarise } from './standing.ts';

/** How many listings are shown before the rest is only counted: the screen is to stay one. */
const MOST_LISTINGS = 30;
const MOST_ADVICE = 6;
/** How wide a terminal must be for moments in place of days and spans. */
const WIDE = 120;
/** And for a column that is there only to tell listings apart that began on different days. */
const ROOMY = 96;
const LONGEST_LINE = 120;

/** The whole in one screen: a sentence, the mirror, every listing, and what to do next. Pure. */
export function renderStatus(status: Status, options: TableOptions): string {
  const { colours, width } = options;
  const text = { ...options, width: Math.min(width, LONGEST_LINE) };
  const worst = Math.max(0, ...status.listings.map(gravity));
  const headline = wrapToWidth(visible(summarise(status.listings)), text.width).map(
    (line) => `${colours.strong(styleOfGravity(worst, colours)(line))}\n`,
  );
  const parts = [
    headline.join(''),
    renderFacts(factsOf(status), text),
    listingsTable(status, options),
    next(status, text),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function styleOfGravity(worst: number, colours: Colours): Style {
  if (worst <= 1) return colours.good;
  return worst === 2 ? colours.warning : colours.bad;
}

function factsOf(status: Status): readonly Fact[] {
  const { mirror, listings, coverage } = status;
  const artifacts = listings.reduce((sum, listing) => sum + listing.artifacts, 0);
  const letters = listings.reduce((sum, { openLetters }) => sum + openLetters, 0);
  const covered = coverageSentence(coverage, {}, { brief: true });
  return [
    [
      'mirror',
      `catalog-mirror ${status.version}, PostgreSQL ${mirror.serverVersion} at ${status.database}, ` +
        formatBytes(mirror.databaseBytes),
    ],
    ['catalog', catalogText(status)],
    ['artifacts', `${formatCount(artifacts)} current`],
    ...(covered === null ? [] : [['days', `${spanText(coverage.span)}${covered}`] as const]),
    ['letters', letters === 0 ? 'none open' : `${countOf(letters, 'letter')} open: ${command('dead-letters list')}`],
    ['queue', queueText(status)],
  ];
}

function spanText(span: Status['coverage']['span']): string {
  return span === null || span.first === span.last ? '' : `${span.first} to ${span.last}: `;
}

function catalogText({ mirror: { catalogUrl }, configuredCatalog }: Status): string {
  if (catalogUrl === null) return configuredCatalog ?? 'none is configured, and none was mirrored';
  if (configuredCatalog === null) return `${catalogUrl}; CATALOG_URL is not set, so that nothing more is mirrored`;
  if (configuredCatalog === catalogUrl) return catalogUrl;
  return `${catalogUrl}; CATALOG_URL names another one, ${configuredCatalog}: ${command('doctor')} says what to do`;
}

function queueText({ queue, listings, at, configuredCatalog }: Status): string {
  if (queue.status === 'unknown') return `cannot be asked: ${queue.reason}. Next fires are those of the settings.`;
  const where = queue.store === 'postgres' ? 'in PostgreSQL' : 'in Redis';
  if (queue.fires.length === 0) {
    const why =
      configuredCatalog === null ? 'nothing is scheduled' : `no schedules yet, ${command('worker')} sets them`;
    return `${where}, ${why}`;
  }
  const [first] = listings
    .flatMap(({ nextFire, ...listing }) => (nextFire?.from === 'queue' ? [{ at: nextFire.at, listing }] : []))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  const nextOne = first === undefined ? '' : `; next ${listingName(first.listing)}, ${untilFire(first.at, at)}`;
  return `${where}, ${countOf(queue.fires.length, 'schedule')}${nextOne}`;
}

function listingsTable({ listings, at }: Status, options: TableOptions): string {
  if (listings.length === 0) return '';
  // What is not well is never among those that are only counted.
  const first = listings.toSorted((a, b) => gravity(b) - gravity(a)).slice(0, MOST_LISTINGS);
  const shown = listings.filter((listing) => first.includes(listing));
  const left = listings.length - shown.length;
  const rest =
    left === 0 ? '' : options.colours.faint(`and ${formatCount(left)} more: ${command('organizations list')}\n`);
  return renderRows(shown, columns(shown, at), options) + rest;
}

function columns(shown: readonly Judged[], at: Date): readonly RowColumn<Judged>[] {
  const lastComplete = ({ runs }: Judged): string | null => runs?.lastComplete?.day ?? null;
  const lastDay = ({ runs }: Judged): string | null => runs?.lastRun.day ?? null;
  const isBehind = shown.some((listing) => lastComplete(listing) !== lastDay(listing));
  const since = ({ runs }: Judged): string | null => runs?.coveredSince ?? null;
  const isSame = new Set(shown.map(since).filter((day) => day !== null)).size < 2;
  return [
    { header: 'organization', value: ({ organization }) => organization },
    { header: 'kind', value: ({ kind }) => kind, idle: 'models' },
    {
      header: 'state',
      value: (listing) => stateOf(listing),
      mayCut: false,
      style: (listing, colours) => stateStyleOf(listing, colours),
    },
    // Where there is no room for both, the day that can be relied on.
    ...(isBehind
      ? []
      : [{ header: 'last run', value: lastDay, mayCut: false, before: WIDE } satisfies RowColumn<Judged>]),
    {
      header: 'last run (UTC)',
      value: ({ runs }) => (runs === null ? null : minuteOf(new Date(runs.lastRun.startedAt))),
      mayCut: false,
      from: WIDE,
    },
    {
      header: 'took',
      value: ({ runs }) => (runs === null ? null : durationOf(runs.lastRun)),
      align: 'right',
      from: WIDE,
    },
    ...(isBehind ? [{ header: 'complete', value: lastComplete, mayCut: false } satisfies RowColumn<Judged>] : []),
    // Where it is the same for all, the line about days has it as well.
    ...(isSame
      ? []
      : [{ header: 'since', value: since, mayCut: false, from: ROOMY, before: WIDE } satisfies RowColumn<Judged>]),
    { header: 'covered since', value: since, mayCut: false, from: WIDE },
    { header: 'covered', value: ({ runs }) => (runs === null ? null : daysOf(runs)), align: 'right' },
    { header: 'current', value: ({ artifacts }) => formatCount(artifacts), align: 'right' },
    { header: 'letters', value: ({ openLetters }) => formatCount(openLetters), align: 'right', idle: '0' },
    {
      header: 'next',
      value: ({ nextFire }) => (nextFire === null ? null : untilFire(nextFire.at, at)),
      mayCut: false,
      idle: null,
      before: WIDE,
    },
    {
      header: 'next fire (UTC)',
      value: ({ nextFire }) => (nextFire === null ? null : `${minuteOf(nextFire.at)}${sourceOf(nextFire)}`),
      mayCut: false,
      idle: null,
      from: WIDE,
    },
  ];
}

function stateOf({ runs, standing }: Judged): string {
  if (runs === null) return 'never run';
  return standing.verdict === 'left' ? 'left' : runs.lastRun.state;
}

function stateStyleOf({ runs, standing }: Judged, colours: Colours): Style {
  if (standing.verdict === 'left') return colours.faint;
  return runs === null ? colours.warning : stateStyle(runs.lastRun.state, colours);
}

function daysOf({ firstDay, lastDay, coveredDays }: NonNullable<Judged['runs']>): string {
  const span = (Date.parse(lastDay) - Date.parse(firstDay)) / 86_400_000 + 1;
  return `${formatCount(coveredDays)} of ${formatCount(span)}`;
}

function sourceOf({ from }: NonNullable<Judged['nextFire']>): string {
  return from === 'queue' ? '' : ', not set yet';
}

function minuteOf(moment: Date): string {
  return formatMoment(moment).slice(0, 16);
}

/** `in 4 h`, to the largest unit, or that it is overdue. */
function untilFire(fire: Date, now: Date): string {
  const milliseconds = fire.getTime() - now.getTime();
  if (milliseconds <= 0) return 'due now';
  const [amount = '', unit = ''] = formatDuration(Math.max(milliseconds, 1_000)).split(' ');
  return `in ${amount} ${unit}`;
}

/** What to do about each listing that is not well, and where to look further. */
function next({ listings }: Status, { width, colours }: TableOptions): string {
  const notWell = listings
    .flatMap((listing) =>
      listing.standing.verdict === 'not up to date' ? [{ listing, standing: listing.standing }] : [],
    )
    .toSorted((a, b) => gravity(b.listing) - gravity(a.listing));
  const advice = notWell.slice(0, MOST_ADVICE).flatMap(({ listing, standing }) => {
    const name = visible(listingName(listing));
    const why = wrapToWidth(visible(`${name} ${standing.why}.`), width - 2);
    const whatToDo = wrapToWidth(visible(standing.whatToDo), width - 4);
    return [
      ...why.map((line, index) => (index === 0 ? line.replace(name, () => colours.strong(name)) : `  ${line}`)),
      ...whatToDo.map((line, index) => `  ${index === 0 ? colours.accent('→') : ' '} ${line}`),
    ];
  });
  const left = notWell.length - MOST_ADVICE;
  const rest = left > 0 ? [colours.faint(`and ${formatCount(left)} more that are not up to date`)] : [];
  const others = listings
    .filter(({ standing }) => standing.verdict === 'left')
    .slice(0, MOST_ADVICE)
    .flatMap((listing) =>
      listing.standing.verdict === 'left'
        ? wrapToWidth(visible(`${listingName(listing)} ${listing.standing.why}.`), width).map(colours.faint)
        : [],
    );
  return [...advice, ...rest, ...others].map((line) => `${line}\n`).join('');
}
