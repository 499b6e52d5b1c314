import fc from 'fast-check';
import { RUN_STATES, type RunState } from '../../src/store/run.ts';
import type { History, HistoryArtifact, HistoryEvent, HistoryRun } from './history.ts';

/** What the catalog shows of an artifact when a run reads it: a counter, one that cannot be read, or not the artifact. */
type Sight = number | 'unreadable' | 'missing';

export interface Plan {
  readonly runs: readonly (Required<Pick<HistoryRun, 'day' | 'state' | 'organization' | 'includePublic'>> & {
    readonly startedAt: string;
  })[];
  readonly artifacts: readonly {
    readonly owner: string;
    /** It was created right after the start of the run before this place. */
    readonly createdAfter: number;
    /** One for each run. */
    readonly sights: readonly Sight[];
  }[];
}

/** A row of report.daily_downloads, as a person with a pencil would work it out. */
export interface ExpectedRow {
  readonly name: string;
  readonly organization: string;
  readonly day: string;
  readonly downloads: number | null;
  readonly days_covered: number | null;
  readonly reset: boolean;
}

const isComplete = (state: RunState): boolean => state === 'certified' || state === 'held';
const appliesNothing = (state: RunState): boolean => ['failed', 'abandoned', 'running'].includes(state);
const dayAt = (place: number): string => new Date(Date.UTC(2025, 0, 10 + place)).toISOString().slice(0, 10);
const hourAt = (place: number): string => new Date(Date.UTC(2025, 0, 10) + place * 3_600_000).toISOString();
const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000;

/**
 * Nights of organizations whose time zones differ by up to a day; acme may list public artifacts. Runs that store
 * something outnumber the others.
 */
export function plans(organizations: readonly string[], { minRuns = 1 } = {}): fc.Arbitrary<Plan> {
  const state = fc.oneof(
    { weight: 4, arbitrary: fc.constant<RunState>('certified') },
    { weight: 1, arbitrary: fc.constantFrom(...RUN_STATES.filter((each) => each !== 'running')) },
  );
  const run = fc.record({
    state,
    organization: fc.constantFrom(...organizations),
    includePublic: fc.boolean(),
    daysLater: fc.constantFrom(0, 1, 1, 1, 3),
    // A day behind, where it is another time zone.
    zone: fc.constantFrom(0, 0, 0, -1),
  });
  const sight = fc.oneof(
    { weight: 8, arbitrary: fc.nat(5) },
    { weight: 1, arbitrary: fc.constantFrom<Sight>('unreadable', 'missing') },
  );
  return fc.array(run, { minLength: minRuns, maxLength: 14 }).chain((runs) => {
    let place = 0;
    const planned = runs.map(({ daysLater, zone, ...each }, index) => {
      place += daysLater;
      const includePublic = each.includePublic && each.organization === 'acme';
      return { ...each, includePublic, day: dayAt(place + zone), startedAt: hourAt(index) };
    });
    const artifact = fc.record({
      owner: fc.constantFrom(...organizations),
      createdAfter: fc.nat(runs.length),
      sights: fc.array(sight, { minLength: runs.length, maxLength: runs.length }),
    });
    return fc.record({ runs: fc.constant(planned), artifacts: fc.array(artifact, { minLength: 1, maxLength: 3 }) });
  });
}

/** The tables as runs of a mirror would leave them, and the daily rows that design section 5 wants of them. */
export function simulate(plan: Plan): { readonly history: History; readonly expected: readonly ExpectedRow[] } {
  const followed = plan.artifacts.map((each, index) => follow(plan, each, `${each.owner}/${index}`));
  return {
    // An artifact that no run ever listed has no row at all.
    history: { runs: plan.runs, artifacts: followed.flatMap(({ artifact }) => artifact ?? []) },
    expected: followed.flatMap(({ rows }) => rows),
  };
}

function follow(plan: Plan, { owner, createdAfter, sights }: Plan['artifacts'][number], name: string) {
  const createdAt = new Date(Date.parse(hourAt(createdAfter - 1)) + 1000).toISOString();
  const observed: { run: number; count: number | null }[] = [];
  const events: HistoryEvent[] = [];
  let speaker: string | null = null;
  let gone: 'ended' | 'absent' | null = null;
  /** By organization and day, what its last covering run of that day said; null where that was: no row. */
  const cells = new Map<string, { run: number; organization: string; day: string; count: number } | null>();

  for (const [index, run] of plan.runs.entries()) {
    if (appliesNothing(run.state)) continue;
    const { organization, day } = run;
    if (organization !== owner && !run.includePublic) continue;
    const sight = sights[index] ?? 'missing';
    if (sight !== 'missing') {
      const count = sight === 'unreadable' ? null : sight;
      if (speaker === null || speaker === organization || organization === owner || gone === 'ended') {
        if (gone !== null) events.push({ run: index + 1, event: gone === 'ended' ? 'restored' : 'returned' });
        if (speaker !== organization || observed.at(-1)?.count !== count) observed.push({ run: index + 1, count });
        speaker = organization;
        gone = null;
      }
    } else if (speaker === organization && gone !== 'ended' && isComplete(run.state)) {
      if (run.state === 'certified' || gone === null) {
        events.push({ run: index + 1, event: run.state === 'certified' ? 'withdrawn' : 'absent' });
      }
      gone = run.state === 'certified' ? 'ended' : 'absent';
    }
    if (!isComplete(run.state)) continue;
    const count = observed.at(-1)?.count ?? null;
    const isKnown = speaker === organization && gone === null && count !== null;
    cells.set(`${organization} ${day}`, isKnown ? { run: index + 1, organization, day, count } : null);
  }

  const [first] = observed;
  const artifact: HistoryArtifact | null =
    first === undefined || speaker === null
      ? null
      : {
          name,
          mirroredBy: speaker,
          createdAt,
          events,
          counts: Object.fromEntries(observed.map(({ run, count }) => [run, count])),
          ...(gone === 'ended' ? { ending: 'withdrawn' } : {}),
        };
  const byDay = new Map<string, { run: number; organization: string; day: string; count: number }>();
  for (const cell of cells.values()) {
    if (cell !== null && cell.run > (byDay.get(cell.day)?.run ?? 0)) byDay.set(cell.day, cell);
  }
  const inRunOrder = [...byDay.values()].sort((a, b) => a.run - b.run);
  const rows = inRunOrder.map(({ run, organization, day, count }, index): ExpectedRow => {
    const previous = inRunOrder[index - 1];
    const known = observed.flatMap((each) =>
      each.count === null || each.run > run ? [] : [{ ...each, count: each.count }],
    );
    if (previous === undefined) {
      const since = newSince(plan, owner, createdAt, first?.run ?? 0);
      const fell = known.some((each, place) => each.count < (known[place - 1]?.count ?? 0));
      if (since === null) return { name, organization, day, downloads: null, days_covered: null, reset: false };
      const days_covered = Math.max(1, daysBetween(since, day));
      return { name, organization, day, downloads: fell ? null : count, days_covered, reset: fell };
    }
    const fell = known.some((each, place) => each.run > previous.run && each.count < (known[place - 1]?.count ?? 0));
    const latest = inRunOrder
      .slice(0, index)
      .map((each) => each.day)
      .reduce((a, b) => (a > b ? a : b));
    const days_covered = Math.max(1, daysBetween(latest, day));
    return { name, organization, day, downloads: fell ? null : count - previous.count, days_covered, reset: fell };
  });
  return { artifact, rows };
}

/** The day of the complete run before the one that first observed it, where it was created after that one's start. */
function newSince(plan: Plan, owner: string, createdAt: string, firstRun: number): string | null {
  const observer = plan.runs[firstRun - 1]?.organization;
  const before = plan.runs
    .slice(0, firstRun - 1)
    .findLast(
      (run) => run.organization === observer && isComplete(run.state) && (run.includePublic || observer === owner),
    );
  return before !== undefined && createdAt > before.startedAt ? before.day : null;
}
