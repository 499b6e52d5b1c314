-- The views of schema report that tell what moved, what changed and what failed (design section 5).

-- What lies between two daily rows of an artifact is the difference of their counters, unless a row between is not known.
-- So no more is read than the rows of the days that windows begin and end on, and the rows that are not known. Adding up all
-- daily rows took 9 s for 100,000 artifacts over 30 nights.
CREATE VIEW report.movers AS
WITH bound AS (
  -- The days between which is counted: the last covered one, and the last ones at or before 7, 14, 28 and 56 days earlier.
  SELECT last.kind, last.organization, last.guests, distance.back, cover.day, cover.run_id, run.started_at
  FROM (
    SELECT kind, organization, guests, max(day) AS day FROM mirror.covers GROUP BY kind, organization, guests
  ) AS last
  CROSS JOIN (VALUES (0), (7), (14), (28), (56)) AS distance (back)
  CROSS JOIN LATERAL (
    SELECT each.day, each.run_id
    FROM mirror.covers AS each
    WHERE each.kind = last.kind AND each.organization = last.organization AND each.guests = last.guests
      AND each.day <= last.day - distance.back
    ORDER BY each.day DESC
    LIMIT 1
  ) AS cover
  JOIN mirror.runs AS run ON run.id = cover.run_id
), listing AS MATERIALIZED (
  SELECT
    kind,
    organization,
    guests,
    max(day) FILTER (WHERE back = 0) AS day_0,
    max(day) FILTER (WHERE back = 7) AS day_7,
    max(day) FILTER (WHERE back = 14) AS day_14,
    max(day) FILTER (WHERE back = 28) AS day_28,
    max(day) FILTER (WHERE back = 56) AS day_56,
    max(run_id) FILTER (WHERE back = 0) AS run_0,
    max(run_id) FILTER (WHERE back = 7) AS run_7,
    max(run_id) FILTER (WHERE back = 14) AS run_14,
    max(run_id) FILTER (WHERE back = 28) AS run_28,
    max(run_id) FILTER (WHERE back = 56) AS run_56,
    max(started_at) FILTER (WHERE back = 7) AS started_7,
    max(started_at) FILTER (WHERE back = 14) AS started_14,
    max(started_at) FILTER (WHERE back = 28) AS started_28,
    max(started_at) FILTER (WHERE back = 56) AS started_56
  FROM bound
  GROUP BY kind, organization, guests
), cover AS MATERIALIZED (
  -- Whoever covered one of these days: an artifact's row may be of the organization that spoke for it before.
  SELECT each.*
  FROM (SELECT DISTINCT kind, day FROM bound) AS wanted
  JOIN mirror.covers AS each USING (kind, day)
), version AS MATERIALIZED (
  -- The versions of every model that has a current one; the newest of those says who mirrors the model, as in report.models.
  SELECT
    artifact.artifact_id,
    artifact.kind,
    artifact.organization,
    artifact.owner,
    artifact.name,
    artifact.first_run_id,
    artifact.has_baseline,
    artifact.ended,
    listing.day_0, listing.day_7, listing.day_14, listing.day_28, listing.day_56,
    listing.run_0, listing.run_7, listing.run_14, listing.run_28, listing.run_56,
    artifact.created_at > listing.started_7 AND artifact.first_run_id > listing.run_7 AS came_since_7,
    artifact.created_at > listing.started_14 AND artifact.first_run_id > listing.run_14 AS came_since_14,
    artifact.created_at > listing.started_28 AND artifact.first_run_id > listing.run_28 AS came_since_28,
    artifact.created_at > listing.started_56 AND artifact.first_run_id > listing.run_56 AS came_since_56
  FROM (
    SELECT
      kind,
      owner,
      name,
      id AS artifact_id,
      created_at,
      first_run_id,
      baseline_cover_id IS NOT NULL AS has_baseline,
      ended_at IS NOT NULL AS ended,
      first_value(ended_at) OVER newest_first IS NULL AS has_current,
      first_value(mirrored_by) OVER newest_first AS organization
    FROM mirror.artifacts
    WINDOW newest_first AS (
      -- By name first, which tells most of them apart: a sort compares in this order.
      PARTITION BY name, owner, kind ORDER BY ended_at IS NOT NULL, created_at DESC, id DESC
    )
  ) AS artifact
  LEFT JOIN listing
    ON listing.kind = artifact.kind
    AND listing.organization = artifact.organization
    AND listing.guests = (artifact.owner <> artifact.organization)
  WHERE has_current
), daily AS (
  -- The daily rows of these days, as in daily_downloads, and the counters of those days.
  SELECT step.artifact_id, cover.day, cover.run_id, step.download_count
  FROM cover
  JOIN mirror.daily_steps AS step ON step.cover_id = cover.id
  UNION ALL
  SELECT lull.artifact_id, cover.day, cover.run_id, lull.download_count
  FROM cover
  JOIN mirror.daily_lulls AS lull
    ON lull.organization = cover.organization AND lull.kind = cover.kind AND lull.guests = cover.guests
    AND lull.before_cover_id > cover.id AND lull.after_cover_id < cover.id
  UNION ALL
  SELECT
    artifact.id,
    cover.day,
    cover.run_id,
    -- As mirror.count_of_lull has it; a function would be called with the rights of whoever reads.
    CASE WHEN artifact.id IN (SELECT stale.artifact_id FROM mirror.daily_stale AS stale) THEN (
      SELECT observation.download_count
      FROM mirror.download_observations AS observation
      WHERE observation.artifact_id = artifact.id AND observation.run_id <= cover.run_id
        AND observation.download_count IS NOT NULL
      ORDER BY observation.run_id DESC
      LIMIT 1
    ) ELSE artifact.download_count END
  FROM cover
  JOIN mirror.artifacts AS artifact
    ON artifact.mirrored_by = cover.organization AND artifact.kind = cover.kind
    AND (artifact.owner <> artifact.mirrored_by) = cover.guests AND artifact.lull_after_cover_id < cover.id
  WHERE artifact.ended_at IS NULL
), placed AS (
  SELECT
    version.artifact_id,
    max(daily.run_id) FILTER (WHERE daily.day = version.day_0) AS row_0,
    max(daily.run_id) FILTER (WHERE daily.day = version.day_7) AS row_7,
    max(daily.run_id) FILTER (WHERE daily.day = version.day_14) AS row_14,
    max(daily.run_id) FILTER (WHERE daily.day = version.day_28) AS row_28,
    max(daily.run_id) FILTER (WHERE daily.day = version.day_56) AS row_56,
    max(daily.download_count) FILTER (WHERE daily.day = version.day_0) AS count_0,
    max(daily.download_count) FILTER (WHERE daily.day = version.day_7) AS count_7,
    max(daily.download_count) FILTER (WHERE daily.day = version.day_14) AS count_14,
    max(daily.download_count) FILTER (WHERE daily.day = version.day_28) AS count_28,
    max(daily.download_count) FILTER (WHERE daily.day = version.day_56) AS count_56
  FROM version
  JOIN daily USING (artifact_id)
  GROUP BY version.artifact_id
), finished AS (
  -- Where the rows of what has ended end, and with which counter: a lull says so, though it may have no day.
  SELECT DISTINCT ON (version.artifact_id) version.artifact_id, cover.run_id AS last_run_id, lull.download_count
  FROM version
  JOIN mirror.daily_lulls AS lull USING (artifact_id)
  -- Its last covered day alone: all days of all lulls would be as many as history is long.
  CROSS JOIN LATERAL (
    SELECT each.run_id
    FROM mirror.covers AS each
    WHERE each.kind = lull.kind AND each.organization = lull.organization AND each.guests = lull.guests
      AND each.id >= lull.after_cover_id AND each.id < lull.before_cover_id
    ORDER BY each.id DESC
    LIMIT 1
  ) AS cover
  WHERE version.ended
  ORDER BY version.artifact_id, cover.run_id DESC
), value AS (
  -- Each version's counter on each day. One that has ended stands where its last row left it, at zero without any.
  SELECT
    version.*,
    row_0, row_7, row_14, row_28, row_56,
    coalesce(row_0, CASE WHEN coalesce(last_run_id, 0) <= run_0 AND ended THEN run_0 END) AS at_0,
    coalesce(row_7, CASE WHEN coalesce(last_run_id, 0) <= run_7 AND ended THEN run_7 END) AS at_7,
    coalesce(row_14, CASE WHEN coalesce(last_run_id, 0) <= run_14 AND ended THEN run_14 END) AS at_14,
    coalesce(row_28, CASE WHEN coalesce(last_run_id, 0) <= run_28 AND ended THEN run_28 END) AS at_28,
    coalesce(row_56, CASE WHEN coalesce(last_run_id, 0) <= run_56 AND ended THEN run_56 END) AS at_56,
    CASE WHEN row_0 IS NULL THEN coalesce(finished.download_count, 0) ELSE count_0 END AS count_0,
    CASE WHEN row_7 IS NULL THEN coalesce(finished.download_count, 0) ELSE count_7 END AS count_7,
    CASE WHEN row_14 IS NULL THEN coalesce(finished.download_count, 0) ELSE count_14 END AS count_14,
    CASE WHEN row_28 IS NULL THEN coalesce(finished.download_count, 0) ELSE count_28 END AS count_28,
    CASE WHEN row_56 IS NULL THEN coalesce(finished.download_count, 0) ELSE count_56 END AS count_56
  FROM version
  LEFT JOIN placed USING (artifact_id)
  LEFT JOIN finished USING (artifact_id)
), unknown AS (
  -- In run order: the rows that are not known, of all that lie behind the first day of any window.
  SELECT step.artifact_id, int8multirange(VARIADIC array_agg(int8range(cover.run_id, cover.run_id, '[]'))) AS runs
  FROM mirror.covers AS cover
  JOIN mirror.daily_steps AS step ON step.cover_id = cover.id AND step.downloads IS NULL
  WHERE cover.run_id >= (SELECT min(cover.run_id) FROM cover)
  GROUP BY step.artifact_id
), version_window AS (
  -- Nothing is covered between two days that are one, or that runs of another time zone covered the other way round. Few
  -- versions have a row that is not known: for all others no range is made.
  SELECT
    kind,
    organization,
    owner,
    name,
    row_0,
    row_7,
    row_28,
    CASE
      WHEN run_7 IS NULL OR run_0 <= run_7 OR row_0 < row_7 THEN NULL
      WHEN at_0 IS NULL THEN CASE WHEN first_run_id > run_0 THEN 0 END
      WHEN at_7 IS NOT NULL
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(at_7, greatest(at_7, at_0), '(]'))
        THEN count_0 - count_7
      WHEN at_7 IS NULL AND came_since_7 AND NOT has_baseline
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(0, at_0, '(]'))
        THEN count_0
    END AS last_7,
    CASE
      WHEN run_14 IS NULL OR run_7 <= run_14 OR row_7 < row_14 THEN NULL
      WHEN at_7 IS NULL THEN CASE WHEN first_run_id > run_7 THEN 0 END
      WHEN at_14 IS NOT NULL
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(at_14, greatest(at_14, at_7), '(]'))
        THEN count_7 - count_14
      WHEN at_14 IS NULL AND came_since_14 AND NOT has_baseline
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(0, at_7, '(]'))
        THEN count_7
    END AS previous_7,
    CASE
      WHEN run_28 IS NULL OR run_0 <= run_28 OR row_0 < row_28 THEN NULL
      WHEN at_0 IS NULL THEN CASE WHEN first_run_id > run_0 THEN 0 END
      WHEN at_28 IS NOT NULL
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(at_28, greatest(at_28, at_0), '(]'))
        THEN count_0 - count_28
      WHEN at_28 IS NULL AND came_since_28 AND NOT has_baseline
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(0, at_0, '(]'))
        THEN count_0
    END AS last_28,
    CASE
      WHEN run_56 IS NULL OR run_28 <= run_56 OR row_28 < row_56 THEN NULL
      WHEN at_28 IS NULL THEN CASE WHEN first_run_id > run_28 THEN 0 END
      WHEN at_56 IS NOT NULL
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(at_56, greatest(at_56, at_28), '(]'))
        THEN count_28 - count_56
      WHEN at_56 IS NULL AND came_since_56 AND NOT has_baseline
        AND (unknown.runs IS NULL OR NOT unknown.runs && int8range(0, at_28, '(]'))
        THEN count_28
    END AS previous_28
  FROM value
  LEFT JOIN unknown USING (artifact_id)
  -- Worked out here: else all that it is worked out from would be sorted by model.
  OFFSET 0
), model AS (
  -- A model's downloads go on over its versions; one of them at least must be known by a row on the last day.
  SELECT
    kind,
    organization,
    owner,
    name,
    CASE WHEN count(row_0) > 0 AND count(last_7) = count(*) THEN sum(last_7) END AS last_7,
    CASE WHEN count(row_7) > 0 AND count(previous_7) = count(*) THEN sum(previous_7) END AS previous_7,
    CASE WHEN count(row_0) > 0 AND count(last_28) = count(*) THEN sum(last_28) END AS last_28,
    CASE WHEN count(row_28) > 0 AND count(previous_28) = count(*) THEN sum(previous_28) END AS previous_28
  FROM version_window
  GROUP BY name, owner, kind, organization
)
SELECT
  model.kind,
  model.organization,
  model.owner,
  model.name,
  span.window_days,
  gain.downloads,
  gain.previous_downloads,
  gain.downloads - gain.previous_downloads AS change
FROM model
CROSS JOIN (VALUES (7), (28)) AS span (window_days)
CROSS JOIN LATERAL (
  SELECT
    CASE span.window_days WHEN 7 THEN model.last_7 ELSE model.last_28 END,
    CASE span.window_days WHEN 7 THEN model.previous_7 ELSE model.previous_28 END
) AS gain (downloads, previous_downloads);
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
