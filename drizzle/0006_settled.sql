DROP INDEX "mirror"."artifacts_scope";--> statement-breakpoint
DROP INDEX "mirror"."artifacts_by_name";--> statement-breakpoint
ALTER TABLE "mirror"."artifacts" ADD COLUMN "digest" uuid;--> statement-breakpoint
CREATE INDEX "artifacts_scope" ON "mirror"."artifacts" USING btree ("mirrored_by","created_at") WHERE "mirror"."artifacts"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "artifacts_by_name" ON "mirror"."artifacts" USING hash ("name");--> statement-breakpoint
-- Room for one new version of a row on each page: a counter that moves then touches no index (HOT).
ALTER TABLE mirror.artifacts SET (fillfactor = 90);
--> statement-breakpoint
-- Runs that are under way start over: what they staged has no digests.
TRUNCATE mirror.staged_pages, mirror.staged_artifacts, mirror.staged_bad_records;
--> statement-breakpoint
-- The ids of items that stood in the mirror just as they were listed. They are not staged with their fields.
ALTER TABLE mirror.staged_pages ADD COLUMN settled uuid[] NOT NULL DEFAULT '{}';
--> statement-breakpoint
-- Ids do not compress.
ALTER TABLE mirror.staged_pages ALTER COLUMN settled SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE mirror.staged_artifacts ADD COLUMN digest uuid;
--> statement-breakpoint
-- One index in place of two: rows arrive in its order, answer by answer.
DROP INDEX mirror.staged_artifacts_by_id;
--> statement-breakpoint
DROP INDEX mirror.staged_artifacts_by_read;
--> statement-breakpoint
CREATE INDEX staged_artifacts_by_read ON mirror.staged_artifacts (run_id, asked, id);
--> statement-breakpoint
COMMENT ON COLUMN mirror.artifacts.digest IS
  'A digest of what was last received of it, by which the next run knows that nothing changed. Null where none was made: the page held something unusual.';
