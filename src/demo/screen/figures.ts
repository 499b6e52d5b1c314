import { countOf, formatCount, formatDuration, formatList, stateStyle } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { displayWidth, tied } from '../../terminal/width.ts';
import type { DemoSummary } from '../summary.ts';
import { beside, type ScreenOptions } from './text.ts';

/** A long line of text is hard to read. */
const WIDEST_TEXT = 110;
const MOST_DAYS = 5;
const MOST_ORGANIZATIONS = 2;

/** The totals of the month, each under its label, and what is not covered with why. */
export function renderFigures(summary: DemoSummary, { width, colours }: ScreenOptions): string {
  const { nights, organizations, elapsedMs, downloads } = summary;
  const { current, guests, gone } = summary.artifacts;
  const states = summary.runs
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => stateStyle(state, colours)(tied(`${formatCount(count)} ${state}`)));
  const rows: readonly (readonly [label: string, text: string])[] = [
    [
      'Runs',
      `${states.join(', ')}; ${[
        countOf(nights, 'night'),
        countOf(organizations.length, 'organization'),
        `mirrored in ${formatDuration(elapsedMs)}`,
      ]
        .map(tied)
        .join(', ')}`,
    ],
    [
      'Artifacts',
      `${formatCount(current)} current${guests === 0 ? '' : ` (${formatCount(guests)} of others who are not mirrored)`}, ${tied(`${formatCount(gone)} gone`)}`,
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
  const { coveredDays, uncoveredDays } = summary;
  const span = coveredDays + uncoveredDays.length;
  if (uncoveredDays.length === 0) return `all ${formatCount(span)} covered`;
  const days = uncoveredDays.map((day) => `${day} (${reasons(day, summary)})`);
  return `${formatCount(coveredDays)} of ${formatCount(span)} covered. Not covered: ${formatList(days, MOST_DAYS)}. A day not known is ·, not zero; the next one spans the gap.`;
}

/** Why nothing is known of a day, and of whom where it is not the same of all. */
function reasons(day: string, { uncovered, unrecordedDays }: DemoSummary): string {
  const organizations = new Map<string, string[]>();
  const ofDay = uncovered.filter((each) => each.day === day);
  for (const { organization, run } of ofDay) {
    const why = run?.state ?? (unrecordedDays.includes(day) ? 'no run: never recorded' : 'no run');
    organizations.set(why, [...(organizations.get(why) ?? []), organization]);
  }
  const isOne = organizations.size === 1 && ofDay.every(({ byNone }) => byNone);
  return [...organizations]
    .map(([why, names]) => (isOne ? why : `${formatList(names.map(visible), MOST_ORGANIZATIONS)}: ${why}`))
    .join('; ');
}
