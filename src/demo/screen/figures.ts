import { countOf, formatCount, formatDuration, formatList, stateStyle } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { displayWidth, tied } from '../../terminal/width.ts';
import type { DemoGap, DemoSummary } from '../summary.ts';
import { beside, type ScreenOptions } from './text.ts';

/** A long line of text is hard to read. */
const WIDEST_TEXT = 110;
const MOST_GAPS = 5;
const MOST_ORGANIZATIONS = 2;

/** The totals of the month, each under its label, and what is not covered with why. */
export function renderFigures(summary: DemoSummary, { width, colours }: ScreenOptions): string {
  const { nights, organizations, elapsedMs, artifacts, downloads } = summary;
  const states = summary.runs
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => stateStyle(state, colours)(tied(`${formatCount(count)} ${state}`)));
  const rows: readonly (readonly [label: string, text: string])[] = [
    [
      'Runs',
      `${states.join(', ')}; ${inList(countOf(nights, 'night'), countOf(organizations.length, 'organization'), `mirrored in ${formatDuration(elapsedMs)}`)}`,
    ],
    [
      'Artifacts',
      inList(
        `${formatCount(artifacts.current)} current${artifacts.guests === 0 ? '' : ` (${formatCount(artifacts.guests)} of others who are not mirrored)`}`,
        `${formatCount(artifacts.gone)} gone`,
      ),
    ],
    [
      'Downloads',
      `${formatCount(downloads.counted)} counted${downloads.resets === 0 ? ', no counter fell' : `, ${countOf(downloads.resets, 'reset')}`}`,
    ],
    ['Days', coverage(summary)],
  ];
  const labelWidth = Math.max(...rows.map(([label]) => displayWidth(label))) + 2;
  return rows
    .map(([label, text]) => beside(label, labelWidth, text, Math.min(width, WIDEST_TEXT), colours.faint))
    .join('');
}

function coverage(summary: DemoSummary): string {
  const { coveredDays, gaps, organizations } = summary;
  const span = coveredDays + gaps.length;
  if (gaps.length === 0) return `all ${formatCount(span)} covered`;
  const named = gaps.map((gap) => `${gap.day} (${reason(gap, summary, organizations.length)})`);
  return `${formatCount(coveredDays)} of ${formatCount(span)} covered. Not covered: ${formatList(named, MOST_GAPS)}. A day not known is ·, not zero; the next one spans the gap.`;
}

/** Why nothing is known of a day, and of whom where others are. */
function reason({ day, organizations, states }: DemoGap, { unrecordedDays }: DemoSummary, of: number): string {
  const what = states.length > 0 ? formatList(states) : 'no run';
  const why = states.length === 0 && unrecordedDays.includes(day) ? `${what}: never recorded` : what;
  return organizations.length === of ? why : `${formatList(organizations.map(visible), MOST_ORGANIZATIONS)}: ${why}`;
}

function inList(...items: readonly string[]): string {
  return items.map(tied).join(', ');
}
