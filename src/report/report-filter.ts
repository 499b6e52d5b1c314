import { REPORTS, type ReportName } from './reports.ts';

/** Which rows of a report are wanted. */
export interface ReportFilter {
  /** Only those that this organization mirrors. */
  readonly organization?: string;
  /** Only from this day on, `YYYY-MM-DD`. */
  readonly since?: string;
  /** Only up to this day, which is included, `YYYY-MM-DD`. */
  readonly until?: string;
  /** At most so many rows, from the first in the report's order on; all where it is left out. */
  readonly limit?: number;
}

/**
 * What is wrong with a filter, all of it, each as a sentence that says how to mend it; empty where nothing is. Whoever
 * takes a filter from a person asks this first.
 */
export function filterMistakes(name: ReportName, { since, until, limit }: ReportFilter): readonly string[] {
  const mistakes: string[] = [];
  const days = Object.entries({ since, until }).flatMap(([key, day]) => (day === undefined ? [] : [{ key, day }]));
  if (!('day' in REPORTS[name].columns)) {
    for (const { key } of days) mistakes.push(`${name} has no days to choose from: leave out ${key}.`);
  } else {
    const unreadable = days.filter(({ day }) => !isDay(day));
    for (const { key, day } of unreadable) {
      mistakes.push(`${key} is not a day: ${JSON.stringify(day)}. Write it as 2025-01-31.`);
    }
    if (unreadable.length === 0 && since !== undefined && until !== undefined && since > until) {
      mistakes.push(`since (${since}) is after until (${until}): no day lies between. Exchange them.`);
    }
  }
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
    mistakes.push(`limit is not a number of rows: ${limit}. Write a whole number from 1 on.`);
  }
  return mistakes;
}

/** Whether the text is a day that the calendar has, written as `YYYY-MM-DD`. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
