ALTER TABLE "mirror"."runs" ADD COLUMN "approved_run_id" bigint;--> statement-breakpoint
COMMENT ON COLUMN mirror.runs.approved_run_id IS
  'The held run whose removal a person approved when he asked for this one with dead-letters replay. Null where nobody approved anything.';
