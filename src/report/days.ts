/** Calendar days as `YYYY-MM-DD`, whose text order is their order in time. */

const MS_PER_DAY = 86_400_000;

/** Midnight UTC of a day, in milliseconds since the epoch. */
function midnight(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** How many days lie between two days: 1 from a day to the next, negative where `to` is the earlier one. */
export function daysBetween(from: string, to: string): number {
  return (midnight(to) - midnight(from)) / MS_PER_DAY;
}

/** Every day from the first to the last, both included; none where the last is the earlier one. */
export function daysFromTo(first: string, last: string): string[] {
  return Array.from({ length: Math.max(0, daysBetween(first, last) + 1) }, (_, index) =>
    new Date(midnight(first) + index * MS_PER_DAY).toISOString().slice(0, 10),
  );
}

/** The day that many days before another one. */
export function daysBefore(day: string, days: number): string {
  return new Date(midnight(day) - days * MS_PER_DAY).toISOString().slice(0, 10);
}
