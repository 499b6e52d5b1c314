import type { Report } from '../../report/read-report.ts';
import type { ReportColumn, ReportValue } from '../../report/report-values.ts';
import { visible } from '../../terminal/safe-text.ts';
import { displayWidth } from '../../terminal/width.ts';
import { headerOf, isNumeric, textOf } from './cells.ts';

/** What a report is shown with. */
export interface Layout {
  /** The columns that fit, in the report's order; never none. */
  readonly columns: readonly ReportColumn[];
  /** How long the longest bar is, in columns of the terminal; 0 for no bars. */
  readonly bar: number;
  /** How many days stand beside each row; 0 for none. */
  readonly trendDays: number;
}

/** What could stand beside the rows. */
export interface Decoration {
  /** The column whose values can be drawn as bars; null where there is none. */
  readonly measure: ReportColumn | null;
  /** How wide the header of a trend of so many days is; null where there are no trends. */
  readonly trendHeader: ((days: number) => string) | null;
}

/** What the reports are about, and without which it says nothing. */
const MEASURES: ReadonlySet<string> = new Set([
  'downloads',
  'download_count',
  'window_days',
  'change',
  'covered',
  'run_id',
  'listed',
]);

const GAP = 2;
/** The longest bar, and the shortest that is worth its column. */
const BARS = { most: 24, least: 8 } as const;
/** All days, or the last two weeks where there is less room. */
const TRENDS = [28, 14] as const;

/** What a column says of a row of which there is nothing to add. */
const IDLE: ReadonlyMap<string, ReportValue> = new Map<string, ReportValue>([
  ['days_covered', 1],
  ['reset', false],
  ['resets', 0],
  ['versions', 1],
  ['ended_versions', 0],
]);
/** What keeps a number honest. */
const CAVEATS: ReadonlySet<string> = new Set(['days_covered', 'reset', 'resets']);

type GivesWay = (column: ReportColumn, report: Report) => boolean;

/** What says so little beside the others that decoration at its best goes before it, the first first. */
const BEFORE_THE_BEST: readonly GivesWay[] = [
  // What tells rows apart for a program, not for a person.
  ({ name, type }) => type === 'json' || name === 'kind' || name === 'artifact_id' || name === 'time_zone',
  ({ type }) => type === 'instant',
  isRepetition,
  ({ name }, { rows }) => IDLE.has(name) && rows.every((row) => row[name] === IDLE.get(name)),
];

/** What decoration at its least goes before. */
const BEFORE_THE_LEAST: readonly GivesWay[] = [
  ({ type }) => type === 'boolean',
  // What is the same in every row tells none from another; but of which day a number is, nobody should have to guess.
  ({ name, type }, { rows }) => type !== 'day' && rows.length > 1 && rows.every((row) => row[name] === rows[0]?.[name]),
];

/** Whether a column says what another one says, in every row. */
function isRepetition({ name }: ReportColumn, { rows }: Report): boolean {
  // A canonical name begins with its owner.
  if (name === 'owner') return rows.every((row) => String(row['name'] ?? '').startsWith(`${String(row['owner'])}/`));
  return name === 'download_count_of_all_versions' && rows.every((row) => row[name] === row['download_count']);
}

/** Whether a column warns of some row: then it stays, whatever else has to go. */
function warns({ name }: ReportColumn, { rows }: Report): boolean {
  if (!CAVEATS.has(name)) return false;
  return rows.some((row) => (row[name] ?? null) !== null && row[name] !== IDLE.get(name));
}

/** What gives way even so, where there is no decoration left; what is named nowhere stays. */
const WITHOUT_DECORATION: readonly GivesWay[] = [({ name }) => name === 'owner', isNumeric];

/**
 * Chooses what of a report fits into a width. A column that is empty in every row is left out, unless the report is about
 * it. Decoration goes before any column that a person reads for what it says of this row, and comes back where those
 * leave room.
 */
export function layOut(report: Report, width: number, decoration: Decoration): Layout {
  const kept = report.columns.filter(
    (column) =>
      MEASURES.has(column.name) || report.rows.some((row) => textOf(row[column.name] ?? null, column) !== null),
  );
  const widths = new Map(kept.map((column) => [column, widthOf(column, report)]));
  const room = (): number => width - [...widths.values()].reduce((sum, each) => sum + GAP + each, -GAP);
  const giveWay = (mayGo: GivesWay, needed: number): void => {
    const stays = (column: ReportColumn): boolean => MEASURES.has(column.name) || warns(column, report);
    const going = [...widths.keys()].filter((one) => mayGo(one, report) && !stays(one)).reverse();
    for (const column of going) {
      if (room() >= needed || widths.size === 1) return;
      widths.delete(column);
    }
  };
  const { best, least } = neededFor(decoration);
  for (const mayGo of BEFORE_THE_BEST) giveWay(mayGo, best);
  for (const mayGo of BEFORE_THE_LEAST) giveWay(mayGo, least);
  for (const mayGo of WITHOUT_DECORATION) giveWay(mayGo, 0);
  return { columns: [...widths.keys()], ...decorate(room(), decoration) };
}

function widthOf(column: ReportColumn, { rows }: Report): number {
  const texts = [headerOf(column), ...rows.map((row) => visible(textOf(row[column.name] ?? null, column) ?? ''))];
  return texts.reduce((widest, text) => Math.max(widest, displayWidth(text)), 0);
}

/** Days say more than a bar does, so that only one of them is worth the columns that it costs. */
function neededFor({ measure, trendHeader }: Decoration): { readonly best: number; readonly least: number } {
  if (trendHeader !== null) {
    const [best, least] = TRENDS;
    return { best: trendWidth(best, trendHeader), least: trendWidth(least, trendHeader) };
  }
  return measure === null ? { best: 0, least: 0 } : { best: GAP + BARS.most, least: GAP + BARS.least };
}

function decorate(room: number, { measure, trendHeader }: Decoration): Omit<Layout, 'columns'> {
  const trendDays = trendHeader === null ? 0 : (TRENDS.find((days) => trendWidth(days, trendHeader) <= room) ?? 0);
  const left = trendDays === 0 || trendHeader === null ? room : room - trendWidth(trendDays, trendHeader);
  const bar = measure === null || left < GAP + BARS.least ? 0 : Math.min(BARS.most, left - GAP);
  return { bar, trendDays };
}

function trendWidth(days: number, header: (days: number) => string): number {
  return GAP + Math.max(days, displayWidth(header(days)));
}
