-- The views of schema report that tell what moved, what changed and what failed (design section 5).

-- Built on the daily rows: of those of one artifact, in run order, the sums go on, and so the downloads between any two of
-- them are a difference. What is joined to daily rows is small and joined by equality; where a value on a given day is
-- wanted, daily rows and wanted days are put on top of each other and meet in a window. Joins behind the windows of
-- daily_downloads were planned for a handful of rows.
CREATE VIEW report.movers AS
WITH cover AS (
  -- As in daily_downloads: the run that covers a day is its last complete one. Guests are covered only by runs with
  -- include_public.
  SELECT kind, organization, day, max(id) AS run_id, max(id) FILTER (WHERE include_public) AS guest_run_id
  FROM mirror.runs
  WHERE state IN ('certified', 'held')
  GROUP BY kind, organization, day
), bound AS (
  -- The days between which is counted: the last covered one, and the last ones at or before 7, 14, 28 and 56 days earlier.
  SELECT bound.*, run.started_at
  FROM (
    SELECT kind, organization, guests, back, max(day) AS day, (array_agg(run_id ORDER BY day DESC))[1] AS run_id
    FROM (
      SELECT *, max(day) OVER (PARTITION BY kind, organization, guests) AS last_day
      FROM (
        SELECT kind, organization, false AS guests, day, run_id FROM cover
        UNION ALL
        SELECT kind, organization, true, day, guest_run_id FROM cover WHERE guest_run_id IS NOT NULL
      ) AS listing
    ) AS covered
    CROSS JOIN (VALUES (0), (7), (14), (28), (56)) AS distance (back)
    WHERE day <= last_day - back
    GROUP BY kind, organization, guests, back
  ) AS bound
  JOIN mirror.runs AS run ON run.id = bound.run_id
), version AS (
  -- The versions of every model that has a current one; the newest of those says who mirrors the model, as in report.models.
  SELECT *
  FROM (
    SELECT
      kind,
      owner,
      name,
      id AS artifact_id,
      created_at,
      first_run_id,
      ended_at IS NOT NULL AS ended,
      bool_or(ended_at IS NULL) OVER model AS has_current,
      first_value(mirrored_by) OVER (model ORDER BY ended_at IS NOT NULL, created_at DESC, id DESC) AS organization
    FROM mirror.artifacts
    WINDOW model AS (PARTITION BY kind, owner, name)
  ) AS artifact
  WHERE has_current
), progress AS (
  -- What an artifact has counted up to each of its daily rows, and how many of those are unknown.
  SELECT
    artifact_id,
    day,
    run_id,
    sum(downloads) OVER so_far AS counted,
    count(*) FILTER (WHERE downloads IS NULL) OVER so_far AS unknown,
    lead(run_id) OVER so_far IS NULL AS is_last
  FROM (
    SELECT
      daily.artifact_id,
      daily.day,
      daily.downloads,
      coalesce(CASE WHEN daily.owner <> daily.organization THEN cover.guest_run_id END, cover.run_id) AS run_id
    FROM report.daily_downloads AS daily
    JOIN cover ON cover.kind = daily.kind AND cover.organization = daily.organization AND cover.day = daily.day
  ) AS row_in_run_order
  WINDOW so_far AS (PARTITION BY artifact_id ORDER BY run_id)
), entry AS (
  SELECT
    version.artifact_id,
    bound.day,
    version.kind,
    version.organization,
    version.owner,
    version.name,
    version.created_at,
    version.first_run_id,
    version.ended,
    coalesce(bound.back, 0) AS back,
    bound.run_id,
    bound.started_at,
    NULL::bigint AS row_run_id,
    NULL::numeric AS counted,
    NULL::bigint AS unknown,
    false AS is_last
  FROM version
  LEFT JOIN bound
    ON bound.kind = version.kind
    AND bound.organization = version.organization
    AND bound.guests = (version.owner <> version.organization)
  UNION ALL
  SELECT
    artifact_id, day, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    run_id, coalesce(counted, 0), unknown, is_last
  FROM progress
  WHERE is_last OR day IN (SELECT day FROM bound)
), mark AS (
  -- Each version on each of its model's days: what it had counted by its daily row of that day, and by its last one.
  SELECT
    entry.*,
    max(row_run_id) OVER that_day AS day_run_id,
    max(counted) OVER that_day AS day_counted,
    max(unknown) OVER that_day AS day_unknown,
    coalesce(max(row_run_id) FILTER (WHERE is_last) OVER ever, 0) AS last_run_id,
    coalesce(max(counted) FILTER (WHERE is_last) OVER ever, 0) AS last_counted,
    coalesce(max(unknown) FILTER (WHERE is_last) OVER ever, 0) AS last_unknown
  FROM entry
  WINDOW ever AS (PARTITION BY artifact_id), that_day AS (PARTITION BY artifact_id, day)
), side AS (
  -- Both ends of each window. A version that has no row on the day: one that has ended stands where its last row left it,
  -- one that had not come stands at zero, and one that was created after the window's first day began there at zero.
  SELECT
    mark.kind,
    mark.organization,
    mark.owner,
    mark.name,
    mark.artifact_id,
    span.window_days,
    span.before,
    span.is_end,
    mark.run_id,
    mark.first_run_id,
    mark.created_at > mark.started_at AS created_since,
    mark.day_run_id,
    CASE
      WHEN mark.day_run_id IS NOT NULL THEN mark.day_counted
      WHEN mark.ended AND mark.last_run_id <= mark.run_id THEN mark.last_counted
    END AS counted,
    CASE
      WHEN mark.day_run_id IS NOT NULL THEN mark.day_unknown
      WHEN mark.ended AND mark.last_run_id <= mark.run_id THEN mark.last_unknown
    END AS unknown
  FROM mark
  JOIN (
    VALUES
      (0, 7, false, true), (7, 7, false, false), (7, 7, true, true), (14, 7, true, false),
      (0, 28, false, true), (28, 28, false, false), (28, 28, true, true), (56, 28, true, false)
  ) AS span (back, window_days, before, is_end) ON span.back = mark.back
), version_window AS (
  SELECT
    kind,
    organization,
    owner,
    name,
    window_days,
    before,
    end_row_run_id IS NOT NULL AS has_end_row,
    CASE
      -- Nothing is covered between two days that are one, or that runs of another time zone covered the other way round.
      WHEN start_run_id IS NULL OR end_run_id <= start_run_id OR end_row_run_id < start_row_run_id THEN NULL
      WHEN end_counted IS NULL AND first_run_id > end_run_id THEN 0
      WHEN start_counted IS NULL AND created_since AND first_run_id > start_run_id AND end_unknown = 0 THEN end_counted
      WHEN start_unknown = end_unknown THEN end_counted - start_counted
    END AS downloads
  FROM (
    SELECT
      kind,
      organization,
      owner,
      name,
      window_days,
      before,
      min(first_run_id) AS first_run_id,
      bool_or(created_since) FILTER (WHERE NOT is_end) AS created_since,
      max(run_id) FILTER (WHERE NOT is_end) AS start_run_id,
      max(day_run_id) FILTER (WHERE NOT is_end) AS start_row_run_id,
      max(counted) FILTER (WHERE NOT is_end) AS start_counted,
      max(unknown) FILTER (WHERE NOT is_end) AS start_unknown,
      max(run_id) FILTER (WHERE is_end) AS end_run_id,
      max(day_run_id) FILTER (WHERE is_end) AS end_row_run_id,
      max(counted) FILTER (WHERE is_end) AS end_counted,
      max(unknown) FILTER (WHERE is_end) AS end_unknown
    FROM side
    GROUP BY artifact_id, kind, organization, owner, name, window_days, before
  ) AS both_sides
), model_window AS (
  SELECT
    kind,
    organization,
    owner,
    name,
    window_days,
    before,
    CASE WHEN bool_or(has_end_row) AND bool_and(downloads IS NOT NULL) THEN sum(downloads) END AS downloads
  FROM version_window
  GROUP BY kind, organization, owner, name, window_days, before
)
SELECT
  kind,
  organization,
  owner,
  name,
  window_days,
  max(downloads) FILTER (WHERE NOT before) AS downloads,
  max(downloads) FILTER (WHERE before) AS previous_downloads,
  max(downloads) FILTER (WHERE NOT before) - max(downloads) FILTER (WHERE before) AS change
FROM model_window
GROUP BY kind, organization, owner, name, window_days;
--> statement-breakpoint
CREATE VIEW report.changes AS
WITH run AS (
  SELECT
    id,
    kind,
    organization,
    day,
    max(id) FILTER (WHERE state IN ('certified', 'held')) OVER before AS before_id,
    max(id) FILTER (WHERE state IN ('certified', 'held') AND include_public) OVER before AS before_with_guests_id
  FROM mirror.runs
  WINDOW before AS (
    PARTITION BY kind, organization ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
)
SELECT
  event.at,
  event.day,
  artifact.kind,
  CASE
    WHEN event.run_id IS NOT NULL THEN run.organization
    -- A person retired whoever spoke for it then: the organization of its last observation before.
    ELSE (
      SELECT speaker.organization
      FROM mirror.download_observations AS observation
      JOIN mirror.runs AS speaker ON speaker.id = observation.run_id
      WHERE observation.artifact_id = event.artifact_id AND observation.run_id < event.run_order
      ORDER BY observation.run_id DESC
      LIMIT 1
    )
  END AS organization,
  event.artifact_id,
  artifact.name,
  artifact.version,
  event.event AS change,
  event.changes AS details
FROM mirror.artifact_events AS event
JOIN mirror.artifacts AS artifact ON artifact.id = event.artifact_id
LEFT JOIN mirror.runs AS run ON run.id = event.run_id
UNION ALL
SELECT
  artifact.first_seen_at,
  run.day,
  artifact.kind,
  run.organization,
  artifact.id,
  artifact.name,
  artifact.version,
  'added',
  jsonb_build_object(
    'created_at', to_char(artifact.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'new', coalesce(artifact.created_at > before.started_at, false)
  )
FROM mirror.artifacts AS artifact
JOIN run ON run.id = artifact.first_run_id
LEFT JOIN mirror.runs AS before
  ON before.id = CASE WHEN artifact.owner = run.organization THEN run.before_id ELSE run.before_with_guests_id END;
--> statement-breakpoint
-- Where no run met a letter last, its day is taken as its organization's last run would take it.
CREATE VIEW report.failures AS
SELECT
  coalesce(run.day, (letter.last_failed_at AT TIME ZONE coalesce(last_run.time_zone, 'UTC'))::date) AS day,
  letter.kind,
  letter.organization,
  letter.error_class,
  letter.error_type,
  letter.level,
  count(*) AS letters,
  sum(letter.occurrences) AS occurrences,
  count(*) FILTER (WHERE letter.state = 'open') AS open
FROM mirror.dead_letters AS letter
LEFT JOIN mirror.runs AS run ON run.id = letter.run_id
LEFT JOIN (
  SELECT DISTINCT ON (kind, organization) kind, organization, time_zone
  FROM mirror.runs
  ORDER BY kind, organization, id DESC
) AS last_run ON last_run.kind = letter.kind AND last_run.organization = letter.organization
GROUP BY 1, letter.kind, letter.organization, letter.error_class, letter.error_type, letter.level;
--> statement-breakpoint
COMMENT ON VIEW report.movers IS
  'How much each model was downloaded in its last 7 and 28 days, and how that compares with as many days before: two rows for each row of report.models. A window ends on the last covered day of the organization that mirrors the model, and begins on its last covered day at or before 7 or 28 days earlier (so it is longer where that day is not covered); for models of other owners only runs with include_public cover a day. Downloads are the counter on the last day less that on the first, which is the sum of the rows of daily_downloads between, added up over the versions: a version that has ended counts up to its last row, and one that came after the first day and was created since counts from zero. They are null, never a guess, where the part of any version is unknown: its counter fell in between, it is current but has no row on the last day, it has none on the first day although it was there, or it was there before and is new to the mirror.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.organization IS
  'The organization that mirrors the newest current version, as in report.models. Its covered days bound the windows.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.owner IS
  'The part of the name before its first slash; where it has none, the organization that listed the artifact.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.name IS
  'The name that the versions share.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.window_days IS
  'How long the window is meant to be: 7 or 28.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.downloads IS
  'Downloads from the first to the last day of the window. Null where that cannot be known: no day at or before the window''s start is covered, the first or the last value is missing, or a reset or a baseline lies between.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.previous_downloads IS
  'The same for the window before: it ends where this one begins, and begins on the last covered day at or before 14 or 56 days before the last. Null under the same conditions, and where no further day is covered in it, or no version had a value on its last day: what is new has nothing to be compared with.';
--> statement-breakpoint
COMMENT ON COLUMN report.movers.change IS
  'downloads less previous_downloads. Null where either is.';
--> statement-breakpoint
COMMENT ON VIEW report.changes IS
  'What happened to artifacts, one row each: every arrival, and everything in artifact_events. A first load is a row added for each artifact.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.at IS
  'When it was written, by the clock of the process; for added, when the page arrived that showed it first.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.day IS
  'The day of its run in the time zone of the run''s organization; for out_of_scope, the day on which the person decided.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.organization IS
  'Whose run found it out; for out_of_scope, the organization that was retired.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.artifact_id IS
  'The artifact''s id in the catalog.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.name IS
  'Its name today.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.version IS
  'Its version today.';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.change IS
  'added (seen for the first time), changed (fields other than the counter), superseded, withdrawn, out_of_scope (it ended: another version took its place, it is gone, or a person retired the organization), restored (it had ended and is listed again), absent (proved gone, but the removal waits for a person), returned (it was absent and is listed again).';
--> statement-breakpoint
COMMENT ON COLUMN report.changes.details IS
  'For changed: {field: [before, after]} for each field that differs. For added: created_at, and new, which is true where the artifact was created after the start of the complete run before the one that first saw it; false where it was there before, as in a first load. Null for all others.';
--> statement-breakpoint
COMMENT ON VIEW report.failures IS
  'The dead letters counted: one row for each day, organization, kind of listing, class, type and level.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.day IS
  'The day of the run that met the letter last. Where no run did, the day on which it last failed, in the time zone of the organization''s last run, or UTC where it has none.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.organization IS
  'Whose listing was read.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.error_class IS
  'The class of the failure, such as timeout or invalid_record.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.error_type IS
  'The catalog''s own name for the error, as it came. Null where it gave none.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.level IS
  'What failed: the organization (nothing could be read), a page, or a record on a page.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.letters IS
  'How many letters there are: different failures. One that was met on several days counts on its last day only.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.occurrences IS
  'In how many runs or places they were met, those of earlier days included.';
--> statement-breakpoint
COMMENT ON COLUMN report.failures.open IS
  'How many of the letters are open.';
