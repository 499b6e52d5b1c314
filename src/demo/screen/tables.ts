import type { Colours, Style } from '../../terminal/colours.ts';
import { formatChange, formatCount } from '../../terminal/format.ts';
import { sparkline } from '../../terminal/sparkline.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import type { DemoChange, DemoMover, DemoOrganizationSummary, DemoSummary } from '../summary.ts';
import { paragraph, type ScreenOptions } from './text.ts';

/** What the table of organizations takes up beside its sparkline, and what its covered days would take. */
const ORGANIZATION_COLUMNS = 51;
const COVERED_COLUMN = 10;
const TWO_WEEKS = 14;
const LEAST_DAYS = 8;

/** Who was mirrored, and their downloads on each day of the month. */
export function renderOrganizations({ organizations }: DemoSummary, options: ScreenOptions): string {
  // Where all are covered on as many days, the days of the month say it.
  const differ = new Set(organizations.map(({ coveredDays, days }) => `${coveredDays}/${days}`)).size > 1;
  const covered: Column<DemoOrganizationSummary> = {
    header: 'covered',
    value: ({ coveredDays, days }) => `${formatCount(coveredDays)}/${formatCount(days)}`,
    align: 'right',
  };
  const taken = ORGANIZATION_COLUMNS + (differ ? COVERED_COLUMN : 0);
  return panel('Who was mirrored', organizations, options, [
    { header: 'organization', value: ({ organization }) => organization },
    { header: 'artifacts', value: ({ artifacts }) => formatCount(artifacts), align: 'right' },
    { header: 'of others', value: ({ guests }) => (guests === 0 ? null : formatCount(guests)), align: 'right' },
    { header: 'downloads', value: ({ downloads }) => known(downloads), align: 'right' },
    ...(differ ? [covered] : []),
    eachDay(Math.max(LEAST_DAYS, options.width - taken)),
  ]);
}

/** What gained and lost most, and its downloads on each day of both weeks. */
export function renderMovers({ movers }: DemoSummary, options: ScreenOptions): string {
  const title = 'Movers of the last seven days, and the change to the seven before';
  if (movers.length === 0) {
    return without(title, 'None: no model has both weeks known and different from each other.', options);
  }
  return panel(title, movers, options, [
    { header: 'model', value: ({ name }) => name },
    { header: 'downloads', value: ({ downloads }) => formatCount(downloads), align: 'right' },
    { header: 'before', value: ({ previousDownloads }) => formatCount(previousDownloads), align: 'right' },
    { header: 'change', value: ({ change }) => formatChange(change), align: 'right', style: changeStyle },
    eachDay(TWO_WEEKS),
  ]);
}

/** How much arrived, went and came back, and the most downloaded of each. */
export function renderChanges({ changes, artifacts }: DemoSummary, options: ScreenOptions): string {
  const title = 'What arrived, went and came back after the first night';
  if (changes.length === 0) return without(title, 'Nothing.', options);
  const labels: Readonly<Record<DemoChange['change'], string>> = {
    added: `${formatCount(artifacts.arrived)} arrived`,
    withdrawn: `${formatCount(artifacts.withdrawn)} withdrawn`,
    superseded: `${formatCount(artifacts.superseded)} superseded`,
    restored: `${formatCount(artifacts.restored)} came back`,
  };
  const rows = changes.map((each, index) => ({ ...each, isFirst: each.change !== changes[index - 1]?.change }));
  return panel(title, rows, options, [
    { header: 'what', value: ({ change, isFirst }) => (isFirst ? labels[change] : ''), mayCut: false },
    { header: 'day', value: ({ day }) => day, mayCut: false },
    { header: 'the most downloaded', value: ({ name }) => name },
    { header: 'downloads', value: ({ downloads }) => known(downloads), align: 'right' },
  ]);
}

function panel<Row>(
  title: string,
  rows: readonly Row[],
  { width, colours }: ScreenOptions,
  columns: readonly Column<Row>[],
): string {
  return paragraph(title, width, colours.accent) + renderTable(rows, columns, { width, colours, indent: 2 });
}

function without(title: string, why: string, { width, colours }: ScreenOptions): string {
  return paragraph(title, width, colours.accent) + paragraph(why, width, (text) => text);
}

/**
 * A sparkline is a number a column: cut in the middle, it would be another month. So it shows the latest days only where
 * there is room for no more.
 */
function eachDay(most: number): Column<{ readonly daily: readonly (number | null)[] }> {
  return {
    header: 'each day',
    value: ({ daily }) => sparkline(daily.slice(-most)),
    mayCut: false,
    style: (_, { accent }) => accent,
  };
}

function changeStyle({ change }: DemoMover, colours: Colours): Style {
  return change > 0 ? colours.good : colours.warning;
}

function known(value: number | null): string | null {
  return value === null ? null : formatCount(value);
}
