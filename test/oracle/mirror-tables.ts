import {
  type History,
  inMicroseconds,
  type OracleNight,
  type OracleOrganization,
  ownerOf,
  sortedBy,
} from './history.ts';
import { countOn, nightsOf, type Step, type Trail } from './trail.ts';

/** The tables of schema `mirror`. Where a table holds a run's id, the oracle holds that run's day. */

/** The last step that changed whether the artifact is current, or null where none did. */
export function lastEvent({ steps }: Trail): Step | null {
  return steps.findLast(({ event }) => event !== null) ?? null;
}

export function isCurrent(trail: Trail): boolean {
  return (trail.steps.at(-1)?.count ?? null) !== null;
}

/** The last counter that was listed: an ended artifact keeps the one it had. */
export function lastCount({ artifact, steps }: Trail): number {
  const count = steps.findLast((step) => step.count !== null)?.count;
  if (count === null || count === undefined) throw new Error(`${artifact.name} was never listed`);
  return count;
}

/** The first day that lists it; null where none does. */
export function firstDay({ steps }: Trail): string | null {
  return steps.find(({ added }) => added)?.night.day ?? null;
}

export function artifactRows(kind: string, trails: readonly Trail[]) {
  return trails.map((trail) => {
    const { artifact, owner, mirroredBy } = trail;
    const ended = isCurrent(trail) ? null : lastEvent(trail);
    return {
      id: artifact.id,
      kind,
      name: artifact.name,
      owner,
      mirrored_by: mirroredBy,
      version: artifact.version,
      framework: 'safetensors',
      is_public: true,
      download_count: lastCount(trail),
      origin: artifact.origin,
      created_at: inMicroseconds(artifact.createdAt),
      extra: {},
      first_run_day: firstDay(trail),
      absent_since: null,
      ended_day: ended?.night.day ?? null,
      ending: ended?.event ?? null,
    };
  });
}

/** By artifact, then day. */
export function observationRows(trails: readonly Trail[]) {
  return trails.flatMap(({ artifact, steps }) =>
    steps
      .filter(({ observed }) => observed)
      .map(({ night, count }) => ({ artifact_id: artifact.id, day: night.day, download_count: count })),
  );
}

/** By artifact, then day. Nothing but the counter ever changes in a history, so no event is a `changed`. */
export function eventRows(trails: readonly Trail[]) {
  return trails.flatMap(({ artifact, steps }) =>
    steps.flatMap(({ night, event }) => (event === null ? [] : [{ artifact_id: artifact.id, day: night.day, event }])),
  );
}

/** By organization, then day. */
export function runRows(
  history: History,
  organizations: readonly OracleOrganization[],
  nights: readonly OracleNight[],
  trails: readonly Trail[],
) {
  const rows = organizations.flatMap((each) => {
    const { organization, includePublic } = each;
    const own = trails.filter(({ mirroredBy }) => mirroredBy === organization);
    const inListing = history.artifacts.filter((artifact) => includePublic || ownerOf(artifact) === organization);
    return nightsOf(each, nights).map((night) => {
      const steps = own.flatMap((trail) => trail.steps.filter((step) => step.night === night));
      const countSteps = (matches: (step: Step) => boolean): number => steps.filter(matches).length;
      const listed = inListing.filter((artifact) => countOn(history, artifact, night) !== null).length;
      return {
        organization,
        kind: history.kind,
        include_public: includePublic,
        day: night.day,
        state: 'certified',
        total: listed,
        listed,
        added: countSteps(({ added }) => added),
        changed: 0,
        counted: countSteps(({ observed }) => observed),
        superseded: countSteps(({ event }) => event === 'superseded'),
        withdrawn: countSteps(({ event }) => event === 'withdrawn'),
        restored: countSteps(({ event }) => event === 'restored'),
      };
    });
  });
  return sortedBy(rows, ({ organization, day }) => JSON.stringify([organization, day]));
}
