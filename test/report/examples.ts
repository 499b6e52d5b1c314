import type { History } from './history.ts';

/** The nights that the examples of docs/tables.md ask about: of acme, with guests; none on the 14th. */
export const EXAMPLE_HISTORY: History = {
  runs: [
    { day: '2025-01-11', includePublic: true },
    { day: '2025-01-12', includePublic: true },
    { day: '2025-01-13', includePublic: true },
    { day: '2025-01-15', includePublic: true, finishedAt: '2025-01-15T03:04:30Z' },
    {
      day: '2025-01-16',
      includePublic: true,
      state: 'partial',
      error: 'could not read page 3 (models of acme): the catalog answered 500: boom',
      errorClass: 'server_error',
    },
    { day: '2025-01-17', includePublic: true },
  ],
  artifacts: [
    {
      name: 'acme/classifier',
      version: '1.0.0',
      createdAt: '2024-03-01T09:00:00Z',
      counts: { 1: 4100, 2: 4180, 3: 4220 },
      events: [{ run: 4, event: 'superseded' }],
      ending: 'superseded',
    },
    {
      name: 'acme/classifier',
      version: '2.0.0',
      createdAt: '2025-01-13T15:00:00Z',
      counts: { 4: 260, 5: 300, 6: 415 },
    },
    { name: 'acme/embedder', createdAt: '2024-06-01T09:00:00Z', counts: { 1: 900, 2: 930, 4: 1010, 6: 12 } },
    {
      name: 'bob/whisper',
      createdAt: '2023-11-01T09:00:00Z',
      counts: { 1: 51200, 2: 52000, 3: 52900, 4: 55100, 6: 58000 },
    },
  ],
};

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
WHERE organization = 'acme'
ORDER BY day, owner;`,
  },
  run_history: {
    question: 'The nights that were not certified, and why:',
    sql: `SELECT day, organization, state, duration_seconds, error
FROM report.run_history
WHERE NOT certified
ORDER BY run_id DESC;`,
  },
};
