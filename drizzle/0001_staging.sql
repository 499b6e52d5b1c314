-- What a run has read and not yet applied. Unlogged: it costs no WAL, and where PostgreSQL itself went down the rows and
-- their ledger are gone together, so that the run starts over (design section 4).
CREATE UNLOGGED TABLE mirror.staged_pages (
  run_id bigint NOT NULL,
  -- When it was asked for, in the run's own count: names the answer. A page may be read more than once.
  asked integer NOT NULL,
  -- The reading of the whole list that it belongs to; null for an extra read.
  pass integer,
  page integer NOT NULL,
  page_limit integer NOT NULL,
  arrived_at timestamptz NOT NULL,
  -- The open interval of created_at that it covers; null where it covers nothing.
  covers tstzrange,
  -- What the walk needs to know of the page to go on where another process stopped.
  summary jsonb NOT NULL,
  -- The database's clock: the age of staged pages is compared across processes.
  staged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, asked)
);
--> statement-breakpoint
CREATE INDEX staged_pages_by_cover ON mirror.staged_pages USING gist (covers);
--> statement-breakpoint
CREATE UNLOGGED TABLE mirror.staged_artifacts (
  run_id bigint NOT NULL,
  asked integer NOT NULL,
  position integer NOT NULL,
  arrived_at timestamptz NOT NULL,
  -- A bad record keeps what could be read of it; without an id it only marks its created_at.
  good boolean NOT NULL,
  id uuid,
  created_at timestamptz,
  name text,
  owner text,
  version text,
  framework text,
  is_public boolean,
  download_count bigint,
  origin jsonb,
  extra jsonb
);
--> statement-breakpoint
-- The column that tells rows apart leads: what PostgreSQL's statistics know of run_id is of runs that are over.
CREATE INDEX staged_artifacts_by_id ON mirror.staged_artifacts (id, run_id);
--> statement-breakpoint
CREATE INDEX staged_artifacts_by_read ON mirror.staged_artifacts (asked, run_id);
--> statement-breakpoint
-- Records without an id are few, but each artifact that was not listed asks for those of its created_at.
CREATE INDEX staged_artifacts_nameless ON mirror.staged_artifacts (created_at, run_id) WHERE id IS NULL;
--> statement-breakpoint
CREATE UNLOGGED TABLE mirror.staged_bad_records (
  run_id bigint NOT NULL,
  asked integer NOT NULL,
  page integer NOT NULL,
  position integer NOT NULL,
  arrived_at timestamptz NOT NULL,
  artifact_id uuid,
  -- Equal for the same bad record on every page, in every reading and on every night.
  identity text NOT NULL,
  detail text NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (run_id, asked, position)
);
