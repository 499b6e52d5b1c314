import { daysApart, grouped, inMicroseconds, type OracleNight, type OracleOrganization, sortedBy } from './history.ts';
import { firstDay, isCurrent, lastCount, lastEvent } from './mirror-tables.ts';
import { runName } from './report-runs.ts';
import { nightsOf, type Trail } from './trail.ts';

/** The views of schema `report`, column by column as design section 5 names them. */

/** By artifact: the current ones. */
export function artifactReport(kind: string, trails: readonly Trail[]) {
  return trails.filter(isCurrent).map((trail) => ({
    kind,
    organization: trail.mirroredBy,
    owner: trail.owner,
    artifact_id: trail.artifact.id,
    name: trail.artifact.name,
    version: trail.artifact.version,
    framework: 'safetensors',
    is_public: true,
    download_count: lastCount(trail),
    origin: trail.artifact.origin,
    extra: {},
    created_at: inMicroseconds(trail.artifact.createdAt),
    first_seen_at: firstDay(trail),
    changed_at: lastEvent(trail)?.night.day ?? firstDay(trail),
    absent_since: null,
  }));
}

/** By name: one row for each that has a current version; who mirrors and owns it as its newest current version says. */
export function modelReport(kind: string, trails: readonly Trail[]) {
  const rows = [...grouped(trails, ({ artifact }) => artifact.name)].flatMap(([name, versions]) => {
    const oldestFirst = sortedBy(versions, ({ artifact }) => `${inMicroseconds(artifact.createdAt)} ${artifact.id}`);
    const current = oldestFirst.filter(isCurrent);
    const newest = current.at(-1);
    if (newest === undefined) return [];
    const sum = (each: readonly Trail[]): number => each.reduce((total, trail) => total + lastCount(trail), 0);
    return [
      {
        kind,
        organization: newest.mirroredBy,
        owner: newest.owner,
        name,
        version: newest.artifact.version,
        versions: current.length,
        ended_versions: versions.length - current.length,
        download_count: sum(current),
        download_count_of_all_versions: sum(versions),
        is_public: true,
        first_created_at: inMicroseconds(oldestFirst[0]?.artifact.createdAt ?? ''),
        created_at: inMicroseconds(newest.artifact.createdAt),
      },
    ];
  });
  return sortedBy(rows, ({ name }) => name);
}

/** By organization, then day: every day from its first run to its last. */
export function coverageReport(
  kind: string,
  organizations: readonly OracleOrganization[],
  nights: readonly OracleNight[],
) {
  const rows = organizations.flatMap((each) => {
    const covered = nightsOf(each, nights).map(({ day }) => day);
    const [first] = covered;
    if (first === undefined) return [];
    return Array.from({ length: daysApart(first, covered.at(-1) ?? first) + 1 }, (_, offset) => {
      const day = new Date(Date.parse(first) + offset * 86_400_000).toISOString().slice(0, 10);
      const isCovered = covered.includes(day);
      const run_id = isCovered ? runName(each.organization, day) : null;
      return { kind, organization: each.organization, day, covered: isCovered, run_id };
    });
  });
  return sortedBy(rows, ({ organization, day }) => JSON.stringify([organization, day]));
}

/** By artifact, then day. */
export function dailyReport(kind: string, trails: readonly Trail[]) {
  return trails.flatMap(({ artifact, owner, mirroredBy, steps }) =>
    steps.flatMap(({ night, daily }) =>
      daily === null
        ? []
        : [
            {
              kind,
              organization: mirroredBy,
              owner,
              artifact_id: artifact.id,
              name: artifact.name,
              version: artifact.version,
              day: night.day,
              ...daily,
            },
          ],
    ),
  );
}

/** By organization, owner, then day. The sum is null where there is nothing to add. */
export function organizationDailyReport(daily: ReturnType<typeof dailyReport>) {
  const groups = grouped(daily, ({ organization, owner, day }) => JSON.stringify([organization, owner, day]));
  const rows = [...groups.values()].map((rowsOfDay) => {
    const { kind, organization, owner, day } = rowsOfDay[0];
    const known = rowsOfDay.flatMap(({ downloads }) => downloads ?? []);
    return {
      kind,
      organization,
      owner,
      day,
      downloads: known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0),
      artifacts: rowsOfDay.length,
      resets: rowsOfDay.filter(({ reset }) => reset).length,
    };
  });
  return sortedBy(rows, ({ organization, owner, day }) => JSON.stringify([organization, owner, day]));
}
