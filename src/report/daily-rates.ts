import { daysBetween, daysFromTo } from './days.ts';

/** What was counted on one day, as report.daily_downloads or a sum over it has it. */
export interface CountedDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Null for a baseline or a reset. */
  readonly downloads: number | null;
  /** Over how many days it was counted; null for a baseline. */
  readonly daysCovered: number | null;
}

/**
 * One number for every day from the first to the last, for a sparkline: the downloads of a day, null where there is no
 * row or none that is known. A row that spans several days counts with its share of one day, or a gap would end in a
 * peak that never was.
 */
export function dailyRates(rows: readonly CountedDay[], firstDay: string, lastDay: string): (number | null)[] {
  const rates: (number | null)[] = daysFromTo(firstDay, lastDay).map(() => null);
  for (const { day, downloads, daysCovered } of rows) {
    const index = daysBetween(firstDay, day);
    if (downloads === null || index < 0 || index >= rates.length) continue;
    rates[index] = (rates[index] ?? 0) + downloads / Math.max(1, daysCovered ?? 1);
  }
  return rates;
}
