import type { RunState } from '../mirror/types.ts';
import type { Colours } from '../terminal/colours.ts';
import { countOf, formatChange, formatCount, formatDuration, formatList, stateStyle } from '../terminal/format.ts';
import { sideBySide } from '../terminal/panels.ts';
import { sparkline } from '../terminal/sparkline.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { displayWidth, padToWidth, tied, wrapToWidth } from '../terminal/width.ts';

/** All that the demo's last screen says, as the views answer it. Days are `YYYY-MM-DD`; `daily` is from `dailyRates`. */
export interface DemoSummary {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly nights: number;
  /** How long the demo took, in milliseconds of real time. */
  readonly elapsedMs: number;
  /** How many runs ended how; states without a run may be left out. */
  readonly runs: readonly { readonly state: RunState; readonly count: number }[];
  /** Over all mirrored organizations. `arrived` are those first listed after the first night. */
  readonly artifacts: {
    readonly current: number;
    readonly arrived: number;
    readonly withdrawn: number;
    readonly superseded: number;
    readonly restored: number;
  };
  readonly downloads: {
    /** The sum of all daily downloads. */
    readonly counted: number;
    readonly resets: number;
  };
  /** Days on which every mirrored organization has a complete run. */
  readonly coveredDays: number;
  /** Days between the first and the last on which some mirrored organization has none. */
  readonly uncoveredDays: readonly string[];
  /** The largest first. */
  readonly organizations: readonly DemoOrganizationSummary[];
  /** The last seven days of the month; the greatest first. */
  readonly movers: readonly DemoMover[];
  readonly nextSteps: readonly DemoNextStep[];
}

export interface DemoOrganizationSummary {
  readonly organization: string;
  /** Current artifacts that it mirrors, guests included. */
  readonly artifacts: number;
  /** Those among them that belong to other owners. */
  readonly guests: number;
  readonly downloads: number | null;
  readonly daily: readonly (number | null)[];
}

export interface DemoMover {
  readonly name: string;
  readonly downloads: number;
  /** In the seven days before; null where that is not known. */
  readonly previousDownloads: number | null;
  /** Of both weeks, fourteen days. */
  readonly daily: readonly (number | null)[];
}

/** A command that can be typed as it stands, and what it is for. */
export interface DemoNextStep {
  readonly command: string;
  readonly purpose: string;
}

export interface SummaryOptions {
  /** Columns to fill; Infinity where nothing limits them. */
  readonly width: number;
  readonly colours: Colours;
}

const MARGIN = '  ';
/** A long line of text is hard to read, and a table gains nothing beyond this. */
const WIDEST = 160;
/** From here on the two tables stand next to each other. */
const TWO_PANELS_FROM = 150;
const GAP_BETWEEN_PANELS = 4;
/** What the table of organizations takes up beside its sparkline. */
const ORGANIZATION_COLUMNS = 51;
/** The room that the purpose of a command needs beside it. */
const LEAST_PURPOSE = 36;
const TWO_WEEKS = 14;
const LEAST_DAYS = 8;

/** The screen that ends the demo: what was mirrored, what it shows, and what to do next. Pure. */
export function renderDemoSummary(summary: DemoSummary, { width, colours }: SummaryOptions): string {
  const columns = Math.min(width, WIDEST);
  const tables =
    columns >= TWO_PANELS_FROM
      ? inTwoPanels(summary, columns, colours)
      : [organizationsPanel(summary, columns, colours), '\n', moversPanel(summary, columns, colours)].join('');
  return [
    '\n',
    headline(summary, columns, colours),
    '\n',
    figures(summary, columns, colours),
    '\n',
    tables,
    '\n',
    next(summary, columns, colours),
    '\n',
  ].join('');
}

function headline(
  { firstDay, lastDay, nights, organizations, runs, elapsedMs }: DemoSummary,
  columns: number,
  colours: Colours,
): string {
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  const what = `${countOf(nights, 'night')} from ${firstDay} to ${lastDay}, ${tied(countOf(organizations.length, 'organization'))}, ${tied(countOf(total, 'run'))}, ${tied(`mirrored in ${formatDuration(elapsedMs)}`)}`;
  return (
    paragraph('A recorded month of a real model catalog', columns, colours.strong) +
    paragraph(what, columns, colours.faint)
  );
}

/** The figures, each under its label; a long one goes on in the next line. */
function figures(summary: DemoSummary, columns: number, colours: Colours): string {
  const { artifacts, downloads, coveredDays, uncoveredDays } = summary;
  const span = coveredDays + uncoveredDays.length;
  const ended = [
    `${formatCount(artifacts.withdrawn)} withdrawn`,
    ...(artifacts.superseded > 0 ? [`${formatCount(artifacts.superseded)} superseded`] : []),
  ];
  const rows: readonly (readonly [string, string])[] = [
    [
      'Runs',
      summary.runs
        .filter(({ count }) => count > 0)
        .map(({ state, count }) => stateStyle(state, colours)(tied(`${formatCount(count)} ${state}`)))
        .join(', '),
    ],
    [
      'Artifacts',
      [
        `${formatCount(artifacts.current)} current`,
        `${formatCount(artifacts.arrived)} arrived after the first night`,
        ...ended,
        `${formatCount(artifacts.restored)} came back`,
      ]
        .map(tied)
        .join(', '),
    ],
    [
      'Downloads',
      `${formatCount(downloads.counted)} counted${downloads.resets === 0 ? ', no counter fell' : `, ${countOf(downloads.resets, 'reset')}`}`,
    ],
    [
      'Days',
      uncoveredDays.length === 0
        ? `all ${formatCount(span)} covered`
        : `${formatCount(coveredDays)} of ${formatCount(span)} covered. Not covered: ${formatList(uncoveredDays, 5)}. No run, so no row: that is not zero, and the next row says how many days it spans.`,
    ],
  ];
  const labelWidth = Math.max(...rows.map(([label]) => displayWidth(label))) + 2;
  const lines = rows.flatMap(([label, text]) =>
    wrapToWidth(text, Math.min(columns, 110) - MARGIN.length - labelWidth).map(
      (line, index) => `${MARGIN}${colours.faint(padToWidth(index === 0 ? label : '', labelWidth))}${line}\n`,
    ),
  );
  return lines.join('');
}

function organizationsPanel({ organizations }: DemoSummary, columns: number, colours: Colours): string {
  const table: readonly Column<DemoOrganizationSummary>[] = [
    { header: 'organization', value: ({ organization }) => organization },
    { header: 'artifacts', value: ({ artifacts }) => formatCount(artifacts), align: 'right' },
    { header: 'of others', value: ({ guests }) => (guests === 0 ? null : formatCount(guests)), align: 'right' },
    { header: 'downloads', value: ({ downloads }) => known(downloads), align: 'right' },
    sparklineColumn(Math.max(LEAST_DAYS, columns - ORGANIZATION_COLUMNS)),
  ];
  const guests = organizations.some((each) => each.guests > 0)
    ? paragraph('of others: public models of owners that are not mirrored themselves', columns, colours.faint)
    : '';
  return panel(
    'Who was mirrored',
    renderTable(organizations, table, { width: columns, colours, indent: 2 }) + guests,
    columns,
    colours,
  );
}

function moversPanel({ movers }: DemoSummary, columns: number, colours: Colours): string {
  const table: readonly Column<DemoMover>[] = [
    { header: 'model', value: ({ name }) => name },
    { header: 'downloads', value: ({ downloads }) => formatCount(downloads), align: 'right' },
    {
      header: 'change',
      value: ({ downloads, previousDownloads }) =>
        previousDownloads === null ? null : formatChange(downloads - previousDownloads),
      align: 'right',
      style: ({ downloads, previousDownloads }) =>
        previousDownloads === null || downloads === previousDownloads
          ? colours.faint
          : downloads > previousDownloads
            ? colours.good
            : colours.warning,
    },
    sparklineColumn(TWO_WEEKS),
  ];
  return panel(
    'Movers of the last seven days, and the change to the seven before',
    renderTable(movers, table, { width: columns, colours, indent: 2 }),
    columns,
    colours,
  );
}

/**
 * A sparkline is a number a column: cut in the middle, it would be another month. So it shows the latest days only where
 * there is room for no more.
 */
function sparklineColumn(most: number): Column<{ readonly daily: readonly (number | null)[] }> {
  return {
    header: 'each day',
    value: ({ daily }) => sparkline(daily.slice(-most)),
    mayCut: false,
    style: (_, { accent }) => accent,
  };
}

function inTwoPanels(summary: DemoSummary, columns: number, colours: Colours): string {
  const left = organizationsPanel(summary, columns, colours);
  const leftWidth = Math.max(...left.split('\n').map(displayWidth));
  return sideBySide(left, moversPanel(summary, columns - leftWidth - GAP_BETWEEN_PANELS, colours), GAP_BETWEEN_PANELS);
}

function panel(title: string, table: string, columns: number, colours: Colours): string {
  return paragraph(title, columns, colours.accent) + table;
}

/** The commands as they are typed, never cut; what each is for beside it, or below where there is no room. */
function next({ nextSteps }: DemoSummary, columns: number, colours: Colours): string {
  const room = columns - MARGIN.length - LEAST_PURPOSE;
  const short = nextSteps.map(({ command }) => displayWidth(command)).filter((each) => each <= room);
  const column = Math.max(0, ...short) + 2;
  const lines = nextSteps.flatMap(({ command, purpose }) => {
    if (displayWidth(command) > room) {
      return [`${MARGIN}${colours.strong(command)}\n`, paragraph(purpose, columns, colours.faint, MARGIN.repeat(2))];
    }
    return wrapToWidth(purpose, columns - MARGIN.length - column).map(
      (line, index) => `${MARGIN}${colours.strong(padToWidth(index === 0 ? command : '', column))}${line}\n`,
    );
  });
  return `${MARGIN}${colours.accent('What to do next')}\n${lines.join('')}`;
}

function paragraph(text: string, columns: number, style: (text: string) => string, margin = MARGIN): string {
  return wrapToWidth(text, columns - margin.length)
    .map((line) => `${margin}${style(line)}\n`)
    .join('');
}

function known(value: number | null): string | null {
  return value === null ? null : formatCount(value);
}
