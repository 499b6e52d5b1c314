DROP INDEX "mirror"."dead_letters_unqueued";--> statement-breakpoint
CREATE INDEX "dead_letters_by_run" ON "mirror"."dead_letters" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "dead_letters_to_queue" ON "mirror"."dead_letters" USING btree ("id") WHERE "mirror"."dead_letters"."queued_at" is distinct from "mirror"."dead_letters"."last_failed_at" and "mirror"."dead_letters"."state" = 'open';--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.queued_at IS
  'The last_failed_at that its job in the queue dead-letter.<class> tells of. Null while it has no job.';
--> statement-breakpoint
COMMENT ON TABLE mirror.run_absences IS
  'What a run found of each artifact of its scope that it did not list. A complete run ends only what it found absent. Of a run that is not complete, at most 1,000 artifacts of each finding are kept, and none where the catalog does not sort its list; runs has the figures. What a run ended is kept for good; of runs that were held or are not complete, as long as closed letters are (MIRROR_KEEP_LETTERS_DAYS).';
