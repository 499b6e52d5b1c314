import { daysApart, grouped, type OracleNight, type OracleOrganization, sortedBy } from './history.ts';
import { isCurrent } from './mirror-tables.ts';
import { nightsOf, speakerOf, type Trail } from './trail.ts';

const WINDOWS = [7, 28];

/** By name, then window: what was downloaded of all versions of a model in its last days and in as many before. */
export function moversReport(
  kind: string,
  organizations: readonly OracleOrganization[],
  allNights: readonly OracleNight[],
  trails: readonly Trail[],
) {
  const models = [...grouped(trails, ({ artifact }) => artifact.name)].filter(([, versions]) =>
    versions.some(isCurrent),
  );
  const rows = models.flatMap(([name, versions]) => {
    const [{ owner, mirroredBy: organization }] = versions;
    const speaker = speakerOf(owner, organizations);
    const nights = speaker === undefined ? [] : nightsOf(speaker, allNights);
    const last = nights.at(-1);
    const before = (days: number): OracleNight | undefined =>
      nights.findLast(({ day }) => last !== undefined && daysApart(day, last.day) >= days);
    return WINDOWS.map((days) => {
      const downloads = gainOfModel(versions, before(days), last);
      const previous = gainOfModel(versions, before(2 * days), before(days));
      return {
        kind,
        organization,
        owner,
        name,
        window_days: days,
        downloads,
        previous_downloads: previous,
        change: downloads === null || previous === null ? null : downloads - previous,
      };
    });
  });
  return sortedBy(rows, ({ name, window_days }) => JSON.stringify([name, window_days]));
}

/** Null where the part of one version is unknown, and where none was listed on the last night: nobody was there to ask. */
function gainOfModel(
  versions: readonly Trail[],
  from: OracleNight | undefined,
  to: OracleNight | undefined,
): number | null {
  if (from === undefined || to === undefined || from === to) return null;
  if (!versions.some((version) => isListed(version, to))) return null;
  const gains = versions.map((version) => gainOf(version, from, to));
  return gains.every((gain) => gain !== null) ? gains.reduce((sum, gain) => sum + gain, 0) : null;
}

/**
 * What one version's counter rose by from one night to another, followed night by night; null where it ever fell, or where
 * nobody knows what it was on either night.
 */
function gainOf(version: Trail, from: OracleNight, to: OracleNight): number | null {
  let start: number | null = null;
  let count: number | null = null;
  for (const step of version.steps) {
    if (step.night.day > to.day) break;
    const isBefore = step.night.day <= from.day;
    if (step.count !== null) {
      if (count === null && !isBefore) start = startsFromZero(version) ? 0 : null;
      if (count !== null && step.count < count && !isBefore) return null;
      count = step.count;
    }
    if (isBefore) start = isListed(version, step.night) || isOverBy(version, step.night) ? count : null;
  }
  // It came later still.
  if (count === null) return 0;
  if (start === null || !(isListed(version, to) || isOverBy(version, to))) return null;
  return count - start;
}

function isListed({ steps }: Trail, { day }: OracleNight): boolean {
  return steps.some(({ night, count }) => night.day === day && count !== null);
}

/** It has gone for good: what it had when it was last listed is what it has ever after. */
function isOverBy(version: Trail, { day }: OracleNight): boolean {
  return !isCurrent(version) && version.steps.every(({ night, count }) => count === null || night.day <= day);
}

/** When it was first listed it had been created since the night before: its first row is no baseline. */
function startsFromZero({ steps }: Trail): boolean {
  return steps[0]?.daily?.days_covered != null;
}
