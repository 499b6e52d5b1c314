-- Daily downloads are worked out by the run that covers the day, in its own transaction, and kept: what an artifact's days
-- say follows from its observations, its events and the runs by mirror.daily_rows, and from nothing else.
--
-- Most days say nothing: no download since the day before. They are kept as lulls, stretches of covered days, and the one
-- that an artifact is in stands in its own row, so that a night on which nothing was downloaded writes nothing. A day that
-- says something is a step.
CREATE TABLE "mirror"."covers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mirror"."covers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"organization" text NOT NULL,
	"guests" boolean NOT NULL,
	"day" date NOT NULL,
	"days" integer NOT NULL,
	"run_id" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mirror"."daily_lulls" (
	"artifact_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"organization" text NOT NULL,
	"guests" boolean NOT NULL,
	"after_cover_id" bigint NOT NULL,
	"before_cover_id" bigint NOT NULL,
	"download_count" bigint NOT NULL,
	CONSTRAINT "daily_lulls_artifact_id_after_cover_id_pk" PRIMARY KEY("artifact_id","after_cover_id")
);
--> statement-breakpoint
CREATE TABLE "mirror"."daily_stale" (
	"artifact_id" uuid PRIMARY KEY NOT NULL,
	"run_id" bigint
);
--> statement-breakpoint
CREATE TABLE "mirror"."daily_steps" (
	"cover_id" bigint NOT NULL,
	"artifact_id" uuid NOT NULL,
	"downloads" bigint,
	"days_covered" integer,
	"reset" boolean NOT NULL,
	"download_count" bigint NOT NULL,
	CONSTRAINT "daily_steps_cover_id_artifact_id_pk" PRIMARY KEY("cover_id","artifact_id")
);
--> statement-breakpoint
ALTER TABLE "mirror"."artifacts" ADD COLUMN "baseline_cover_id" bigint;--> statement-breakpoint
ALTER TABLE "mirror"."artifacts" ADD COLUMN "lull_after_cover_id" bigint;--> statement-breakpoint
CREATE UNIQUE INDEX "covers_day" ON "mirror"."covers" USING btree ("kind","organization","guests","day");--> statement-breakpoint
CREATE INDEX "daily_lulls_by_end" ON "mirror"."daily_lulls" USING btree ("organization","before_cover_id");--> statement-breakpoint
CREATE INDEX "daily_steps_unknown" ON "mirror"."daily_steps" USING btree ("cover_id") WHERE "mirror"."daily_steps"."downloads" is null;--> statement-breakpoint
CREATE INDEX "artifact_events_of_speakers" ON "mirror"."artifact_events" USING btree ("run_order") WHERE "mirror"."artifact_events"."event" = 'out_of_scope' or "mirror"."artifact_events"."changes" ?| array['mirrored_by', 'owner'];
--> statement-breakpoint
-- The days of the artifacts that a run works out anew, from all that is known of them. What
-- is stored is looked up artifact by artifact. All other joins are by equality and by hash (the statistics take each side
-- for a row or two, and a year of 1,000 artifacts took 68 s instead of 3; compiling for loops that are not wanted took 1 s); what depends on the order of runs is found by
-- windows: a join by range had every observation meet every run of its organization.
CREATE FUNCTION mirror.daily_rows(wanted bigint)
RETURNS TABLE (
  artifact_id uuid, kind text, organization text, guests boolean, day date, run_id bigint, last_reading bigint,
  downloads bigint, days_covered integer, reset boolean, download_count bigint
)
LANGUAGE sql STABLE
SET enable_nestloop = off
SET jit = off
AS $$
  WITH stale AS (
    SELECT stale.artifact_id FROM mirror.daily_stale AS stale WHERE stale.run_id = wanted
  ), observation AS MATERIALIZED (
    SELECT observation.artifact_id, observation.run_id, observation.download_count
    FROM stale
    CROSS JOIN LATERAL (
      SELECT * FROM mirror.download_observations AS each WHERE each.artifact_id = stale.artifact_id OFFSET 0
    ) AS observation
  ), event AS MATERIALIZED (
    SELECT event.*
    FROM stale
    CROSS JOIN LATERAL (
      SELECT * FROM mirror.artifact_events AS each WHERE each.artifact_id = stale.artifact_id OFFSET 0
    ) AS event
  ), artifact AS MATERIALIZED (
    SELECT artifact.id AS artifact_id, artifact.owner, artifact.created_at
    FROM stale
    CROSS JOIN LATERAL (SELECT * FROM mirror.artifacts AS each WHERE each.id = stale.artifact_id OFFSET 0) AS artifact
  ), listing AS (
    SELECT DISTINCT speaker.kind, speaker.organization
    FROM (SELECT DISTINCT observation.run_id FROM observation) AS observed
    CROSS JOIN LATERAL (SELECT * FROM mirror.runs AS each WHERE each.id = observed.run_id OFFSET 0) AS speaker
  ), run AS MATERIALIZED (
    SELECT
      run.id,
      run.kind,
      run.organization,
      run.include_public,
      run.day,
      run.started_at,
      run.state IN ('certified', 'held') AS complete,
      -- The complete run before this one: for the organization's own artifacts, and for guests.
      max(run.id) FILTER (WHERE run.state IN ('certified', 'held')) OVER before AS before_id,
      max(run.id) FILTER (WHERE run.state IN ('certified', 'held') AND run.include_public) OVER before AS before_with_guests_id
    FROM listing
    CROSS JOIN LATERAL (
      SELECT * FROM mirror.runs AS each
      WHERE each.kind = listing.kind AND each.organization = listing.organization
      OFFSET 0
    ) AS run
    WINDOW before AS (
      PARTITION BY run.kind, run.organization ORDER BY run.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
  ), cover AS (
    -- The run that covers a day is its last complete one. Guests are covered only by runs with include_public.
    SELECT run.kind, run.organization, run.day, false AS guests, max(run.id) AS run_id
    FROM run
    WHERE run.complete
    GROUP BY run.kind, run.organization, run.day
    UNION ALL
    SELECT run.kind, run.organization, run.day, true, max(run.id)
    FROM run
    WHERE run.complete AND run.include_public
    GROUP BY run.kind, run.organization, run.day
  ), ownership AS (
    -- Who owned an artifact over which stretch of runs; from_run_id is null for the first stretch, until_run_id (the first
    -- run that no longer belongs to it) for the last. An owner who comes later turns no earlier day into a guest's.
    SELECT
      each_owner.artifact_id,
      each_owner.owner,
      first_value(each_owner.owner) OVER in_run_order AS first_owner,
      lag(each_owner.until_run_id) OVER in_run_order AS from_run_id,
      each_owner.until_run_id
    FROM (
      SELECT artifact.artifact_id, artifact.owner, NULL::bigint AS until_run_id
      FROM artifact
      UNION ALL
      SELECT event.artifact_id, event.changes #>> '{owner,0}', event.run_order
      FROM event
      WHERE event.event = 'changed' AND event.changes ? 'owner'
    ) AS each_owner
    WINDOW in_run_order AS (PARTITION BY each_owner.artifact_id ORDER BY each_owner.until_run_id NULLS LAST)
  ), gone AS (
    -- The runs for which an artifact had ended or was proved absent. Events follow each other by id: out_of_scope stands
    -- before a run, and that run may be the one that restores.
    SELECT
      ending.artifact_id,
      range_agg(int8range(
        ending.from_run_id,
        CASE WHEN ending.until_run_id < ending.from_run_id THEN ending.from_run_id ELSE ending.until_run_id END
      )) AS runs
    FROM (
      SELECT
        event.artifact_id,
        event.event,
        event.run_order AS from_run_id,
        min(event.run_order) FILTER (WHERE event.event IN ('restored', 'returned')) OVER later AS until_run_id
      FROM event
      WHERE event.event <> 'changed'
      WINDOW later AS (PARTITION BY event.artifact_id ORDER BY event.id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
    ) AS ending
    WHERE ending.event IN ('superseded', 'withdrawn', 'out_of_scope', 'absent')
    GROUP BY ending.artifact_id
  ), reading AS (
    -- An observation holds until the artifact's next one, in run order. Falls, counted up from the first observation, are
    -- looked for between known counters only: one that cannot be read hides no reset.
    SELECT
      known.artifact_id,
      known.run_id,
      known.first_run_id,
      known.last_run_id,
      known.next_run_id,
      known.download_count,
      coalesce(sum(known.fell) OVER (PARTITION BY known.artifact_id ORDER BY known.run_id), 0) AS falls
    FROM (
      SELECT
        *,
        (each.download_count < lag(each.download_count) OVER (PARTITION BY each.artifact_id ORDER BY each.run_id))::integer
          AS fell
      FROM (
        SELECT
          observation.artifact_id,
          observation.run_id,
          first_value(observation.run_id) OVER in_run_order AS first_run_id,
          max(observation.run_id) OVER (PARTITION BY observation.artifact_id) AS last_run_id,
          lead(observation.run_id) OVER in_run_order AS next_run_id,
          observation.download_count
        FROM observation
        WINDOW in_run_order AS (PARTITION BY observation.artifact_id ORDER BY observation.run_id)
      ) AS each
      WHERE each.download_count IS NOT NULL
    ) AS known
  ), spoken AS (
    -- The same, split where the owner changed: who speaks, and whether for a guest; and what holds for all of an artifact.
    SELECT
      reading.artifact_id,
      reading.download_count,
      reading.falls,
      reading.last_run_id,
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
    JOIN artifact ON artifact.artifact_id = reading.artifact_id
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
      count(entry.download_count) OVER (PARTITION BY entry.artifact_id ORDER BY entry.run_id) AS place
    FROM (
      SELECT
        spoken.artifact_id, spoken.from_run_id AS run_id, NULL::date AS day, spoken.kind, spoken.organization,
        spoken.guest, spoken.download_count, spoken.falls, spoken.last_run_id, spoken.until_run_id, spoken.new_since,
        spoken.gone
      FROM spoken
      UNION ALL
      SELECT
        speaker.artifact_id, cover.run_id, cover.day, cover.kind, cover.organization, cover.guests, NULL, NULL, NULL,
        NULL, NULL, NULL
      FROM (SELECT DISTINCT spoken.artifact_id, spoken.kind, spoken.organization, spoken.guest FROM spoken) AS speaker
      JOIN cover
        ON cover.kind = speaker.kind AND cover.organization = speaker.organization AND cover.guests = speaker.guest
    ) AS entry
  ), known AS (
    SELECT
      timeline.artifact_id,
      timeline.run_id,
      timeline.day,
      timeline.kind,
      timeline.organization,
      timeline.guest,
      first_value(timeline.download_count) OVER here AS download_count,
      first_value(timeline.falls) OVER here AS falls,
      first_value(timeline.last_run_id) OVER here AS last_run_id,
      first_value(timeline.new_since) OVER here AS new_since,
      -- Whether the observation is that of the run's own organization, and holds until this run.
      first_value(timeline.organization) OVER here = timeline.organization
        AND first_value(timeline.guest) OVER here = timeline.guest
        AND coalesce(timeline.run_id < first_value(timeline.until_run_id) OVER here, true)
        AND NOT coalesce(first_value(timeline.gone) OVER here @> timeline.run_id, false) AS holds
    FROM timeline
    WHERE timeline.place > 0
    WINDOW here AS (PARTITION BY timeline.artifact_id, timeline.place ORDER BY timeline.run_id, timeline.day NULLS FIRST)
  ), daily AS (
    -- One row an artifact and day: where two organizations covered it, the later run in run order speaks.
    SELECT DISTINCT ON (known.artifact_id, known.day) *
    FROM known
    WHERE known.day IS NOT NULL AND known.holds
    ORDER BY known.artifact_id, known.day, known.run_id DESC
  ), paired AS (
    -- "Before" is run order: a change of time zone or of the speaker can lead to a day before that of an earlier run.
    SELECT
      daily.*,
      lag(daily.download_count) OVER before AS previous_count,
      lag(daily.falls) OVER before AS previous_falls,
      max(daily.day) OVER (before ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_day
    FROM daily
    WINDOW before AS (PARTITION BY daily.artifact_id ORDER BY daily.run_id)
  )
  SELECT
    paired.artifact_id,
    paired.kind,
    paired.organization,
    paired.guest,
    paired.day,
    paired.run_id,
    paired.last_run_id,
    CASE
      WHEN paired.previous_day IS NOT NULL AND paired.falls = paired.previous_falls
        THEN paired.download_count - paired.previous_count
      WHEN paired.previous_day IS NULL AND paired.falls = 0 AND paired.new_since IS NOT NULL
        THEN paired.download_count
    END,
    -- At least 1, also where both lie on one day or the earlier run on the later day.
    CASE
      WHEN paired.previous_day IS NOT NULL OR paired.new_since IS NOT NULL
        THEN greatest(paired.day - coalesce(paired.previous_day, paired.new_since), 1)
    END,
    CASE
      WHEN paired.previous_day IS NOT NULL THEN paired.falls > paired.previous_falls
      ELSE paired.new_since IS NOT NULL AND paired.falls > 0
    END,
    paired.download_count
  FROM paired
$$;
--> statement-breakpoint
-- Works out anew the days of the artifacts that a run wants (mirror.daily_stale). Those that are current and known, and
-- are not in a lull that lasts until the last day covered, wait for the next run that covers a day of theirs.
CREATE FUNCTION mirror.refresh_daily(wanted bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  -- Nobody else changes them meanwhile. In id order, as every apply locks them.
  PERFORM FROM mirror.artifacts
  WHERE id IN (SELECT artifact_id FROM mirror.daily_stale WHERE run_id = wanted)
  ORDER BY id
  FOR UPDATE;

  DELETE FROM mirror.daily_lulls AS lull USING mirror.daily_stale AS stale
  WHERE stale.run_id = wanted AND lull.artifact_id = stale.artifact_id;

  DELETE FROM mirror.daily_steps AS step
  USING (
    SELECT listing.artifact_id, cover.id AS cover_id
    FROM (
      SELECT DISTINCT stale.artifact_id, speaker.kind, speaker.organization
      FROM mirror.daily_stale AS stale
      JOIN mirror.download_observations AS observation USING (artifact_id)
      JOIN mirror.runs AS speaker ON speaker.id = observation.run_id
      WHERE stale.run_id = wanted
    ) AS listing
    JOIN mirror.covers AS cover USING (kind, organization)
  ) AS former
  WHERE step.cover_id = former.cover_id AND step.artifact_id = former.artifact_id;

  WITH daily AS MATERIALIZED (
    SELECT * FROM mirror.daily_rows(wanted)
  ), cover AS (
    SELECT cover.*, lag(cover.id) OVER listing AS before_id, lead(cover.id) OVER listing IS NULL AS is_last
    FROM (SELECT DISTINCT kind, organization, guests FROM daily) AS speaker
    JOIN mirror.covers AS cover USING (kind, organization, guests)
    WINDOW listing AS (PARTITION BY cover.kind, cover.organization, cover.guests ORDER BY cover.id)
  ), row AS (
    SELECT
      daily.*,
      cover.id AS cover_id,
      cover.before_id,
      cover.is_last,
      daily.downloads IS NULL AND NOT daily.reset AS is_baseline,
      coalesce(
        daily.downloads = 0 AND NOT daily.reset AND daily.days_covered = cover.days
          AND cover.before_id = lag(cover.id) OVER in_run_order,
        false
      ) AS is_idle,
      lead(cover.id) OVER in_run_order IS NULL AS is_artifacts_last,
      lead(cover.id) OVER in_run_order IS NULL
        AND daily.day = max(daily.day) OVER (PARTITION BY daily.artifact_id)
        AND daily.last_reading <= daily.run_id AS may_go_on
    FROM daily
    JOIN cover USING (kind, organization, guests, day)
    WINDOW in_run_order AS (PARTITION BY daily.artifact_id ORDER BY daily.run_id)
  ), numbered AS MATERIALIZED (
    SELECT *, count(*) FILTER (WHERE NOT is_idle) OVER (PARTITION BY artifact_id ORDER BY run_id) AS stretch
    FROM row
  ), stretch AS (
    SELECT
      numbered.artifact_id,
      numbered.kind,
      numbered.organization,
      numbered.guests,
      min(cover_id) AS first_cover_id,
      max(cover_id) AS last_cover_id,
      max(numbered.download_count) AS download_count,
      coalesce(min(before_id) FILTER (WHERE is_baseline), 0) AS before_baseline_id,
      bool_or(is_artifacts_last) AS is_artifacts_last,
      bool_or(is_baseline) AS has_baseline,
      bool_or(
        is_last AND may_go_on AND artifact.ended_at IS NULL AND artifact.absent_since IS NULL
          AND artifact.mirrored_by = numbered.organization
          AND (artifact.owner <> artifact.mirrored_by) = numbered.guests
      ) AS goes_on
    FROM numbered
    JOIN mirror.artifacts AS artifact ON artifact.id = numbered.artifact_id
    GROUP BY numbered.artifact_id, stretch, numbered.kind, numbered.organization, numbered.guests
  ), steps AS (
    INSERT INTO mirror.daily_steps (cover_id, artifact_id, downloads, days_covered, reset, download_count)
    SELECT cover_id, artifact_id, downloads, days_covered, reset, download_count
    FROM numbered
    WHERE NOT is_idle AND NOT is_baseline
    ORDER BY cover_id, artifact_id
  ), lulls AS (
    INSERT INTO mirror.daily_lulls
      (artifact_id, kind, organization, guests, after_cover_id, before_cover_id, download_count)
    SELECT
      artifact_id, kind, organization, guests,
      CASE WHEN has_baseline THEN before_baseline_id ELSE first_cover_id END,
      last_cover_id + 1,
      download_count
    FROM stretch
    WHERE NOT goes_on AND (has_baseline OR last_cover_id > first_cover_id OR is_artifacts_last)
  )
  UPDATE mirror.artifacts AS artifact
  SET baseline_cover_id = now.baseline_cover_id, lull_after_cover_id = now.lull_after_cover_id
  FROM (
    SELECT
      stale.artifact_id,
      min(stretch.first_cover_id) FILTER (WHERE stretch.has_baseline) AS baseline_cover_id,
      max(CASE WHEN stretch.has_baseline THEN stretch.before_baseline_id ELSE stretch.first_cover_id END)
        FILTER (WHERE stretch.goes_on) AS lull_after_cover_id
    FROM mirror.daily_stale AS stale
    LEFT JOIN stretch USING (artifact_id)
    WHERE stale.run_id = wanted
    GROUP BY stale.artifact_id
  ) AS now
  WHERE artifact.id = now.artifact_id
    AND (artifact.baseline_cover_id, artifact.lull_after_cover_id)
      IS DISTINCT FROM (now.baseline_cover_id, now.lull_after_cover_id);

  -- A run that is under way for another who ever spoke for them may be about to cover a day of theirs, unseen from here:
  -- then they are worked out once more.
  DELETE FROM mirror.daily_stale AS stale USING mirror.artifacts AS artifact
  WHERE stale.run_id = wanted AND artifact.id = stale.artifact_id
    AND (
      artifact.lull_after_cover_id IS NOT NULL OR artifact.ended_at IS NOT NULL OR artifact.absent_since IS NOT NULL
      OR artifact.download_count IS NULL
    )
    AND NOT EXISTS (
      SELECT FROM mirror.runs AS active
      WHERE active.state = 'running' AND active.id <> wanted AND EXISTS (
        SELECT FROM mirror.download_observations AS observation
        JOIN mirror.runs AS speaker ON speaker.id = observation.run_id
        WHERE observation.artifact_id = stale.artifact_id
          AND speaker.kind = active.kind AND speaker.organization = active.organization
      )
    );
  UPDATE mirror.daily_stale SET run_id = NULL WHERE run_id = wanted;
END
$$;
--> statement-breakpoint
-- The counter on the days of the lull that an artifact is in: that of its row, unless a run that was not complete has seen
-- another since.
CREATE FUNCTION mirror.count_of_lull(of_artifact uuid, latest bigint, until_run_id bigint) RETURNS bigint
LANGUAGE sql STABLE
AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM mirror.daily_stale WHERE artifact_id = of_artifact) THEN (
    SELECT download_count FROM mirror.download_observations
    WHERE artifact_id = of_artifact AND run_id <= until_run_id AND download_count IS NOT NULL
    ORDER BY run_id DESC LIMIT 1
  ) ELSE latest END
$$;
--> statement-breakpoint
-- Which run covers which day, from the runs alone: of one listing, or of all where nothing is named.
CREATE FUNCTION mirror.derive_covers(of_kind text, of_organization text) RETURNS void
LANGUAGE sql
AS $$
  INSERT INTO mirror.covers (kind, organization, guests, day, days, run_id)
  SELECT
    kind, organization, guests, day,
    greatest(day - lag(day) OVER (PARTITION BY kind, organization, guests ORDER BY max(run_id)), 1),
    max(run_id)
  FROM (
    SELECT kind, organization, false AS guests, day, id AS run_id
    FROM mirror.runs
    WHERE state IN ('certified', 'held')
    UNION ALL
    SELECT kind, organization, true, day, id
    FROM mirror.runs
    WHERE state IN ('certified', 'held') AND include_public
  ) AS run
  WHERE (of_kind IS NULL OR kind = of_kind) AND (of_organization IS NULL OR organization = of_organization)
  GROUP BY kind, organization, guests, day
  ORDER BY max(run_id)
$$;
--> statement-breakpoint
-- Where the days of a listing do not follow each other as its runs do (its time zone changed), all that it ever spoke for.
CREATE FUNCTION mirror.rebuild_listing(of_kind text, of_organization text, wanted bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO mirror.daily_stale (artifact_id, run_id)
  SELECT id, wanted FROM mirror.artifacts WHERE kind = of_kind AND mirrored_by = of_organization
  UNION
  SELECT artifact_id, wanted FROM mirror.daily_lulls WHERE kind = of_kind AND organization = of_organization
  UNION
  -- What it never covered, and another has taken over since.
  SELECT event.artifact_id, wanted
  FROM mirror.artifact_events AS event
  JOIN mirror.artifacts AS artifact ON artifact.id = event.artifact_id AND artifact.kind = of_kind
  WHERE event.changes #>> '{mirrored_by,0}' = of_organization
    AND (event.event = 'out_of_scope' OR event.changes ?| ARRAY['mirrored_by', 'owner'])
  UNION
  SELECT step.artifact_id, wanted
  FROM mirror.covers AS cover
  JOIN mirror.daily_steps AS step ON step.cover_id = cover.id
  WHERE cover.kind = of_kind AND cover.organization = of_organization
  ORDER BY 1
  ON CONFLICT (artifact_id) DO UPDATE SET run_id = wanted;
  DELETE FROM mirror.daily_steps AS step USING mirror.covers AS cover
  WHERE step.cover_id = cover.id AND cover.kind = of_kind AND cover.organization = of_organization;
  DELETE FROM mirror.covers WHERE kind = of_kind AND organization = of_organization;
  PERFORM mirror.derive_covers(of_kind, of_organization);
  PERFORM mirror.refresh_daily(wanted);
END
$$;
--> statement-breakpoint
-- What a run leaves to be worked out anew, at the end of its transaction.
--
-- since_run_id is null for a run that covers no day. A run that covers one works out what was waiting for it, and what
-- others took from it since: since the run that covered the day before it did, else behind itself.
CREATE FUNCTION mirror.settle_daily(
  wanted bigint, of_kind text, of_organization text, with_guests boolean, since_run_id bigint
) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  IF since_run_id IS NOT NULL THEN
    INSERT INTO mirror.daily_stale (artifact_id, run_id)
    SELECT DISTINCT artifact.id, wanted
    FROM mirror.artifact_events AS event
    JOIN mirror.artifacts AS artifact ON artifact.id = event.artifact_id
    WHERE event.run_order > since_run_id
      AND (event.event = 'out_of_scope' OR event.changes ?| ARRAY['mirrored_by', 'owner'])
      AND artifact.kind = of_kind
      AND (event.changes #>> '{mirrored_by,0}' = of_organization OR artifact.mirrored_by = of_organization)
    ORDER BY artifact.id
    ON CONFLICT (artifact_id) DO UPDATE SET run_id = wanted;

    UPDATE mirror.daily_stale AS stale SET run_id = wanted
    FROM mirror.artifacts AS artifact
    WHERE stale.run_id IS NULL AND artifact.id = stale.artifact_id
      AND artifact.kind = of_kind AND artifact.mirrored_by = of_organization
      AND (with_guests OR artifact.owner = of_organization);
  END IF;
  IF EXISTS (SELECT FROM mirror.daily_stale WHERE run_id = wanted) THEN
    PERFORM mirror.refresh_daily(wanted);
  END IF;
END
$$;
--> statement-breakpoint
-- Everything, from what is known: for a mirror from before these tables, or one whose tables were written by hand.
CREATE FUNCTION mirror.rebuild_daily() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  last_id uuid := '00000000-0000-0000-0000-000000000000';
  next_id uuid;
BEGIN
  DELETE FROM mirror.daily_steps;
  DELETE FROM mirror.daily_lulls;
  DELETE FROM mirror.daily_stale;
  DELETE FROM mirror.covers;
  PERFORM mirror.derive_covers(NULL, NULL);
  LOOP
    INSERT INTO mirror.daily_stale (artifact_id, run_id)
    SELECT id, 0 FROM mirror.artifacts WHERE id > last_id ORDER BY id LIMIT 5000;
    SELECT max(artifact_id::text)::uuid INTO next_id FROM mirror.daily_stale WHERE run_id = 0;
    EXIT WHEN next_id IS NULL;
    last_id := next_id;
    PERFORM mirror.refresh_daily(0);
  END LOOP;
END
$$;
--> statement-breakpoint
SELECT mirror.rebuild_daily();
--> statement-breakpoint
CREATE OR REPLACE VIEW report.daily_downloads AS
SELECT
  cover.kind, cover.organization, artifact.owner, step.artifact_id, artifact.name, artifact.version, cover.day,
  step.downloads, step.days_covered, step.reset
FROM mirror.covers AS cover
JOIN mirror.daily_steps AS step ON step.cover_id = cover.id
JOIN mirror.artifacts AS artifact ON artifact.id = step.artifact_id
UNION ALL
SELECT
  cover.kind, cover.organization, artifact.owner, lull.artifact_id, artifact.name, artifact.version, cover.day,
  CASE WHEN cover.id IS DISTINCT FROM artifact.baseline_cover_id THEN 0::bigint END,
  CASE WHEN cover.id IS DISTINCT FROM artifact.baseline_cover_id THEN cover.days END,
  false
FROM mirror.covers AS cover
JOIN mirror.daily_lulls AS lull
  ON lull.organization = cover.organization AND lull.kind = cover.kind AND lull.guests = cover.guests
  AND lull.before_cover_id > cover.id AND lull.after_cover_id < cover.id
JOIN mirror.artifacts AS artifact ON artifact.id = lull.artifact_id
UNION ALL
SELECT
  cover.kind, cover.organization, artifact.owner, artifact.id, artifact.name, artifact.version, cover.day,
  CASE WHEN cover.id IS DISTINCT FROM artifact.baseline_cover_id THEN 0::bigint END,
  CASE WHEN cover.id IS DISTINCT FROM artifact.baseline_cover_id THEN cover.days END,
  false
FROM mirror.covers AS cover
JOIN mirror.artifacts AS artifact
  ON artifact.mirrored_by = cover.organization AND artifact.kind = cover.kind
  AND (artifact.owner <> artifact.mirrored_by) = cover.guests AND artifact.lull_after_cover_id < cover.id
WHERE artifact.ended_at IS NULL;
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.baseline_cover_id IS
  'The covered day of its first daily row, where that is a baseline: covers.id. Null where it counted from zero, or has none.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.lull_after_cover_id IS
  'Behind this covered day of its listing (covers.id; 0 is before the first) nothing was downloaded: each later one has a daily row of zero, or is its baseline. Null where its next row says something else, or there is none to come.';
--> statement-breakpoint
COMMENT ON TABLE mirror.covers IS
  'The days that complete runs cover, one row for each kind, organization and day, and one more for guests where a run with include_public covered it. In run order by id, within a listing.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.id IS 'Rises with every covered day of a listing.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.kind IS 'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.organization IS 'Whose listing was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.guests IS
  'Whether this row is for artifacts of other owners, or for those of the organization itself.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.day IS 'The day, in the time zone of the organization.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.days IS 'Days since the covered day before, at least 1; 1 for the first.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.covers.run_id IS 'The last complete run of the day: runs.id.';
--> statement-breakpoint
COMMENT ON TABLE mirror.daily_steps IS
  'What the view daily_downloads says of an artifact on a covered day, where that is neither zero for the days since the covered day before, nor a baseline. Worked out by the run that covers the day.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_steps.cover_id IS 'The covered day: covers.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_steps.artifact_id IS 'The artifact.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_steps.downloads IS 'As in report.daily_downloads.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_steps.days_covered IS 'As in report.daily_downloads.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_steps.reset IS 'As in report.daily_downloads.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_steps.download_count IS 'The counter as of that day.';
--> statement-breakpoint
COMMENT ON TABLE mirror.daily_lulls IS
  'Stretches of covered days on which nothing of an artifact was downloaded, that are over: each day has a row of zero in the view daily_downloads, or, where it is the artifact''s first, a baseline. One without a day marks where the rows of an artifact end. The one that an artifact is in stands in its own row.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.artifact_id IS 'The artifact.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.kind IS 'Whose covered days they are: covers.kind.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.organization IS 'Whose covered days they are: covers.organization.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.guests IS 'Whose covered days they are: covers.guests.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.after_cover_id IS 'The stretch begins behind this covered day of the listing: covers.id; 0 is before the first.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.before_cover_id IS 'The stretch ends before this covers.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_lulls.download_count IS 'The counter on all of these days.';
--> statement-breakpoint
COMMENT ON TABLE mirror.daily_stale IS
  'Artifacts whose days the next run that covers a day of theirs must work out anew: a run that covered none saw them change, another that may cover one was under way, or their last day is not the latest that they have.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_stale.artifact_id IS 'The artifact.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.daily_stale.run_id IS 'The run that does so; null until there is one. Null outside its transaction.';
