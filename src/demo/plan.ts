import type { RecordedMonth } from './recorded-month.ts';

/** One organization that the demo mirrors. */
export interface DemoOrganization {
  readonly organization: string;
  readonly includePublic: boolean;
}

/** One night of the demo: what the clock is set to, and the day whose record the catalog then serves. */
export interface DemoNight {
  readonly day: string;
  readonly at: Date;
}

export interface DemoPlan {
  readonly organizations: readonly DemoOrganization[];
  readonly nights: readonly DemoNight[];
}

/** Large enough to show several organizations side by side, small enough that the demo ends within a minute. */
const DEFAULT_ORGANIZATIONS = 5;

/**
 * What the demo mirrors and when: the owners with the most models, the largest of them with `include_public`, so that
 * every recorded model is mirrored by exactly one organization; every recorded day once, at 03:00 UTC (design sections
 * 2 and 7).
 *
 * @param organizations how many owners to mirror, at least 1
 */
export function planDemo(month: RecordedMonth, organizations = DEFAULT_ORGANIZATIONS): DemoPlan {
  return {
    organizations: largestOwners(month, organizations).map((organization, index) => ({
      organization,
      includePublic: index === 0,
    })),
    nights: month.days.map((day) => ({ day, at: new Date(`${day}T03:00:00.000Z`) })),
  };
}

/** The owners with the most models, the largest first; equally large ones by name. */
function largestOwners(month: RecordedMonth, count: number): string[] {
  const sizes = new Map<string, number>();
  for (const { owner } of month.models) sizes.set(owner, (sizes.get(owner) ?? 0) + 1);
  return [...sizes]
    .sort(([a, sizeOfA], [b, sizeOfB]) => sizeOfB - sizeOfA || (a < b ? -1 : 1))
    .slice(0, count)
    .map(([owner]) => owner);
}
