import {
  daysApart,
  type History,
  type HistoryArtifact,
  microseconds,
  type OracleNight,
  type OracleOrganization,
  ownerOf,
} from './history.ts';

/** What one night of the organization that speaks for an artifact means for that artifact. */
export interface Step {
  readonly night: OracleNight;
  /** The counter, where it is listed; null where it is not. */
  readonly count: number | null;
  /** It is listed for the first time. */
  readonly added: boolean;
  /** There is a new observation: the first one, or the counter is another than the last one observed. */
  readonly observed: boolean;
  readonly event: 'withdrawn' | 'superseded' | 'restored' | null;
  /** The row of report.daily_downloads; null where it is not current. */
  readonly daily: {
    readonly downloads: number | null;
    readonly days_covered: number | null;
    readonly reset: boolean;
  } | null;
}

/** One artifact that is mirrored, and all its nights from the first that lists it. */
export interface Trail {
  readonly artifact: HistoryArtifact;
  readonly owner: string;
  readonly mirroredBy: string;
  readonly steps: readonly Step[];
}

/** The nights on which an organization is mirrored, in order. */
export function nightsOf(organization: OracleOrganization, nights: readonly OracleNight[]): OracleNight[] {
  return nights.filter(({ day }) => !(organization.missedDays ?? []).includes(day));
}

/** The organization whose runs speak for an artifact (design section 2, "mirrored by"); undefined where none does. */
export function speakerOf(owner: string, organizations: readonly OracleOrganization[]): OracleOrganization | undefined {
  return (
    organizations.find(({ organization }) => organization === owner) ??
    organizations.find(({ includePublic }) => includePublic)
  );
}

/** The counter that the catalog shows on a night; null where it does not list the artifact. */
export function countOn(history: History, artifact: HistoryArtifact, night: OracleNight): number | null {
  const index = history.days.indexOf(night.day);
  if (index === -1) throw new Error(`the history has no ${night.day}`);
  return artifact.counts[index] ?? null;
}

/**
 * Follows one artifact through the nights of its speaker, remembering only what a person with a pencil would: the last
 * counter observed, the last day that had a row, and whether it has ended.
 *
 * @param siblings the artifacts of the same name, itself included
 * @returns null where no run ever lists it
 */
export function trailOf(
  history: History,
  artifact: HistoryArtifact,
  siblings: readonly HistoryArtifact[],
  speaker: OracleOrganization,
  allNights: readonly OracleNight[],
): Trail | null {
  const nights = nightsOf(speaker, allNights);
  const steps: Step[] = [];
  let last: { count: number; day: string } | null = null;
  let ended = false;
  for (const [index, night] of nights.entries()) {
    const count = countOn(history, artifact, night);
    if (count === null) {
      if (last === null) continue;
      const successor = siblings.some((each) => each !== artifact && countOn(history, each, night) !== null);
      const event = ended ? null : successor ? 'superseded' : 'withdrawn';
      ended = true;
      steps.push({ night, count, added: false, observed: false, event, daily: null });
      continue;
    }
    steps.push({
      night,
      count,
      added: last === null,
      observed: last === null || last.count !== count,
      event: ended ? 'restored' : null,
      daily:
        last === null
          ? firstRow(artifact, count, night, nights[index - 1])
          : count < last.count
            ? { downloads: null, days_covered: daysApart(last.day, night.day), reset: true }
            : { downloads: count - last.count, days_covered: daysApart(last.day, night.day), reset: false },
    });
    ended = false;
    last = { count, day: night.day };
  }
  return steps.length === 0 ? null : { artifact, owner: ownerOf(artifact), mirroredBy: speaker.organization, steps };
}

/** From zero where it was created after the run before started; else nobody knows how much of it is new. */
function firstRow(artifact: HistoryArtifact, count: number, night: OracleNight, before: OracleNight | undefined) {
  const isNew = before !== undefined && microseconds(artifact.createdAt) > microseconds(before.at.toISOString());
  return isNew
    ? { downloads: count, days_covered: Math.max(1, daysApart(before.day, night.day)), reset: false }
    : { downloads: null, days_covered: null, reset: false };
}
