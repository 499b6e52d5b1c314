-- The views of schema report that analysts build on (design section 5). Their columns are documented in 0003_comments.

-- One row for every day of a listing, from its first run to its last.
CREATE VIEW report.coverage AS
WITH span AS (
  SELECT kind, organization, min(day) AS first_day, max(day) AS last_day
  FROM mirror.runs
  GROUP BY kind, organization
), complete AS (
  SELECT kind, organization, day, max(id) AS run_id
  FROM mirror.runs
  WHERE state IN ('certified', 'held')
  GROUP BY kind, organization, day
)
SELECT
  span.kind,
  span.organization,
  calendar.day::date AS day,
  complete.run_id IS NOT NULL AS covered,
  complete.run_id
FROM span
CROSS JOIN LATERAL generate_series(span.first_day::timestamp, span.last_day::timestamp, interval '1 day') AS calendar (day)
LEFT JOIN complete
  ON complete.kind = span.kind AND complete.organization = span.organization AND complete.day = calendar.day::date;
--> statement-breakpoint
CREATE VIEW report.artifacts AS
SELECT
  kind,
  mirrored_by AS organization,
  owner,
  id AS artifact_id,
  name,
  version,
  framework,
  is_public,
  download_count,
  origin,
  extra,
  created_at,
  first_seen_at,
  changed_at,
  absent_since
FROM mirror.artifacts
WHERE ended_at IS NULL;
--> statement-breakpoint
CREATE VIEW report.models AS
SELECT
  kind,
  (array_agg(mirrored_by ORDER BY created_at DESC, id DESC) FILTER (WHERE ended_at IS NULL))[1] AS organization,
  (array_agg(owner ORDER BY created_at DESC, id DESC) FILTER (WHERE ended_at IS NULL))[1] AS owner,
  name,
  (array_agg(version ORDER BY created_at DESC, id DESC) FILTER (WHERE ended_at IS NULL))[1] AS version,
  count(*) FILTER (WHERE ended_at IS NULL) AS versions,
  count(*) FILTER (WHERE ended_at IS NOT NULL) AS ended_versions,
  sum(download_count) FILTER (WHERE ended_at IS NULL) AS download_count,
  sum(download_count) AS download_count_of_all_versions,
  bool_or(is_public) FILTER (WHERE ended_at IS NULL) AS is_public,
  min(created_at) AS first_created_at,
  max(created_at) FILTER (WHERE ended_at IS NULL) AS created_at
FROM mirror.artifacts
GROUP BY kind, name
HAVING count(*) FILTER (WHERE ended_at IS NULL) > 0;
--> statement-breakpoint
CREATE VIEW report.daily_downloads AS
WITH complete AS (
  SELECT id, kind, organization, include_public, day, started_at
  FROM mirror.runs
  WHERE state IN ('certified', 'held')
), cover AS (
  -- The run that covers a day is its last complete one. Guests are covered only by runs with include_public.
  SELECT kind, organization, day, false AS guests, max(id) AS run_id
  FROM complete
  GROUP BY kind, organization, day
  UNION ALL
  SELECT kind, organization, day, true, max(id)
  FROM complete
  WHERE include_public
  GROUP BY kind, organization, day
), known AS (
  -- Falls are looked for between known counters only: one that cannot be read hides no reset.
  SELECT
    artifact_id,
    run_id,
    (download_count < lag(download_count) OVER (PARTITION BY artifact_id ORDER BY run_id))::integer AS fell
  FROM mirror.download_observations
  WHERE download_count IS NOT NULL
), reading AS (
  -- An observation holds until the artifact's next one, in run order.
  SELECT
    observation.artifact_id,
    observation.run_id,
    observation.download_count,
    speaker.kind,
    speaker.organization,
    artifact.owner,
    artifact.name,
    artifact.version,
    artifact.created_at,
    artifact.owner <> speaker.organization AS guest,
    lead(observation.run_id) OVER in_run_order AS next_run_id,
    min(observation.run_id) OVER (PARTITION BY observation.artifact_id) AS first_run_id,
    coalesce(sum(known.fell) OVER in_run_order, 0) AS falls
  FROM mirror.download_observations AS observation
  JOIN mirror.artifacts AS artifact ON artifact.id = observation.artifact_id
  JOIN mirror.runs AS speaker ON speaker.id = observation.run_id
  LEFT JOIN known ON known.artifact_id = observation.artifact_id AND known.run_id = observation.run_id
  WINDOW in_run_order AS (PARTITION BY observation.artifact_id ORDER BY observation.run_id)
), gone AS (
  -- The stretches, in run order, in which an artifact had ended or was proved absent.
  SELECT
    ending.artifact_id,
    ending.run_order AS from_run_id,
    (
      SELECT min(back.run_order)
      FROM mirror.artifact_events AS back
      WHERE back.artifact_id = ending.artifact_id
        AND back.event IN ('restored', 'returned')
        AND back.run_order > ending.run_order
    ) AS until_run_id
  FROM mirror.artifact_events AS ending
  WHERE ending.event IN ('superseded', 'withdrawn', 'out_of_scope', 'absent')
), daily AS (
  -- One row an artifact and day: where two organizations covered it, the later run in run order speaks.
  SELECT DISTINCT ON (reading.artifact_id, cover.day)
    reading.kind,
    reading.organization,
    reading.owner,
    reading.artifact_id,
    reading.name,
    reading.version,
    reading.created_at,
    reading.guest,
    reading.first_run_id,
    cover.day,
    cover.run_id AS cover_run_id,
    reading.download_count,
    reading.falls
  FROM reading
  JOIN cover
    ON cover.kind = reading.kind
    AND cover.organization = reading.organization
    AND cover.guests = reading.guest
    AND cover.run_id >= reading.run_id
    AND (reading.next_run_id IS NULL OR cover.run_id < reading.next_run_id)
  WHERE reading.download_count IS NOT NULL
    AND NOT EXISTS (
      SELECT FROM gone
      WHERE gone.artifact_id = reading.artifact_id
        AND gone.from_run_id <= cover.run_id
        AND (gone.until_run_id IS NULL OR cover.run_id < gone.until_run_id)
    )
  ORDER BY reading.artifact_id, cover.day, cover.run_id DESC
), paired AS (
  SELECT
    daily.*,
    lag(day) OVER by_day AS previous_day,
    lag(download_count) OVER by_day AS previous_count,
    lag(falls) OVER by_day AS previous_falls
  FROM daily
  WINDOW by_day AS (PARTITION BY artifact_id ORDER BY day)
)
SELECT
  paired.kind,
  paired.organization,
  paired.owner,
  paired.artifact_id,
  paired.name,
  paired.version,
  paired.day,
  CASE
    WHEN paired.previous_day IS NOT NULL AND paired.falls = paired.previous_falls
      THEN paired.download_count - paired.previous_count
    WHEN paired.previous_day IS NULL AND paired.falls = 0 AND arrival.day IS NOT NULL
      THEN paired.download_count
  END AS downloads,
  CASE
    WHEN paired.previous_day IS NOT NULL THEN paired.day - paired.previous_day
    WHEN arrival.day IS NOT NULL THEN greatest(paired.day - arrival.day, 1)
  END AS days_covered,
  CASE
    WHEN paired.previous_day IS NOT NULL THEN paired.falls > paired.previous_falls
    ELSE arrival.day IS NOT NULL AND paired.falls > 0
  END AS reset
FROM paired
-- Set where the artifact is new: created after the start of the complete run before the one that first observed it.
LEFT JOIN LATERAL (
  SELECT before.day
  FROM (
    SELECT complete.day, complete.started_at
    FROM mirror.runs AS first_run
    JOIN complete
      ON complete.kind = first_run.kind
      AND complete.organization = first_run.organization
      AND complete.id < first_run.id
      AND (complete.include_public OR first_run.organization = paired.owner)
    WHERE first_run.id = paired.first_run_id
    ORDER BY complete.id DESC
    LIMIT 1
  ) AS before
  WHERE paired.created_at > before.started_at
) AS arrival ON paired.previous_day IS NULL;
--> statement-breakpoint
CREATE VIEW report.organization_daily_downloads AS
SELECT
  kind,
  organization,
  owner,
  day,
  sum(downloads) AS downloads,
  count(*) AS artifacts,
  count(*) FILTER (WHERE reset) AS resets
FROM report.daily_downloads
GROUP BY kind, organization, owner, day;
--> statement-breakpoint
CREATE VIEW report.run_history AS
SELECT
  id AS run_id,
  kind,
  organization,
  day,
  state,
  state = 'certified' AS certified,
  trigger,
  include_public,
  started_at,
  finished_at,
  extract(epoch FROM finished_at - started_at)::double precision AS duration_seconds,
  total,
  listed,
  pages,
  passes,
  extra_reads,
  requests,
  retries,
  added,
  changed,
  counted,
  superseded,
  withdrawn,
  restored,
  unproved,
  letters,
  error_class,
  error,
  time_zone
FROM mirror.runs;
