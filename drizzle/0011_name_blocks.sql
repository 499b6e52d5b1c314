-- An entry for each block of 64 pages in place of one for each artifact: a first load pays next to nothing for it.
DROP INDEX "mirror"."artifacts_by_name";--> statement-breakpoint
CREATE INDEX "artifacts_by_name" ON "mirror"."artifacts" USING brin ("name" text_bloom_ops) WITH (pages_per_range=64);
