DROP INDEX "mirror"."dead_letters_unqueued";--> statement-breakpoint
CREATE INDEX "dead_letters_by_run" ON "mirror"."dead_letters" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "dead_letters_to_queue" ON "mirror"."dead_letters" USING btree ("id") WHERE "mirror"."dead_letters"."queued_at" is distinct from "mirror"."dead_letters"."last_failed_at" and "mirror"."dead_letters"."state" = 'open';--> statement-breakpoint
COMMENT ON COLUMN mirror.dead_letters.queued_at IS
  'The last_failed_at that its job in the queue dead-letter.<class> tells of. Null while it has no job.';
