import { sideBySide } from '../../terminal/panels.ts';
import { displayWidth } from '../../terminal/width.ts';
import type { DemoSummary } from '../summary.ts';
import { renderFigures } from './figures.ts';
import { renderChanges, renderMovers, renderOrganizations } from './tables.ts';
import { beside, MARGIN, paragraph, type ScreenOptions } from './text.ts';

/** A table gains nothing beyond this. */
const WIDEST = 160;
/** From here on two tables stand next to each other. */
const TWO_PANELS_FROM = 150;
const GAP_BETWEEN_PANELS = 4;
/** The room that the purpose of a command needs beside it. */
const LEAST_PURPOSE = 32;

/** The screen that ends the demo, the month's report: what was mirrored, what it shows, and what to do next. Pure. */
export function renderDemoSummary(summary: DemoSummary, { width: most, colours }: ScreenOptions): string {
  const options = { width: Math.min(most, WIDEST), colours };
  return [
    '',
    paragraph(
      `A recorded month of a real model catalog, ${summary.firstDay} to ${summary.lastDay}`,
      options.width,
      colours.strong,
    ),
    renderFigures(summary, options),
    ...tables(summary, options),
    renderNextSteps(summary, options),
    '',
  ].join('\n');
}

function tables(summary: DemoSummary, options: ScreenOptions): readonly string[] {
  if (options.width < TWO_PANELS_FROM) {
    return [renderOrganizations(summary, options), renderMovers(summary, options), renderChanges(summary, options)];
  }
  const left = [renderOrganizations(summary, options), renderMovers(summary, options)].join('\n');
  const leftWidth = Math.max(...left.split('\n').map(displayWidth));
  const right = renderChanges(summary, { ...options, width: options.width - leftWidth - GAP_BETWEEN_PANELS });
  return [sideBySide(left, right, GAP_BETWEEN_PANELS)];
}

/** The commands as they are typed, never cut; what each is for beside it, or below where there is no room. */
function renderNextSteps({ nextSteps }: DemoSummary, { width, colours }: ScreenOptions): string {
  const room = width - MARGIN.length - LEAST_PURPOSE;
  const short = nextSteps.map(({ command }) => displayWidth(command)).filter((each) => each <= room);
  const column = Math.max(0, ...short) + 2;
  const lines = nextSteps.map(({ command, purpose }) =>
    displayWidth(command) > room
      ? `${MARGIN}${colours.strong(command)}\n${paragraph(purpose, width, colours.faint, MARGIN.repeat(2))}`
      : beside(command, column, purpose, width, colours.strong),
  );
  return `${paragraph('What to do next', width, colours.accent)}${lines.join('')}`;
}
