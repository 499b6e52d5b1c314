import { createColours } from '../../src/terminal/colours.ts';
import { type Column, renderTable } from '../../src/terminal/table.ts';
import type { Rates } from './cases/nights-figures.ts';
import type { Goal } from './goals.ts';
import { median } from './median.ts';

const right = { align: 'right' } as const;
const LAYOUT = { width: Number.POSITIVE_INFINITY, colours: createColours(false) };

const rate = (value: number | null | undefined): string => (value == null ? '–' : value.toFixed(value < 20 ? 1 : 0));

const RATES: readonly Column<Rates>[] = [
  { header: 'thousand rows a second', value: ({ tool }) => tool },
  { header: 'first', value: ({ rates }) => rate(rates[0]), ...right },
  { header: 'unchanged', value: ({ rates }) => rate(rates[1]), ...right },
  { header: '5 % changed', value: ({ rates }) => rate(rates[2]), ...right },
  { header: 'RSS MB', value: ({ peakRssMb }) => rate(peakRssMb), ...right },
  { header: 'WAL MB', value: ({ walMb }) => walMb.map(rate).join(' / '), ...right },
];

export function renderRates(rates: readonly Rates[]): string {
  return renderTable(rates, RATES, LAYOUT);
}

function shown(value: number, { unit }: Goal): string {
  if (unit === 'rows') return String(value);
  return unit === 'ms' ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : value.toFixed(2);
}

const verdict = ({ isMet }: Goal): string => (isMet === null ? '' : isMet ? 'met' : 'not met');

const GOALS: readonly Column<Goal>[] = [
  { header: 'what', value: ({ what }) => what },
  { header: 'goal', value: ({ goal }) => goal, ...right },
  { header: 'median', value: (goal) => shown(median(goal.values), goal), ...right },
  { header: 'from', value: (goal) => shown(Math.min(...goal.values), goal), ...right },
  { header: 'to', value: (goal) => shown(Math.max(...goal.values), goal), ...right },
  { header: '', value: verdict },
];

export function renderGoals(goals: readonly Goal[]): string {
  return renderTable(goals, GOALS, LAYOUT);
}
