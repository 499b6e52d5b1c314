-- A first load writes what a page lists into its own transaction while the walk reads on. Until that is over, this is what
-- the page is staged from if the transaction is lost: the list as it was received. Null on every other page.
ALTER TABLE mirror.staged_pages ADD COLUMN kept bytea;
--> statement-breakpoint
-- To compress it would take longer than to write it.
ALTER TABLE mirror.staged_pages ALTER COLUMN kept SET STORAGE EXTERNAL;
