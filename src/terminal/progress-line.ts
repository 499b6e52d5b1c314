import { progressBar } from './bar.ts';
import type { Colours } from './colours.ts';
import { formatCount, formatDuration } from './format.ts';
import { visible } from './safe-text.ts';
import { cutToWidth, displayWidth } from './width.ts';

/** One of the things that are under way side by side. */
export interface ProgressTask {
  readonly name: string;
  readonly done: number;
  /** Null while nobody knows how many there are. */
  readonly total: number | null;
}

export interface ProgressState {
  /** What is being done: `mirroring`. */
  readonly verb: string;
  readonly finished: number;
  /** How many things there are in all; null while nobody knows. */
  readonly total: number | null;
  /** What the tasks count: `pages`. */
  readonly unit: string;
  /** Where in a longer story this is: `2025-01-03`; empty for nothing. */
  readonly note: string;
  /** In the order in which they began. */
  readonly tasks: readonly ProgressTask[];
}

const BAR_WIDTH = 20;

/**
 * The one line that is drawn again and again on a terminal: `mirroring ━━━╸──── 3 of 6 · 12 s · lucataco 2/3 pages`. At
 * most `width` columns; what does not fit gives way to `…`.
 */
export function progressLine(state: ProgressState, elapsedMs: number, width: number, colours: Colours): string {
  const rest = [countOfAll(state), formatSeconds(elapsedMs), visible(state.note), ...state.tasks.map(taskText(state))]
    .filter((part) => part !== '')
    .join(' · ');
  if (state.total === null || state.total === 0) return cutToWidth(`${state.verb} ${rest}`, width);
  const bar = progressBar((state.finished + shareUnderWay(state)) / state.total, BAR_WIDTH);
  const before = displayWidth(state.verb) + 1 + BAR_WIDTH + 1;
  // On a very narrow terminal the numbers say more than the bar.
  if (width < before + displayWidth(countOfAll(state)) + 1) return cutToWidth(`${state.verb} ${rest}`, width);
  return `${state.verb} ${colours.accent(bar)} ${cutToWidth(rest, width - before)}`;
}

/** The line for a log, where nothing can be drawn again: `mirroring: 3 of 6 after 12 s · lucataco 2/3 pages`. */
export function progressSentence(state: ProgressState, elapsedMs: number): string {
  const parts = [visible(state.note), ...state.tasks.map(taskText(state))].filter((part) => part !== '');
  const count = countOfAll(state);
  const begin = `${state.verb}: ${count === '' ? '' : `${count} after `}${formatSeconds(elapsedMs)}`;
  return [begin, ...parts].join(' · ');
}

/** Nothing where there is nothing to say: one thing of which nobody knows how long it is, until it is over. */
function countOfAll({ finished, total }: ProgressState): string {
  if (total === null && finished === 0) return '';
  return total === null ? `${formatCount(finished)} done` : `${formatCount(finished)} of ${formatCount(total)}`;
}

function taskText({ unit }: ProgressState): (task: ProgressTask) => string {
  return ({ name, done, total }) =>
    total === null
      ? `${visible(name)} ${formatCount(done)} ${unit}`
      : `${visible(name)} ${formatCount(done)}/${formatCount(total)} ${unit}`;
}

/** How many whole things the parts of those under way add up to. */
function shareUnderWay({ tasks }: ProgressState): number {
  return tasks.reduce(
    (sum, { done, total }) => sum + (total === null || total === 0 ? 0 : Math.min(1, done / total)),
    0,
  );
}

/** To the second, so that the line changes no more often than that by itself. */
function formatSeconds(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}
