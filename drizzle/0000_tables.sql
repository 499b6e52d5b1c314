CREATE TABLE "mirror"."artifact_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mirror"."artifact_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"artifact_id" uuid NOT NULL,
	"run_id" bigint,
	"at" timestamp with time zone NOT NULL,
	"day" date NOT NULL,
	"event" text NOT NULL,
	"changes" jsonb,
	"run_order" bigint NOT NULL,
	CONSTRAINT "artifact_events_event" CHECK ("mirror"."artifact_events"."event" in ('changed', 'superseded', 'withdrawn', 'out_of_scope', 'restored', 'absent', 'returned'))
);
--> statement-breakpoint
CREATE TABLE "mirror"."artifacts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"owner" text NOT NULL,
	"mirrored_by" text NOT NULL,
	"version" text NOT NULL,
	"framework" text NOT NULL,
	"is_public" boolean NOT NULL,
	"download_count" bigint,
	"origin" jsonb,
	"created_at" timestamp with time zone NOT NULL,
	"extra" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"absent_since" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"ending" text,
	"first_run_id" bigint NOT NULL,
	"changed_run_id" bigint,
	"run_order" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "artifacts_ending" CHECK ("mirror"."artifacts"."ending" in ('superseded', 'withdrawn', 'out_of_scope')),
	CONSTRAINT "artifacts_ended" CHECK (("mirror"."artifacts"."ended_at" is null) = ("mirror"."artifacts"."ending" is null))
);
--> statement-breakpoint
CREATE TABLE "mirror"."catalog" (
	"singleton" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"url" text NOT NULL,
	"accepted_at" timestamp with time zone NOT NULL,
	CONSTRAINT "catalog_singleton" CHECK ("mirror"."catalog"."singleton")
);
--> statement-breakpoint
CREATE TABLE "mirror"."dead_letters" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mirror"."dead_letters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"error_class" text NOT NULL,
	"error_type" text,
	"level" text NOT NULL,
	"organization" text NOT NULL,
	"kind" text NOT NULL,
	"run_id" bigint,
	"page" integer,
	"artifact_id" uuid,
	"status" integer,
	"detail" text NOT NULL,
	"payload" text,
	"attempts" integer NOT NULL,
	"occurrences" integer DEFAULT 1 NOT NULL,
	"first_failed_at" timestamp with time zone NOT NULL,
	"last_failed_at" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"resolved_by_run_id" bigint,
	"discard_reason" text,
	"closed_at" timestamp with time zone,
	"identity" text NOT NULL,
	"queued_at" timestamp with time zone,
	CONSTRAINT "dead_letters_level" CHECK ("mirror"."dead_letters"."level" in ('organization', 'page', 'record')),
	CONSTRAINT "dead_letters_state" CHECK ("mirror"."dead_letters"."state" in ('open', 'resolved', 'discarded')),
	CONSTRAINT "dead_letters_discarded" CHECK (("mirror"."dead_letters"."state" = 'discarded') = ("mirror"."dead_letters"."discard_reason" is not null)),
	CONSTRAINT "dead_letters_closed" CHECK (("mirror"."dead_letters"."state" = 'open') = ("mirror"."dead_letters"."closed_at" is null))
);
--> statement-breakpoint
CREATE TABLE "mirror"."download_observations" (
	"artifact_id" uuid NOT NULL,
	"observed_at" timestamp with time zone NOT NULL,
	"run_id" bigint NOT NULL,
	"download_count" bigint,
	CONSTRAINT "download_observations_artifact_id_run_id_pk" PRIMARY KEY("artifact_id","run_id")
);
--> statement-breakpoint
CREATE TABLE "mirror"."run_absences" (
	"run_id" bigint NOT NULL,
	"artifact_id" uuid NOT NULL,
	"finding" text NOT NULL,
	"witness_page" integer,
	"witness_limit" integer,
	"witnessed_at" timestamp with time zone,
	CONSTRAINT "run_absences_run_id_artifact_id_pk" PRIMARY KEY("run_id","artifact_id"),
	CONSTRAINT "run_absences_finding" CHECK ("mirror"."run_absences"."finding" in ('absent', 'unproved')),
	CONSTRAINT "run_absences_witness" CHECK (("mirror"."run_absences"."witness_page" is null) = ("mirror"."run_absences"."witness_limit" is null)
        and ("mirror"."run_absences"."witness_page" is null) = ("mirror"."run_absences"."witnessed_at" is null)),
	CONSTRAINT "run_absences_unproved" CHECK ("mirror"."run_absences"."finding" = 'absent' or "mirror"."run_absences"."witness_page" is null)
);
--> statement-breakpoint
CREATE TABLE "mirror"."runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mirror"."runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organization" text NOT NULL,
	"kind" text NOT NULL,
	"include_public" boolean NOT NULL,
	"trigger" text NOT NULL,
	"day" date NOT NULL,
	"state" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"total" bigint,
	"listed" integer DEFAULT 0 NOT NULL,
	"pages" integer DEFAULT 0 NOT NULL,
	"passes" integer DEFAULT 0 NOT NULL,
	"extra_reads" integer DEFAULT 0 NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"retries" integer DEFAULT 0 NOT NULL,
	"added" integer DEFAULT 0 NOT NULL,
	"changed" integer DEFAULT 0 NOT NULL,
	"counted" integer DEFAULT 0 NOT NULL,
	"superseded" integer DEFAULT 0 NOT NULL,
	"withdrawn" integer DEFAULT 0 NOT NULL,
	"restored" integer DEFAULT 0 NOT NULL,
	"unproved" integer DEFAULT 0 NOT NULL,
	"letters" integer DEFAULT 0 NOT NULL,
	"error" text,
	"error_class" text,
	"proof" jsonb,
	"time_zone" text NOT NULL,
	"catalog_url" text NOT NULL,
	"page_size" integer NOT NULL,
	"fencing_token" bigint DEFAULT 1 NOT NULL,
	"lease_expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "runs_state" CHECK ("mirror"."runs"."state" in ('running', 'certified', 'held', 'inexact', 'partial', 'failed', 'abandoned')),
	CONSTRAINT "runs_trigger" CHECK ("mirror"."runs"."trigger" in ('schedule', 'manual', 'replay')),
	CONSTRAINT "runs_finished" CHECK (("mirror"."runs"."state" = 'running') = ("mirror"."runs"."finished_at" is null))
);
--> statement-breakpoint
CREATE INDEX "artifact_events_by_artifact" ON "mirror"."artifact_events" USING btree ("artifact_id","run_order");--> statement-breakpoint
CREATE INDEX "artifacts_scope" ON "mirror"."artifacts" USING btree ("kind","mirrored_by") WHERE "mirror"."artifacts"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "artifacts_by_name" ON "mirror"."artifacts" USING btree ("kind","name");--> statement-breakpoint
CREATE UNIQUE INDEX "dead_letters_one_open" ON "mirror"."dead_letters" USING btree ("identity") WHERE "mirror"."dead_letters"."state" = 'open';--> statement-breakpoint
CREATE INDEX "dead_letters_by_organization" ON "mirror"."dead_letters" USING btree ("kind","organization");--> statement-breakpoint
CREATE INDEX "dead_letters_unqueued" ON "mirror"."dead_letters" USING btree ("id") WHERE "mirror"."dead_letters"."queued_at" is null and "mirror"."dead_letters"."state" = 'open';--> statement-breakpoint
CREATE INDEX "dead_letters_to_unqueue" ON "mirror"."dead_letters" USING btree ("id") WHERE "mirror"."dead_letters"."queued_at" is not null and "mirror"."dead_letters"."state" <> 'open';--> statement-breakpoint
CREATE INDEX "dead_letters_by_closing" ON "mirror"."dead_letters" USING btree ("closed_at") WHERE "mirror"."dead_letters"."closed_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_active" ON "mirror"."runs" USING btree ("organization","kind") WHERE "mirror"."runs"."state" = 'running';--> statement-breakpoint
CREATE INDEX "runs_by_organization" ON "mirror"."runs" USING btree ("kind","organization","id");