import { atLeast, atMost, type Goal } from '../goals.ts';
import { median } from '../median.ts';
import type { Shape } from '../pages.ts';
import { NIGHTS, type NightName, type NightsRound } from './nights.ts';

/** The time of a night itself: that of the whole process less that of one with nothing to do. */
function workMs(round: NightsRound, night: NightName): number {
  return round.mirror[night].ms - round.idleMs;
}

/** What the nights are held to: ratios within one round each. */
export function goalsOfNights(rounds: readonly NightsRound[]): readonly Goal[] {
  const drizzle = (night: NightName) => (round: NightsRound) => round.drizzle[night].ms / workMs(round, night);
  return [
    atLeast(rounds, 'first load against COPY and history', 0.75, (round) => {
      return (round.limit.copyMs + round.limit.historyMs) / workMs(round, 'first');
    }),
    atLeast(rounds, 'first load against page-by-page Drizzle', 6, drizzle('first')),
    atLeast(rounds, 'unchanged night against the same', 12, drizzle('unchanged')),
    atLeast(rounds, 'unchanged night against fetch and parse alone', 0.6, (round) => {
      return round.parseMs / workMs(round, 'unchanged');
    }),
    atLeast(rounds, '5 % changed against page-by-page Drizzle', 10, drizzle('changed')),
    atMost(rounds, 'rows written in an unchanged night', [0, 'rows'], ({ mirror }) => {
      return mirror.unchanged.written.rows ?? Number.NaN;
    }),
    atMost(rounds, 'WAL of an unchanged night', [1, 'MB'], ({ mirror }) => mirror.unchanged.written.walMb),
    atMost(rounds, 'peak memory', [250, 'MB'], ({ mirror }) => {
      return Math.max(...NIGHTS.map((night) => mirror[night].peakRssMb));
    }),
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
