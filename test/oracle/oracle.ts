import { grouped, type History, type OracleNight, type OracleOrganization, ownerOf, sortedBy } from './history.ts';
import { artifactRows, eventRows, observationRows, runRows } from './mirror-tables.ts';
import { moversReport } from './movers.ts';
import { changesReport, failuresReport, runHistoryReport } from './report-runs.ts';
import { artifactReport, coverageReport, dailyReport, modelReport, organizationDailyReport } from './report-views.ts';
import { speakerOf, type Trail, trailOf } from './trail.ts';

/** Every table and view that the oracle foresees after the last night, keys as the columns, rows sorted by their key. */
export type Expected = ReturnType<typeof foresee>;

/**
 * What the mirror must hold after mirroring `organizations` on each of `nights`, by design sections 2, 3 and 5, worked
 * out from the history alone. Knows certified nights only, one a day.
 *
 * @throws Error where a night would be held, or the question is not one the oracle can answer
 */
export function foresee(
  history: History,
  organizations: readonly OracleOrganization[],
  nights: readonly OracleNight[],
) {
  refuseUnclearQuestions(organizations, nights);
  const trails = followAll(history, organizations, nights);
  refuseHeldNights(trails, organizations, nights);
  const daily = dailyReport(history.kind, trails);
  const runs = runRows(history, organizations, nights, trails);
  return {
    'mirror.artifacts': artifactRows(history.kind, trails),
    'mirror.download_observations': observationRows(trails),
    'mirror.artifact_events': eventRows(trails),
    'mirror.runs': runs,
    'report.artifacts': artifactReport(history.kind, trails),
    'report.models': modelReport(history.kind, trails),
    'report.coverage': coverageReport(history.kind, organizations, nights),
    'report.daily_downloads': daily,
    'report.organization_daily_downloads': organizationDailyReport(daily),
    'report.movers': moversReport(history.kind, organizations, nights, trails),
    'report.changes': changesReport(history.kind, trails),
    'report.run_history': runHistoryReport(runs),
    'report.failures': failuresReport(),
  };
}

function refuseUnclearQuestions(organizations: readonly OracleOrganization[], nights: readonly OracleNight[]): void {
  if (organizations.filter(({ includePublic }) => includePublic).length > 1) {
    throw new Error('two organizations with include_public race for guests: the oracle cannot know who wins');
  }
  if (nights.some(({ day }, index) => index > 0 && day <= (nights[index - 1]?.day ?? ''))) {
    throw new Error('the oracle knows one night a day, in ascending order');
  }
}

function followAll(
  history: History,
  organizations: readonly OracleOrganization[],
  nights: readonly OracleNight[],
): Trail[] {
  const versions = grouped(history.artifacts, ({ name }) => name);
  const trails = history.artifacts.flatMap((artifact) => {
    const speaker = speakerOf(ownerOf(artifact), organizations);
    if (speaker === undefined) return [];
    return trailOf(history, artifact, versions.get(artifact.name) ?? [], speaker, nights) ?? [];
  });
  return sortedBy(trails, ({ artifact }) => artifact.id);
}

/** Design section 3, "held": the gate as it stands by default. A held night ends nothing, which no trail knows of. */
function refuseHeldNights(
  trails: readonly Trail[],
  organizations: readonly OracleOrganization[],
  nights: readonly OracleNight[],
): void {
  for (const { organization } of organizations) {
    const own = trails.filter(({ mirroredBy }) => mirroredBy === organization);
    let current = 0;
    for (const { day } of nights) {
      const steps = own.flatMap((trail) => trail.steps.filter(({ night }) => night.day === day));
      if (steps.length === 0) continue;
      const withdrawn = steps.filter(({ event }) => event === 'withdrawn').length;
      const listed = steps.filter(({ count }) => count !== null).length;
      if ((withdrawn > 10 && withdrawn > 0.2 * current) || (listed === 0 && current > 0)) {
        throw new Error(`the run of ${organization} on ${day} would be held: the oracle knows certified nights only`);
      }
      current = listed;
    }
  }
}
