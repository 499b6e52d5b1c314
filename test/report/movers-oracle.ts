import type { History, HistoryArtifact, HistoryRun } from './history.ts';
import type { ExpectedRow } from './simulation.ts';

/** A row of report.movers. */
export interface ExpectedMover {
  readonly name: string;
  readonly organization: string;
  readonly window_days: number;
  readonly downloads: number | null;
  readonly previous_downloads: number | null;
}

/** One artifact of a history, under the name of its model, and its daily rows. */
export interface Version {
  readonly artifact: HistoryArtifact;
  readonly owner: string;
  readonly rows: readonly ExpectedRow[];
}

interface CoveredDay {
  readonly day: string;
  readonly run: number;
  readonly startedAt: string;
}

/**
 * What report.movers has to say, worked out from the counters themselves and where they fell, not from sums of daily rows:
 * of those only which days have one is used.
 */
export function expectedMovers(runs: History['runs'], versions: readonly Version[]): readonly ExpectedMover[] {
  const names = new Set(versions.map(({ artifact }) => artifact.name ?? ''));
  return [...names].flatMap((name) => {
    const ofModel = versions.filter(({ artifact }) => artifact.name === name);
    const newest = ofModel.filter(({ artifact }) => artifact.ending === undefined).reduce(newer, null);
    if (newest === null) return [];
    const organization = newest.artifact.mirroredBy ?? '';
    const days = coveredDays(runs, organization, newest.owner !== organization);
    const last = days.at(-1);
    const before = (distance: number) =>
      days.findLast(({ day }) => last !== undefined && day <= earlier(last.day, distance));
    return [7, 28].map((window_days): ExpectedMover => {
      const start = before(window_days);
      return {
        name,
        organization,
        window_days,
        downloads: gainOfModel(runs, ofModel, start, last),
        previous_downloads: gainOfModel(runs, ofModel, before(2 * window_days), start),
      };
    });
  });
}

function newer(best: Version | null, each: Version): Version {
  return best !== null && String(best.artifact.createdAt) > String(each.artifact.createdAt) ? best : each;
}

function earlier(day: string, distance: number): string {
  return new Date(Date.parse(day) - distance * 86_400_000).toISOString().slice(0, 10);
}

/** The covered days of a listing, or of its guests, and the run that covers each: in the order of days. */
function coveredDays(runs: History['runs'], organization: string, guests: boolean): readonly CoveredDay[] {
  const byDay = new Map<string, CoveredDay>();
  for (const [index, run] of runs.entries()) {
    if (!covers(run, organization, guests)) continue;
    byDay.set(run.day, { day: run.day, run: index + 1, startedAt: run.startedAt ?? '' });
  }
  return [...byDay.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function covers(run: HistoryRun, organization: string, guests: boolean): boolean {
  const isComplete = run.state === 'certified' || run.state === 'held';
  return isComplete && run.organization === organization && (!guests || run.includePublic === true);
}

function gainOfModel(
  runs: History['runs'],
  versions: readonly Version[],
  start: CoveredDay | undefined,
  end: CoveredDay | undefined,
): number | null {
  if (start === undefined || end === undefined || end.run <= start.run) return null;
  if (!versions.some(({ rows }) => rows.some(({ day }) => day === end.day))) return null;
  let sum = 0;
  for (const version of versions) {
    const gain = gainOf(runs, version, start, end);
    if (gain === null) return null;
    sum += gain;
  }
  return sum;
}

function gainOf(runs: History['runs'], version: Version, start: CoveredDay, end: CoveredDay): number | null {
  const { artifact } = version;
  const observed = Object.entries(artifact.counts).map(([run, count]) => ({ run: Number(run), count }));
  const firstRun = Math.min(...observed.map(({ run }) => run));
  const rows = version.rows.map((row) => ({ ...row, run: runOf(runs, version, row) })).sort((a, b) => a.run - b.run);
  const last = rows.at(-1)?.run ?? 0;
  /** The run whose word on the version holds on that day. */
  const standAt = ({ day, run }: CoveredDay): number | null => {
    const row = rows.find((each) => each.day === day);
    if (row !== undefined) return row.run;
    return artifact.ending !== undefined && last <= run ? last : null;
  };
  const known = observed.flatMap(({ run, count }) => (count === null ? [] : [{ run, count: Number(count) }]));
  const valueAt = (run: number): number => known.findLast((each) => each.run <= run)?.count ?? 0;
  const fell = (from: number, to: number): boolean =>
    known.some(({ run, count }, place) => run > from && run <= to && count < (known[place - 1]?.count ?? 0));

  const to = standAt(end);
  if (to === null) return firstRun > end.run ? 0 : null;
  const from = standAt(start);
  if (from !== null) return to < from || fell(from, to) ? null : valueAt(to) - valueAt(from);
  const cameSince = firstRun > start.run && String(artifact.createdAt) > start.startedAt;
  const countsFromZero = rows[0] === undefined || rows[0].days_covered !== null;
  return cameSince && countsFromZero && !fell(0, to) ? valueAt(to) : null;
}

/** The run that a daily row comes from. */
function runOf(runs: History['runs'], { owner }: Version, { organization, day }: ExpectedRow): number {
  return runs.findLastIndex((run) => run.day === day && covers(run, organization, owner !== organization)) + 1;
}
