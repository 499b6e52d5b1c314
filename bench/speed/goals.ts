import { median } from './median.ts';
import { NIGHTS, type NightName, type NightsRound } from './nights.ts';
import type { Shape } from './pages.ts';

/** A ratio or a size that is asked for, and what it came to in each round. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly values: readonly number[];
  readonly unit: 'times' | 'MB' | 'rows';
  readonly isMet: boolean;
}

/** The time of a night itself: that of the whole process less that of one with nothing to do. */
function workMs(round: NightsRound, night: NightName): number {
  return round.mirror[night].ms - round.idleMs;
}

/** What the nights are held to: ratios within one round each, and the median of the rounds against the goal. */
export function goalsOfNights(rounds: readonly NightsRound[]): readonly Goal[] {
  const atLeast = (what: string, least: number, value: (round: NightsRound) => number): Goal => {
    const values = rounds.map(value);
    return { what, goal: `at least ${least}x`, values, unit: 'times', isMet: median(values) >= least };
  };
  const atMost = (what: string, most: number, unit: 'MB' | 'rows', value: (round: NightsRound) => number): Goal => {
    const values = rounds.map(value);
    return { what, goal: `at most ${most}${unit === 'MB' ? ' MB' : ''}`, values, unit, isMet: median(values) <= most };
  };
  const drizzle = (night: NightName) => (round: NightsRound) => round.drizzle[night].ms / workMs(round, night);
  return [
    atLeast('first load against COPY and history', 0.75, (round) => {
      return (round.limit.copyMs + round.limit.historyMs) / workMs(round, 'first');
    }),
    atLeast('first load against page-by-page Drizzle', 6, drizzle('first')),
    atLeast('unchanged night against the same', 12, drizzle('unchanged')),
    atLeast(
      'unchanged night against fetch and parse alone',
      0.6,
      (round) => round.parseMs / workMs(round, 'unchanged'),
    ),
    atLeast('5 % changed against page-by-page Drizzle', 10, drizzle('changed')),
    atMost(
      'rows written in an unchanged night',
      0,
      'rows',
      (round) => round.mirror.unchanged.written.rows ?? Number.NaN,
    ),
    atMost('WAL of an unchanged night', 1, 'MB', (round) => round.mirror.unchanged.written.walMb),
    atMost('peak memory', 250, 'MB', (round) => Math.max(...NIGHTS.map((night) => round.mirror[night].peakRssMb))),
  ];
}

/** Thousand rows a second, memory and WAL of one tool. */
export interface Rates {
  readonly tool: string;
  readonly rates: readonly (number | null)[];
  readonly peakRssMb: number | null;
  readonly walMb: readonly (number | null)[];
}

/** Medians over the rounds, a tool each. */
export function ratesOfNights(rounds: readonly NightsRound[], { artifacts }: Shape): readonly Rates[] {
  const over = (value: (round: NightsRound) => number): number => median(rounds.map(value));
  const perMs = (ms: (round: NightsRound) => number): number => artifacts / over(ms);
  const tool = (name: 'mirror' | 'drizzle', ms: (round: NightsRound, night: NightName) => number) => ({
    rates: NIGHTS.map((night) => perMs((round) => ms(round, night))),
    peakRssMb: over((round) => Math.max(...NIGHTS.map((night) => round[name][night].peakRssMb))),
    walMb: NIGHTS.map((night) => over((round) => round[name][night].written.walMb)),
  });
  const alone = (name: string, ms: (round: NightsRound) => number): Rates => ({
    tool: name,
    rates: [perMs(ms), null, null],
    peakRssMb: null,
    walMb: [null, null, null],
  });
  return [
    { tool: 'catalog-mirror', ...tool('mirror', workMs) },
    { tool: 'page-by-page Drizzle', ...tool('drizzle', (round, night) => round.drizzle[night].ms) },
    alone('fetch and JSON.parse', ({ parseMs }) => parseMs),
    alone('COPY of ready lines', ({ limit }) => limit.copyMs),
    alone('history by INSERT … SELECT', ({ limit }) => limit.historyMs),
  ];
}
