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
-- By owner too: a bare name belongs to the organization that listed it, and two of them may have one of the same name.
CREATE VIEW report.models AS
SELECT
  kind,
  (array_agg(mirrored_by ORDER BY created_at DESC, id DESC) FILTER (WHERE ended_at IS NULL))[1] AS organization,
  owner,
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
GROUP BY kind, owner, name
HAVING count(*) FILTER (WHERE ended_at IS NULL) > 0;
--> statement-breakpoint
-- All joins are by equality, and between tables whose size PostgreSQL can guess; what depends on the order of runs is found
-- by windows. A join by range had every observation meet every run of its organization: 1.5 s instead of 0.5 s for 2,000
-- artifacts over 28 days, and it grew with the square of the days. Joins after the windows were planned for three rows.
CREATE VIEW report.daily_downloads AS
WITH run AS (
  SELECT
    id,
    kind,
    organization,
    include_public,
    day,
    started_at,
    state IN ('certified', 'held') AS complete,
    -- The complete run before this one: for the organization's own artifacts, and for guests.
    max(id) FILTER (WHERE state IN ('certified', 'held')) OVER before AS before_id,
    max(id) FILTER (WHERE state IN ('certified', 'held') AND include_public) OVER before AS before_with_guests_id
  FROM mirror.runs
  WINDOW before AS (
    PARTITION BY kind, organization ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
), cover AS (
  -- The run that covers a day is its last complete one. Guests are covered only by runs with include_public.
  SELECT kind, organization, day, false AS guests, max(id) AS run_id
  FROM run
  WHERE complete
  GROUP BY kind, organization, day
  UNION ALL
  SELECT kind, organization, day, true, max(id)
  FROM run
  WHERE complete AND include_public
  GROUP BY kind, organization, day
), ownership AS (
  -- Who owned an artifact over which stretch of runs; from_run_id is null for the first stretch, until_run_id (the first
  -- run that no longer belongs to it) for the last. An owner who comes later turns no earlier day into a guest's.
  SELECT
    artifact_id,
    owner,
    first_value(owner) OVER in_run_order AS first_owner,
    lag(until_run_id) OVER in_run_order AS from_run_id,
    until_run_id
  FROM (
    SELECT id AS artifact_id, owner, NULL::bigint AS until_run_id
    FROM mirror.artifacts
    UNION ALL
    SELECT artifact_id, changes #>> '{owner,0}', run_order
    FROM mirror.artifact_events
    WHERE event = 'changed' AND changes ? 'owner'
  ) AS each_owner
  WINDOW in_run_order AS (PARTITION BY artifact_id ORDER BY until_run_id NULLS LAST)
), gone AS (
  -- The runs for which an artifact had ended or was proved absent. Events follow each other by id: out_of_scope stands
  -- before a run, and that run may be the one that restores.
  SELECT
    artifact_id,
    range_agg(int8range(from_run_id, CASE WHEN until_run_id < from_run_id THEN from_run_id ELSE until_run_id END)) AS runs
  FROM (
    SELECT
      artifact_id,
      event,
      run_order AS from_run_id,
      min(run_order) FILTER (WHERE event IN ('restored', 'returned')) OVER later AS until_run_id
    FROM mirror.artifact_events
    WHERE event <> 'changed'
    WINDOW later AS (PARTITION BY artifact_id ORDER BY id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
  ) AS ending
  WHERE event IN ('superseded', 'withdrawn', 'out_of_scope', 'absent')
  GROUP BY artifact_id
), reading AS (
  -- An observation holds until the artifact's next one, in run order. Falls, counted up from the first observation, are
  -- looked for between known counters only: one that cannot be read hides no reset.
  SELECT
    artifact_id,
    run_id,
    first_run_id,
    next_run_id,
    download_count,
    coalesce(sum(fell) OVER (PARTITION BY artifact_id ORDER BY run_id), 0) AS falls
  FROM (
    SELECT
      artifact_id,
      run_id,
      first_run_id,
      next_run_id,
      download_count,
      (download_count < lag(download_count) OVER (PARTITION BY artifact_id ORDER BY run_id))::integer AS fell
    FROM (
      SELECT
        artifact_id,
        run_id,
        first_value(run_id) OVER in_run_order AS first_run_id,
        lead(run_id) OVER in_run_order AS next_run_id,
        download_count
      FROM mirror.download_observations
      WINDOW in_run_order AS (PARTITION BY artifact_id ORDER BY run_id)
    ) AS observation
    WHERE download_count IS NOT NULL
  ) AS known
), spoken AS (
  -- The same, split where the owner changed: who speaks, and whether for a guest; and what holds for all of an artifact.
  SELECT
    reading.artifact_id,
    reading.download_count,
    reading.falls,
    speaker.kind,
    speaker.organization,
    ownership.owner <> speaker.organization AS guest,
    greatest(reading.run_id, ownership.from_run_id) AS from_run_id,
    least(reading.next_run_id, ownership.until_run_id) AS until_run_id,
    -- Set where it is new: created after the start of the complete run before the one that first observed it.
    CASE WHEN artifact.created_at > before.started_at THEN before.day END AS new_since,
    gone.runs AS gone
  FROM reading
  JOIN run AS speaker ON speaker.id = reading.run_id
  JOIN mirror.artifacts AS artifact ON artifact.id = reading.artifact_id
  JOIN ownership
    ON ownership.artifact_id = reading.artifact_id
    AND (ownership.until_run_id IS NULL OR ownership.until_run_id > reading.run_id)
    AND (ownership.from_run_id IS NULL OR reading.next_run_id IS NULL OR ownership.from_run_id < reading.next_run_id)
  JOIN run AS observer ON observer.id = reading.first_run_id
  LEFT JOIN run AS before
    ON before.id = CASE
      WHEN ownership.first_owner = observer.organization THEN observer.before_id
      ELSE observer.before_with_guests_id
    END
  LEFT JOIN gone ON gone.artifact_id = reading.artifact_id
), timeline AS (
  -- Observations, and the runs that cover the days of whoever ever spoke: in run order, each run stands behind the
  -- observation that held when it ended.
  SELECT
    *,
    count(download_count) OVER (PARTITION BY artifact_id ORDER BY run_id) AS place
  FROM (
    SELECT
      artifact_id, from_run_id AS run_id, NULL::date AS day, kind, organization, guest, download_count, falls,
      until_run_id, new_since, gone
    FROM spoken
    UNION ALL
    SELECT
      speaker.artifact_id, cover.run_id, cover.day, cover.kind, cover.organization, cover.guests, NULL, NULL,
      NULL, NULL, NULL
    FROM (SELECT DISTINCT artifact_id, kind, organization, guest FROM spoken) AS speaker
    JOIN cover
      ON cover.kind = speaker.kind AND cover.organization = speaker.organization AND cover.guests = speaker.guest
  ) AS entry
), known AS (
  SELECT
    artifact_id,
    run_id,
    day,
    kind,
    organization,
    first_value(download_count) OVER here AS download_count,
    first_value(falls) OVER here AS falls,
    first_value(new_since) OVER here AS new_since,
    -- Whether the observation is that of the run's own organization, and holds until this run.
    first_value(organization) OVER here = organization
      AND first_value(guest) OVER here = guest
      AND coalesce(run_id < first_value(until_run_id) OVER here, true)
      AND NOT coalesce(first_value(gone) OVER here @> run_id, false) AS holds
  FROM timeline
  WHERE place > 0
  WINDOW here AS (PARTITION BY artifact_id, place ORDER BY run_id, day NULLS FIRST)
), daily AS (
  -- One row an artifact and day: where two organizations covered it, the later run in run order speaks.
  SELECT DISTINCT ON (artifact_id, day) *
  FROM known
  WHERE day IS NOT NULL AND holds
  ORDER BY artifact_id, day, run_id DESC
), paired AS (
  -- "Before" is run order: a change of time zone or of the speaker can lead to a day before that of an earlier run.
  SELECT
    daily.*,
    lag(download_count) OVER before AS previous_count,
    lag(falls) OVER before AS previous_falls,
    max(day) OVER (before ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_day
  FROM daily
  WINDOW before AS (PARTITION BY artifact_id ORDER BY run_id)
)
SELECT
  paired.kind,
  paired.organization,
  artifact.owner,
  paired.artifact_id,
  artifact.name,
  artifact.version,
  paired.day,
  CASE
    WHEN paired.previous_day IS NOT NULL AND paired.falls = paired.previous_falls
      THEN paired.download_count - paired.previous_count
    WHEN paired.previous_day IS NULL AND paired.falls = 0 AND paired.new_since IS NOT NULL
      THEN paired.download_count
  END AS downloads,
  -- At least 1, also where both lie on one day or the earlier run on the later day.
  CASE
    WHEN paired.previous_day IS NOT NULL OR paired.new_since IS NOT NULL
      THEN greatest(paired.day - coalesce(paired.previous_day, paired.new_since), 1)
  END AS days_covered,
  CASE
    WHEN paired.previous_day IS NOT NULL THEN paired.falls > paired.previous_falls
    ELSE paired.new_since IS NOT NULL AND paired.falls > 0
  END AS reset
FROM paired
JOIN mirror.artifacts AS artifact ON artifact.id = paired.artifact_id;
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
