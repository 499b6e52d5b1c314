import { type DemoPlan, planDemo } from '../../src/demo/plan.ts';
import { type RecordedMonth, readRecordedMonth } from '../../src/demo/recorded-month.ts';
import type { DemoChange, DemoSummary } from '../../src/demo/summary.ts';
import { type CountedDay, dailyRates } from '../../src/report/daily-rates.ts';
import { grouped, historyOf } from '../oracle/history.ts';
import { type Expected, foresee } from '../oracle/oracle.ts';

type Rows = Expected['report.daily_downloads'];

export interface Foreseen {
  readonly plan: DemoPlan;
  /** What the oracle foresees of every table. */
  readonly tables: Expected;
  /** What the last screen has to say of them. */
  readonly summary: Omit<DemoSummary, 'elapsedMs' | 'unrecordedDays' | 'nextSteps'>;
}

const MOVERS = 6;
const CHANGES_OF_EACH = 3;

/** The summary of the recorded month as the oracle foresees it: the real names and numbers, without any view. */
export async function foreseeSummary(): Promise<Foreseen> {
  const month = await readRecordedMonth();
  const plan = planDemo(month);
  const tables = foresee(historyOf(month), plan.organizations, plan.nights);
  return { plan, tables, summary: summaryOf(month, plan, tables) };
}

function summaryOf(month: RecordedMonth, plan: DemoPlan, tables: Expected): Foreseen['summary'] {
  const firstDay = month.days[0] ?? '';
  const lastDay = month.days.at(-1) ?? '';
  const daily = tables['report.daily_downloads'];
  const artifacts = tables['mirror.artifacts'];
  const events = tables['mirror.artifact_events'];
  const current = tables['report.artifacts'];
  const arrived = artifacts.filter(({ first_run_day }) => first_run_day !== firstDay);
  const nightBefore = (day: string | null): string =>
    plan.nights[plan.nights.findIndex((night) => night.day === day) - 1]?.at.toISOString() ?? '';
  const happened = (event: string): number => events.filter((each) => each.event === event).length;
  const organizations = plan.organizations.map(({ organization }) => organization);
  return {
    firstDay,
    lastDay,
    nights: plan.nights.length,
    runs: [{ state: 'certified', count: tables['mirror.runs'].length }],
    artifacts: {
      current: current.length,
      guests: current.filter(({ owner, organization }) => owner !== organization).length,
      gone: artifacts.filter(({ ending }) => ending !== null).length,
      arrived: arrived.length,
      arrivedNew: arrived.filter(({ created_at, first_run_day }) => created_at > nightBefore(first_run_day)).length,
      withdrawn: happened('withdrawn'),
      superseded: happened('superseded'),
      restored: happened('restored'),
    },
    downloads: { counted: sum(daily) ?? 0, resets: daily.filter(({ reset }) => reset).length },
    coveredDays: month.days.length,
    uncoveredDays: ['2025-01-14'],
    uncovered: organizations
      .toSorted()
      .map((organization) => ({ day: '2025-01-14', organization, kind: 'models', run: null, byNone: true })),
    organizations: organizations.map((organization) => {
      const mirrored = current.filter((each) => each.organization === organization);
      const own = daily.filter((each) => each.organization === organization);
      return {
        organization,
        artifacts: mirrored.length,
        guests: mirrored.filter(({ owner }) => owner !== organization).length,
        days: month.days.length + 1,
        coveredDays: month.days.length,
        downloads: sum(own),
        resets: own.filter(({ reset }) => reset).length,
        daily: rates(own, firstDay, lastDay),
      };
    }),
    movers: movers(daily, lastDay),
    changes: mostDownloaded(
      [
        ...arrived.map(({ id, first_run_day }) => ({ change: 'added', artifact_id: id, day: first_run_day ?? '' })),
        ...events.map(({ event, artifact_id, day }) => ({ change: event, artifact_id, day })),
      ],
      tables,
    ),
  };
}

/** Every model of the month has one version, so that its rows are those of an artifact. */
function movers(daily: Rows, lastDay: string): DemoSummary['movers'] {
  const two = [...grouped(daily, ({ name }) => name)].flatMap(([name, rows]) => {
    const isKnown = ['2025-01-01', '2025-01-08', lastDay].every((day) => rows.some((row) => row.day === day));
    const within = rows.filter(({ day }) => day > '2025-01-01');
    if (!isKnown || within.some(({ downloads }) => downloads === null)) return [];
    const downloads = sum(within.filter(({ day }) => day > '2025-01-08')) ?? 0;
    const previousDownloads = sum(within.filter(({ day }) => day <= '2025-01-08')) ?? 0;
    const change = downloads - previousDownloads;
    return [{ name, downloads, previousDownloads, change, daily: rates(rows, '2025-01-02', lastDay) }];
  });
  return two
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
    .slice(0, MOVERS)
    .sort((a, b) => b.change - a.change);
}

function mostDownloaded(
  changes: readonly { readonly change: string; readonly artifact_id: string; readonly day: string }[],
  tables: Expected,
): DemoChange[] {
  const byArtifact = grouped(tables['report.daily_downloads'], ({ artifact_id }) => artifact_id);
  const known = new Map(tables['mirror.artifacts'].map((artifact) => [artifact.id, artifact]));
  return (['added', 'withdrawn', 'superseded', 'restored'] as const).flatMap((change) =>
    changes
      .filter((each) => each.change === change)
      .map(({ artifact_id, day }) => ({
        change,
        day,
        name: known.get(artifact_id)?.name ?? '',
        version: known.get(artifact_id)?.version ?? '',
        downloads: sum(byArtifact.get(artifact_id) ?? []),
      }))
      .sort((a, b) => (b.downloads ?? -1) - (a.downloads ?? -1))
      .slice(0, CHANGES_OF_EACH),
  );
}

function rates(rows: Rows, firstDay: string, lastDay: string): (number | null)[] {
  const days = rows.map(
    ({ day, downloads, days_covered }): CountedDay => ({ day, downloads, daysCovered: days_covered }),
  );
  return dailyRates(days, firstDay, lastDay);
}

/** As SQL adds up: nothing known is null. */
function sum(rows: Rows): number | null {
  const known = rows.flatMap(({ downloads }) => (downloads === null ? [] : [downloads]));
  return known.length === 0 ? null : known.reduce((total, each) => total + each, 0);
}
