/** What analysts ask, in the order of docs/reports.md: a heading, what to know, and the query. */
export interface Question {
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  readonly sql: string;
}

export const QUESTIONS: readonly Question[] = [
  {
    title: 'What are the top movers?',
    text: 'Models that gained most on the week before. Order by `downloads` for the largest, by `percent` for the fastest.',
    sql: `SELECT
  name,
  downloads,
  previous_downloads,
  change,
  round(100.0 * change / nullif(previous_downloads, 0), 1) AS percent
FROM report.movers
WHERE window_days = 7
ORDER BY change DESC NULLS LAST, name
LIMIT 5;`,
  },
  {
    title: 'How does each week compare with the one before?',
    text: `Calendar weeks from Monday on. \`days\` says how many days a week has of its seven: the first and the last are often
cut short, and what was downloaded on a missing day is in the next covered one.`,
    sql: `SELECT
  date_trunc('week', day)::date AS week,
  count(DISTINCT day) AS days,
  sum(downloads) AS downloads,
  sum(downloads) - lag(sum(downloads)) OVER (ORDER BY date_trunc('week', day)) AS change,
  sum(resets) AS resets
FROM report.organization_daily_downloads
GROUP BY date_trunc('week', day)
ORDER BY week;`,
  },
  {
    title: 'What share is public?',
    text: 'Of the artifacts, and of their downloads. In the recorded month everything is.',
    sql: `SELECT
  organization,
  count(*) AS artifacts,
  round(100.0 * count(*) FILTER (WHERE is_public) / count(*), 1) AS percent_public,
  round(100.0 * sum(download_count) FILTER (WHERE is_public) / nullif(sum(download_count), 0), 1) AS percent_of_downloads
FROM report.artifacts
WHERE absent_since IS NULL
GROUP BY organization
ORDER BY artifacts DESC, organization;`,
  },
  {
    title: 'How long does something new take to its first 100 downloads?',
    text: `Only for what the mirror saw from its first day on (\`new\`): its first daily row counts from zero. What has not got there
yet has no row here; what has gone since has one.`,
    sql: `WITH counted AS (
  SELECT artifact_id, name, day, sum(downloads) OVER (PARTITION BY artifact_id ORDER BY day) AS downloads
  FROM report.daily_downloads
), added AS (
  SELECT artifact_id, (details ->> 'created_at')::date AS created
  FROM report.changes
  WHERE change = 'added' AND (details ->> 'new')::boolean
)
SELECT counted.name, added.created, min(counted.day) AS reached, min(counted.day) - added.created AS days
FROM added
JOIN counted ON counted.artifact_id = added.artifact_id AND counted.downloads >= 100
GROUP BY counted.artifact_id, counted.name, added.created
ORDER BY days, name;`,
  },
  {
    title: 'Which models have gone quiet?',
    text: 'Downloaded in the last 28 days, but not once in the last 7. Null is not zero: what is unknown is not called quiet.',
    sql: `SELECT name, max(downloads) FILTER (WHERE window_days = 28) AS in_28_days
FROM report.movers
GROUP BY kind, owner, name
HAVING max(downloads) FILTER (WHERE window_days = 7) = 0
  AND max(downloads) FILTER (WHERE window_days = 28) > 0
ORDER BY in_28_days DESC, name
LIMIT 5;`,
  },
  {
    title: 'Which licences and frameworks are there?',
    text: `\`extra\` has every field that the catalog sends and the mirror does not know, under the catalog's own name; here
\`license\`. The recorded month has neither licence nor framework, which leaves one row.`,
    sql: `SELECT
  coalesce(extra ->> 'license', 'not stated') AS licence,
  framework,
  count(*) AS artifacts,
  sum(download_count) AS downloads,
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent
FROM report.artifacts
GROUP BY licence, framework
ORDER BY artifacts DESC, licence, framework;`,
  },
  {
    title: 'Which models are new this week?',
    text: `Created and seen in the last seven days up to the last covered one, with what they were downloaded since. \`new\` leaves out
what was there before and only became visible, and a first load.`,
    sql: `WITH last_day AS (
  SELECT max(day) AS day FROM report.coverage WHERE covered
)
SELECT added.day, added.name, added.version, sum(daily.downloads) AS downloads
FROM report.changes AS added
JOIN last_day ON added.day > last_day.day - 7
LEFT JOIN report.daily_downloads AS daily ON daily.artifact_id = added.artifact_id
WHERE added.change = 'added' AND (added.details ->> 'new')::boolean
GROUP BY added.day, added.name, added.version, added.artifact_id
ORDER BY downloads DESC NULLS LAST, added.name
LIMIT 5;`,
  },
  {
    title: 'Which days can I trust?',
    text: `All that are covered. The others have no daily rows, and this is why: how the runs of that day ended, or that there was
none.`,
    sql: `SELECT
  coverage.day,
  coverage.organization,
  coalesce(string_agg(run.state, ', ' ORDER BY run.run_id), 'no run') AS runs
FROM report.coverage AS coverage
LEFT JOIN report.run_history AS run
  ON run.kind = coverage.kind AND run.organization = coverage.organization AND run.day = coverage.day
WHERE NOT coverage.covered
GROUP BY coverage.kind, coverage.organization, coverage.day
ORDER BY coverage.day, coverage.organization;`,
  },
];
