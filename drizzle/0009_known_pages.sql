-- What the pages of a listing were, where all of their items stood in the mirror just so when a run was over: the next run
-- knows such a page by one digest, and asks of its artifacts only whether any was written since.
CREATE TABLE "mirror"."known_pages" (
	"kind" text NOT NULL,
	"organization" text NOT NULL,
	"page" integer NOT NULL,
	"list" uuid NOT NULL,
	"items" integer NOT NULL,
	"first" timestamp with time zone NOT NULL,
	"last" timestamp with time zone NOT NULL,
	"ids" text NOT NULL,
	"run_id" bigint NOT NULL,
	CONSTRAINT "known_pages_kind_organization_page_pk" PRIMARY KEY("kind","organization","page")
);
--> statement-breakpoint
-- A digest of the list of items, of pages that were not known; null also where it had to be read to be understood.
ALTER TABLE mirror.staged_pages ADD COLUMN list uuid;
--> statement-breakpoint
-- How many artifacts stood in the scope from its first item to its last when it was entered; null where nobody looked.
ALTER TABLE mirror.staged_pages ADD COLUMN standing integer;
--> statement-breakpoint
COMMENT ON TABLE mirror.known_pages IS
  'Pages of a listing whose items were just the artifacts of its scope between the first and the last of them, as they were listed, when a run was over. A page that is listed again as it was need not be read, unless one of these artifacts was written since.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.kind IS 'Which listing of the catalog: models, or datasets.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.organization IS 'Whose listing was read.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.page IS 'The page, from 1 on.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.list IS 'A digest of its list of items as received.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.items IS 'How many items it listed.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.first IS 'The created_at of the first of them.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.last IS 'The created_at of the last of them.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.ids IS 'A digest of their ids, in the order of the list.';
--> statement-breakpoint
COMMENT ON COLUMN mirror.known_pages.run_id IS 'The run that says so: runs.id.';
