import type { History, HistoryRun } from './history.ts';
import type { HistoryLetter } from './letters.ts';

/** The nights that the examples of docs/reports.md ask about: of acme, with guests; none on the 14th. */
const DAYS = ['03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '13', '15', '16', '17'];

const RUNS = DAYS.map((day): HistoryRun => {
  const run = { day: `2025-01-${day}`, includePublic: true };
  if (day === '15') return { ...run, finishedAt: '2025-01-15T03:04:30Z' };
  if (day !== '16') return run;
  return {
    ...run,
    state: 'partial',
    error: 'could not read page 3 (models of acme): the catalog answered 500: boom',
    errorClass: 'server_error',
  };
});

/** Counters by the day on which they were read, as counters by run. */
function byRun(counts: Readonly<Record<string, number>>): Readonly<Record<number, number>> {
  return Object.fromEntries(Object.entries(counts).map(([day, count]) => [DAYS.indexOf(day) + 1, count]));
}

export const EXAMPLE_HISTORY: History = {
  runs: RUNS,
  artifacts: [
    {
      name: 'acme/classifier',
      version: '1.0.0',
      createdAt: '2024-03-01T09:00:00Z',
      counts: byRun({ '03': 3700, '07': 3860, '10': 4020, '11': 4100, '12': 4180, '13': 4220 }),
      events: [{ run: DAYS.indexOf('15') + 1, event: 'superseded' }],
      ending: 'superseded',
    },
    {
      name: 'acme/classifier',
      version: '2.0.0',
      createdAt: '2025-01-13T15:00:00Z',
      counts: byRun({ '15': 260, '16': 300, '17': 415 }),
    },
    {
      name: 'acme/embedder',
      createdAt: '2024-06-01T09:00:00Z',
      counts: byRun({ '03': 840, '09': 900, '12': 930, '15': 1010, '17': 12 }),
    },
    {
      name: 'bob/whisper',
      createdAt: '2023-11-01T09:00:00Z',
      counts: byRun({
        '03': 45_000,
        '10': 50_500,
        '11': 51_200,
        '12': 52_000,
        '13': 52_900,
        '15': 55_100,
        '17': 58_000,
      }),
    },
  ],
};

/** The letters of those nights. */
export const EXAMPLE_LETTERS: readonly HistoryLetter[] = [
  { run: DAYS.indexOf('11') + 1, errorClass: 'invalid_record', level: 'record', state: 'resolved', occurrences: 2 },
  { run: DAYS.indexOf('16') + 1, errorClass: 'server_error', errorType: 'about:blank' },
];

/** By view: what is asked, and how. */
export const EXAMPLES: Readonly<Record<string, { readonly question: string; readonly sql: string }>> = {
  artifacts: {
    question: 'The versions that were downloaded most:',
    sql: `SELECT name, version, download_count
FROM report.artifacts
ORDER BY download_count DESC NULLS LAST
LIMIT 10;`,
  },
  models: {
    question: 'Models by the downloads of all their versions, those no longer listed included:',
    sql: `SELECT name, version AS newest, versions + ended_versions AS versions_seen, download_count_of_all_versions
FROM report.models
ORDER BY download_count_of_all_versions DESC NULLS LAST;`,
  },
  coverage: {
    question: 'The days that are not known:',
    sql: `SELECT organization, day
FROM report.coverage
WHERE NOT covered
ORDER BY day, organization;`,
  },
  daily_downloads: {
    question: 'What was downloaded in a week, and how much that is a day, missing days and resets allowed for:',
    sql: `SELECT
  name,
  version,
  sum(downloads) AS downloads,
  round(sum(downloads) / sum(days_covered) FILTER (WHERE downloads IS NOT NULL), 1) AS a_day,
  bool_or(reset) AS had_reset
FROM report.daily_downloads
WHERE day BETWEEN '2025-01-11' AND '2025-01-17'
GROUP BY artifact_id, name, version
ORDER BY downloads DESC NULLS LAST;`,
  },
  organization_daily_downloads: {
    question: 'Downloads by day and owner, for a chart:',
    sql: `SELECT day, owner, downloads, artifacts, resets
FROM report.organization_daily_downloads
WHERE organization = 'acme' AND day >= '2025-01-11'
ORDER BY day, owner;`,
  },
  movers: {
    question: 'The models that gained most on the week before:',
    sql: `SELECT name, downloads, previous_downloads, change
FROM report.movers
WHERE window_days = 7
ORDER BY change DESC NULLS LAST, name;`,
  },
  changes: {
    question: 'What arrived, changed, went and came back in a week:',
    sql: `SELECT day, name, version, change, details ->> 'new' AS is_new
FROM report.changes
WHERE day BETWEEN '2025-01-11' AND '2025-01-17'
ORDER BY at, name, change;`,
  },
  failures: {
    question: 'What failed, and what of it is still open:',
    sql: `SELECT day, organization, error_class, level, letters, occurrences, open
FROM report.failures
ORDER BY day DESC, error_class;`,
  },
  run_history: {
    question: 'The nights that were not certified, and why:',
    sql: `SELECT day, organization, state, duration_seconds, error
FROM report.run_history
WHERE NOT certified
ORDER BY run_id DESC;`,
  },
};
