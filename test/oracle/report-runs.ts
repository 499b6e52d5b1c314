import { inMicroseconds, sortedBy } from './history.ts';
import type { runRows } from './mirror-tables.ts';
import type { Trail } from './trail.ts';

/** The views of schema report that tell of runs, and of what runs found out. A run is known by its organization and day. */

export function runName(organization: string, day: string): string {
  return `${organization} ${day}`;
}

/** By organization, then day. Of how a run read its list, and how long that took, a history says nothing. */
export function runHistoryReport(runs: ReturnType<typeof runRows>) {
  return runs.map((run) => ({
    ...run,
    run_id: runName(run.organization, run.day),
    certified: true,
    started_at: run.day,
    finished_at: run.day,
    unproved: 0,
    letters: 0,
    error_class: null,
    error: null,
    time_zone: 'UTC',
  }));
}

/** By artifact, then day: every arrival, and everything that happened to an artifact later. */
export function changesReport(kind: string, trails: readonly Trail[]) {
  const rows = trails.flatMap(({ artifact, mirroredBy, steps }) =>
    steps.flatMap(({ night, added, event, daily }) => {
      const change = added ? 'added' : event;
      if (change === null) return [];
      const created = { created_at: inMicroseconds(artifact.createdAt), new: daily?.days_covered != null };
      return [
        {
          at: night.day,
          day: night.day,
          kind,
          organization: mirroredBy,
          artifact_id: artifact.id,
          name: artifact.name,
          version: artifact.version,
          change,
          details: added ? created : null,
        },
      ];
    }),
  );
  return sortedBy(rows, ({ artifact_id, day }) => JSON.stringify([artifact_id, day]));
}

/** A certified night leaves no letter, and the oracle knows no other. */
export function failuresReport(): readonly object[] {
  return [];
}
