import type { RecordedMonth } from '../../src/demo/recorded-month.ts';

/**
 * What the oracle is told: what a catalog held on each day, who is mirrored, and when. Nothing here knows how the mirror
 * stores or counts.
 */
export interface HistoryArtifact {
  readonly id: string;
  /** `owner/name`; the owner is the organization that lists it. */
  readonly name: string;
  readonly version: string;
  /** As the catalog writes it. */
  readonly createdAt: string;
  readonly origin: Readonly<Record<string, unknown>> | null;
  /** The counter on each of the history's days; null where the artifact was not listed that day. */
  readonly counts: readonly (number | null)[];
}

export interface History {
  readonly kind: string;
  /** `YYYY-MM-DD`, ascending. */
  readonly days: readonly string[];
  /** All of them public. */
  readonly artifacts: readonly HistoryArtifact[];
}

export interface OracleOrganization {
  readonly organization: string;
  /** At most one organization may have it: with two, the first to list a guest would mirror it, and that is a race. */
  readonly includePublic: boolean;
  /** Days on which it is not mirrored although there is a night. */
  readonly missedDays?: readonly string[];
}

export interface OracleNight {
  readonly day: string;
  /** When the runs of that night start. */
  readonly at: Date;
}

/** The recorded month as the demo's catalog serves it. */
export function historyOf(month: RecordedMonth): History {
  return {
    kind: 'models',
    days: month.days,
    artifacts: month.models.map(({ id, name, createdAt, origin, totals }) => ({
      id,
      name,
      version: '1.0.0',
      createdAt,
      origin,
      counts: totals,
    })),
  };
}

export function ownerOf(artifact: HistoryArtifact): string {
  const slash = artifact.name.indexOf('/');
  if (slash < 1) throw new Error(`the oracle needs owner/name, not ${artifact.name}`);
  return artifact.name.slice(0, slash);
}

/** Whole days from one to the other. */
export function daysApart(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

/** Microseconds since the epoch, cut: what a created_at is compared by. */
export function microseconds(timestamp: string): bigint {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? '';
  const whole = Date.parse(timestamp.replace(/\.\d+/, ''));
  return BigInt(whole) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
}

/** The same moment as `2025-01-15T03:00:00.000000Z`. */
export function inMicroseconds(timestamp: string): string {
  const all = microseconds(timestamp);
  // The remainder is brought above zero: before 1970 it would be negative.
  const fraction = ((all % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((all - fraction) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}

/** Sorts rows by what `key` makes of them, so that two results can be compared whatever their order. */
export function sortedBy<Row>(rows: Iterable<Row>, key: (row: Row) => string): Row[] {
  return [...rows]
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/** The items that share a key, in the order in which they come (Node 20 has no Map.groupBy). */
export function grouped<Item>(items: Iterable<Item>, key: (item: Item) => string): Map<string, [Item, ...Item[]]> {
  const groups = new Map<string, [Item, ...Item[]]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
