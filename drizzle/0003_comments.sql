-- What every table, view and column means, where psql (\d+), dbt and Metabase show it. docs/tables.md is made from this.
-- Only its owner may comment on a schema: where a DBA made the two and kept them, they go without.
DO $$ BEGIN
  COMMENT ON SCHEMA mirror IS
    'What the mirror knows of the catalog: tables that runs write and nobody else. Readers see a whole night or none of it.';
  COMMENT ON SCHEMA report IS
    'Views for analysts, over the tables of schema mirror. Their names and columns stay as they are from version to version.';
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
--> statement-breakpoint
COMMENT ON TABLE mirror.artifacts IS
  'Every artifact that the mirror has ever seen, one row each: one version of one named model. A row that has not ended is current as of the last complete run of the organization that mirrors it. Rows are never deleted except by organizations purge.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.id IS
  'The artifact''s id in the catalog. It never changes.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.name IS
  'The name as the catalog writes it, usually owner/name. All versions of a model share it.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.owner IS
  'The part of the name before its first slash; where it has none, the organization that listed the artifact.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.mirrored_by IS
  'The one organization whose runs speak for this artifact: its owner where the owner is mirrored, else the organization whose listing first showed it. An owner who becomes mirrored later takes it over with its next run; once the artifact has ended, the first run that lists it again does.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.version IS
  'The version as the catalog writes it. The mirror does not interpret it.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.framework IS
  'The framework as the catalog writes it; safetensors where the catalog does not say. Any text.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.is_public IS
  'Whether the catalog shows it to everyone; false where the catalog does not say.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.download_count IS
  'All downloads of this version since it was created, as last observed. Null where it was listed last time but its counter could not be read. An ended artifact keeps the last one.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.origin IS
  'Where the artifact came from, in the words of the catalog: a JSON object. Null where the catalog says nothing.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.created_at IS
  'When the artifact was created, as the catalog says, cut to the microsecond.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.extra IS
  'Every further field that the catalog sent with it, as a JSON object; empty where there was none. Kept as received.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.first_seen_at IS
  'When the page arrived that showed it to the mirror for the first time.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.changed_at IS
  'When a field other than the counter last changed, or the artifact ended, was found absent, or came back. Until then the same as first_seen_at.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.absent_since IS
  'Since when it is proved to be gone from the listing although its removal waits for a person (its run was held). Null where it was listed, or has ended.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.ended_at IS
  'When a run, or the retirement of its organization, ended it. Null while it is current; null again when it is restored.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.ending IS
  'Why it ended: superseded (it is gone, and another version of its name is listed), withdrawn (it is gone), out_of_scope (a person retired the organization that mirrored it). Null while it is current.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.first_run_id IS
  'The run that first saw it: runs.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.changed_run_id IS
  'The run that wrote changed_at: runs.id. Null where no run did, because a person retired the organization.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.run_order IS
  'The place in the order of runs of the last thing written of it: an observation, a change or an ending. A run of an earlier place takes it over from nobody.';
--> statement-breakpoint
COMMENT ON TABLE mirror.download_observations IS
  'The history of the download counters: a first row for each artifact, then one only where the counter differs from the last, or where another organization has begun to speak for the artifact. A value holds until the next row of its artifact in the order of run_id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.download_observations.artifact_id IS
  'The artifact: artifacts.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.download_observations.observed_at IS
  'When the page arrived on which the counter was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.download_observations.run_id IS
  'The run that read it: runs.id. Before and after mean the order of this number, not of the time.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.download_observations.download_count IS
  'All downloads since the artifact was created, as read. Null where the artifact was listed but its counter could not be read.';
--> statement-breakpoint
COMMENT ON TABLE mirror.artifact_events IS
  'What happened to artifacts after they arrived, one row each. An arrival is no event: it is the row in artifacts and its first_run_id. A new counter is none either: it is in download_observations.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.id IS
  'Rises in the order in which events were written.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.artifact_id IS
  'The artifact: artifacts.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.run_id IS
  'The run that found it out: runs.id. Null for out_of_scope, which a person decides.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.at IS
  'When it was written, by the clock of the process.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.day IS
  'The day of its run in the time zone of the run''s organization; for out_of_scope, the day on which the person decided.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.event IS
  'changed (fields other than the counter), superseded, withdrawn, out_of_scope (it ended: see artifacts.ending), restored (it had ended and is listed again), absent (proved gone, but the removal waits for a person), returned (it was absent and is listed again).';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.changes IS
  'For changed: {field: [before, after]} for each field that differs. Null for all other events.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifact_events.run_order IS
  'Its place in the order of runs: the run it belongs to, or the first run that it stands before. Equal to run_id wherever that is not null.';
--> statement-breakpoint
COMMENT ON TABLE mirror.runs IS
  'One walk of the listing of one organization and kind, and what became of it. Figures are zero until the run is over.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.id IS
  'Rises with every run. Last, before and after mean the order of this number, never a time.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.organization IS
  'Whose listing was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.include_public IS
  'Whether public artifacts of other owners were listed too. A run without it says nothing about them.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.trigger IS
  'What asked for it: schedule, manual (a command), or replay (of a dead letter).';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.day IS
  'The day of its start in the time zone of its organization (see time_zone).';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.state IS
  'How it ended: running; certified (its result is proved), held (proved, but what it would remove waits for a person), inexact (everything was read, but the list would not stand still), partial (some pages failed for good), failed (nothing could be read or stored), abandoned (its process died and nobody took it up). Only certified and held runs are complete and cover a day.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.started_at IS
  'When it started, by the clock of the process that started it.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.finished_at IS
  'When it was closed. Null while it is running.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.total IS
  'How many items the catalog said it has, in its last answer to this run. Null where nothing was read or the run is not over.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.listed IS
  'Different artifacts that the run saw.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.pages IS
  'Pages of the list that were read and kept, those of all passes together; extra reads do not count.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.passes IS
  'How often the whole list was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.extra_reads IS
  'Pages that were read beside the passes to prove what is not there.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.requests IS
  'HTTP requests that were made, repeated ones included.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.retries IS
  'Requests among them that repeated one that had failed.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.added IS
  'Artifacts that this run stored for the first time.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.changed IS
  'Artifacts with a change in a field other than the counter.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.counted IS
  'Observations that this run added to download_observations, first ones included.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.superseded IS
  'Artifacts that this run ended because another version of their name is listed.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.withdrawn IS
  'Artifacts that this run ended because they are gone.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.restored IS
  'Artifacts that had ended and that this run found listed again.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.unproved IS
  'Artifacts that were not listed and whose absence could not be proved: they stay current. 0 for a complete run.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.letters IS
  'Failures that this run filed in dead_letters, new ones and further occurrences.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.error IS
  'Why it is not certified, in a sentence. Null where it is, or while it is running.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.error_class IS
  'The class of the failure behind error. Null where there is none, as for an inexact run.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.proof IS
  'How the run came to its verdict, in figures: a JSON object. by is what proves it (one-read, one-pass, witnesses, two-passes) and null where it is not complete; then reason says why not and advice what would help. Null where the list was not read to its end.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.time_zone IS
  'The time zone in which day was taken, such as Europe/Berlin.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.catalog_url IS
  'The address of the catalog that was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.page_size IS
  'How many items were asked for on a page.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.fencing_token IS
  'Rises whenever another process takes the run over; one with an older token can no longer write.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.lease_expires_at IS
  'Until when the process that works on it has to say so again, by the database''s clock. Means nothing once the run is over.';
--> statement-breakpoint
COMMENT ON TABLE mirror.run_absences IS
  'What a run found of each artifact of its scope that it did not list. A complete run ends only what it found absent. Of a run that is not complete, at most 1,000 artifacts of each finding are kept, and none where the catalog does not sort its list; runs has the figures.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.run_absences.run_id IS
  'The run: runs.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.run_absences.artifact_id IS
  'The artifact that it did not list: artifacts.id.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.run_absences.finding IS
  'absent (proved: it was not in the list), or unproved (it may have been there and slipped between two pages; it stays current).';
--> statement-breakpoint
COMMENT ON COLUMN mirror.run_absences.witness_page IS
  'The page that is the witness: the list shows there what stands before and after the place of the artifact, and not the artifact. Where several are, the one that arrived last. Null where the whole list proves the absence, or nothing does.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.run_absences.witness_limit IS
  'How many items that page had room for: it says, with the number of the page, which part of the list was read. Null where there is no witness.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.run_absences.witnessed_at IS
  'When that page arrived. Null where there is no witness.';
--> statement-breakpoint
COMMENT ON TABLE mirror.dead_letters IS
  'One failure that was given up, kept until it is resolved or discarded. The same failure, met again while its letter is open, adds an occurrence and no row.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.id IS
  'Rises with every letter.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.error_class IS
  'The class of the failure, such as timeout or invalid_record: it decides whether it is tried again, and how.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.error_type IS
  'The catalog''s own name for the error, as it came. Null where it gave none.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.level IS
  'What failed: the organization (nothing could be read), a page, or a record on a page.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.organization IS
  'Whose listing was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.run_id IS
  'The run that met it last: runs.id. Null where no run was open.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.page IS
  'The number of the page. Null for an organization.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.artifact_id IS
  'The id in the bad record. Null where it could not be read, and for pages and organizations.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.status IS
  'The HTTP status of the answer. Null where there was no answer, or its status was not the trouble.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.detail IS
  'What happened, in a sentence.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.payload IS
  'The text as received, at most 1 MiB of it; secrets are replaced. For suspicious_removal the ids of the artifacts, as many as fit: run_absences has them all. Null where nothing was received. The role catalog_reader may not read this column.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.attempts IS
  'How often it was tried, all occurrences together.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.occurrences IS
  'In how many runs or places it was met while open.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.first_failed_at IS
  'When it was met for the first time.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.last_failed_at IS
  'When it was met last.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.state IS
  'open, resolved (a certified run did not meet it again, or a replay worked), or discarded (by a person).';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.resolved_by_run_id IS
  'The run that resolved it: runs.id. Null where none did.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.discard_reason IS
  'Why a person discarded it, in his words. Null unless he did.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.closed_at IS
  'When it was resolved or discarded. Null while it is open.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.identity IS
  'A digest of what makes two failures the same one.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.queued_at IS
  'When its job was put into the queue dead-letter.<class>. Null until then, and once it is taken out again.';
--> statement-breakpoint
COMMENT ON TABLE mirror.catalog IS
  'The one catalog that this database is a mirror of: at most one row.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.catalog.singleton IS
  'Always true: keeps the table to one row.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.catalog.url IS
  'The address of the catalog. A run against another address is refused until a person accepts it.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.catalog.accepted_at IS
  'When the address was first used, or accepted by a person.';
--> statement-breakpoint
COMMENT ON TABLE mirror.migrations IS
  'Which changes to these schemas have been applied to this database. Written by migrate.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.migrations.tag IS
  'The name of the file, without its ending.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.migrations.digest IS
  'The SHA-256 of the file as applied: a file that changes afterwards is refused.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.migrations.applied_at IS
  'When it was applied.';
--> statement-breakpoint
COMMENT ON TABLE mirror.staged_pages IS
  'The pages that an active run has read and not yet applied. Unlogged, and empty when no run is active.';
--> statement-breakpoint
COMMENT ON TABLE mirror.staged_artifacts IS
  'The records on those pages. Unlogged, and empty when no run is active.';
--> statement-breakpoint
COMMENT ON TABLE mirror.staged_bad_records IS
  'The records on those pages that break the contract, as received. Unlogged, and empty when no run is active.';
--> statement-breakpoint
COMMENT ON VIEW report.artifacts IS
  'The current artifacts: every version that had not ended as of the last complete run of the organization that mirrors it. One row each.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.organization IS
  'The organization that mirrors the artifact: its owner where the owner is mirrored, else the organization whose listing showed it.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.owner IS
  'The part of the name before its first slash; where it has none, the organization that listed the artifact.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.artifact_id IS
  'The artifact''s id in the catalog. It never changes.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.name IS
  'The name as the catalog writes it, usually owner/name. All versions of a model share it.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.version IS
  'The version as the catalog writes it.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.framework IS
  'The framework as the catalog writes it; safetensors where the catalog does not say.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.is_public IS
  'Whether the catalog shows it to everyone.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.download_count IS
  'All downloads of this version since it was created, as last observed. Null where its counter could not be read.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.origin IS
  'Where the artifact came from, in the words of the catalog: a JSON object, or null.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.extra IS
  'Every further field that the catalog sent with it, as a JSON object; empty where there was none.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.created_at IS
  'When the artifact was created, as the catalog says.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.first_seen_at IS
  'When the mirror first saw it.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.changed_at IS
  'When a field other than the counter last changed, or it was restored, found absent or found again.';
--> statement-breakpoint
COMMENT ON COLUMN report.artifacts.absent_since IS
  'Since when it is proved to be gone although its removal waits for a person. Null for all others; leave these rows out with absent_since IS NULL.';
--> statement-breakpoint
COMMENT ON VIEW report.models IS
  'The models that have a current version, one row for each kind, owner and name, over all versions.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.organization IS
  'The organization that mirrors the newest current version.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.owner IS
  'The part of the name before its first slash; where it has none, the organization that listed the artifact.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.name IS
  'The name that the versions share.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.version IS
  'The newest current version: the one created last.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.versions IS
  'How many versions are current.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.ended_versions IS
  'How many versions the mirror has seen that are no longer current.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.download_count IS
  'All downloads of the current versions since each was created, as last observed. A version whose counter could not be read counts for nothing; null where that is so for all of them.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.download_count_of_all_versions IS
  'The same with the versions that have ended, each with its last known counter.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.is_public IS
  'Whether the catalog shows any of the current versions to everyone.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.first_created_at IS
  'When the first version that the mirror has seen was created, also where that one has ended.';
--> statement-breakpoint
COMMENT ON COLUMN report.models.created_at IS
  'When the newest current version was created.';
--> statement-breakpoint
COMMENT ON VIEW report.coverage IS
  'Which days are known: one row for every day from the first run of an organization and kind to its last, whatever became of the runs.';
--> statement-breakpoint
COMMENT ON COLUMN report.coverage.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.coverage.organization IS
  'Whose listing was to be read.';
--> statement-breakpoint
COMMENT ON COLUMN report.coverage.day IS
  'A day in the time zone of the organization.';
--> statement-breakpoint
COMMENT ON COLUMN report.coverage.covered IS
  'Whether a complete run (certified or held) started that day. A day that is not covered has no rows in daily_downloads: it is unknown, not zero.';
--> statement-breakpoint
COMMENT ON COLUMN report.coverage.run_id IS
  'The last complete run of the day, which the daily rows come from: runs.id. Null where the day is not covered.';
--> statement-breakpoint
COMMENT ON VIEW report.daily_downloads IS
  'Downloads by artifact and day: the counter as of the day''s last complete run, less that of the artifact''s previous row. There is a row only for covered days (for artifacts of other owners: covered by a run with include_public) on which the artifact was listed and its counter known. A day without a run is not zero: the next row spans it. Sums over any stretch equal the last counter less the first, wherever no reset lies between.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.organization IS
  'The organization that spoke for the artifact on that day.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.owner IS
  'Its owner today.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.artifact_id IS
  'The artifact''s id in the catalog.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.name IS
  'Its name today.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.version IS
  'Its version today.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.day IS
  'The day of the run in the time zone of the organization.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.downloads IS
  'Downloads since the artifact''s previous row, never negative; for one that was created after the last complete run before it was first seen, all it has. Null where that cannot be known: in the first row of any other artifact (a baseline), and where the counter fell (see reset).';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.days_covered IS
  'How many days downloads spans: 1 where the day before has a row, more where days are missing. At least 1; for something new, the days since the last complete run before it was first seen. Divide by it for a rate. Null for a baseline.';
--> statement-breakpoint
COMMENT ON COLUMN report.daily_downloads.reset IS
  'Whether the counter fell at any time since the previous row, so that downloads cannot be known.';
--> statement-breakpoint
COMMENT ON VIEW report.organization_daily_downloads IS
  'The rows of daily_downloads added up: one row for each kind, organization, owner and day.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.organization IS
  'The organization that spoke for the artifacts on that day.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.owner IS
  'Their owner today.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.day IS
  'The day of the run in the time zone of the organization.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.downloads IS
  'The sum of the downloads that are known; it holds those of missing days before. Null where none are known, as on the first day.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.artifacts IS
  'How many artifacts have a row that day.';
--> statement-breakpoint
COMMENT ON COLUMN report.organization_daily_downloads.resets IS
  'How many of them are resets, and so missing from the sum.';
--> statement-breakpoint
COMMENT ON VIEW report.run_history IS
  'All runs, one row each, with how long they took.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.run_id IS
  'Rises with every run. Last and before mean the order of this number.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.kind IS
  'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.organization IS
  'Whose listing was read.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.day IS
  'The day of its start in the time zone of its organization.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.state IS
  'How it ended: running; certified (its result is proved), held (proved, but what it would remove waits for a person), inexact (everything was read, but the list would not stand still), partial (some pages failed for good), failed (nothing could be read or stored), abandoned (its process died and nobody took it up). Only certified and held runs are complete and cover a day.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.certified IS
  'Whether its state is certified.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.trigger IS
  'What asked for it: schedule, manual (a command), or replay (of a dead letter).';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.include_public IS
  'Whether public artifacts of other owners were listed too.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.started_at IS
  'When it started.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.finished_at IS
  'When it was closed. Null while it is running.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.duration_seconds IS
  'Seconds from start to close, those included in which a run that another process took up lay idle. Null while it is running.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.total IS
  'How many items the catalog said it has, in its last answer to this run. Null where nothing was read or the run is not over.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.listed IS
  'Different artifacts that the run saw.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.pages IS
  'Pages of the list that were read and kept, those of all passes together; extra reads do not count.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.passes IS
  'How often the whole list was read.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.extra_reads IS
  'Pages that were read beside the passes to prove what is not there.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.requests IS
  'HTTP requests that were made, repeated ones included.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.retries IS
  'Requests among them that repeated one that had failed.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.added IS
  'Artifacts that this run stored for the first time.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.changed IS
  'Artifacts with a change in a field other than the counter.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.counted IS
  'Observations that this run added to download_observations, first ones included.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.superseded IS
  'Artifacts that this run ended because another version of their name is listed.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.withdrawn IS
  'Artifacts that this run ended because they are gone.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.restored IS
  'Artifacts that had ended and that this run found listed again.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.unproved IS
  'Artifacts that were not listed and whose absence could not be proved: they stay current. 0 for a complete run.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.letters IS
  'Failures that this run filed in dead_letters, new ones and further occurrences.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.error_class IS
  'The class of the failure behind error. Null where there is none.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.error IS
  'Why it is not certified, in a sentence. Null where it is, or while it is running.';
--> statement-breakpoint
COMMENT ON COLUMN report.run_history.time_zone IS
  'The time zone in which day was taken.';
