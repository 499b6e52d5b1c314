/**
 * What a good weekend script does: page by page, an upsert of the page through Drizzle and a snapshot row for each of its
 * artifacts. `URL ORGANIZATION PAGES PAGE_SIZE DATABASE_URL DAY`. Says how many milliseconds that took, its own start not
 * counted, and how many artifacts there were.
 */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { bigint, boolean, date, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { Agent } from 'undici';
import { z } from 'zod';

const artifacts = pgTable('artifacts', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  version: text('version').notNull(),
  framework: text('framework').notNull(),
  isPublic: boolean('is_public').notNull(),
  downloadCount: bigint('download_count', { mode: 'number' }).notNull(),
  origin: jsonb('origin'),
  createdAt: timestamp('created_at', { withTimezone: true, mode: 'string' }).notNull(),
  extra: jsonb('extra').notNull(),
});
const snapshots = pgTable(
  'snapshots',
  {
    artifactId: uuid('artifact_id').notNull(),
    day: date('day').notNull(),
    downloadCount: bigint('download_count', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.artifactId, table.day] })],
);
const pageSchema = z.object({
  models: z.array(
    z
      .object({
        id: z.string(),
        name: z.string(),
        version: z.string(),
        framework: z.string(),
        is_public: z.boolean(),
        download_count: z.number(),
        origin: z.unknown(),
        created_at: z.string(),
      })
      .catchall(z.unknown()),
  ),
});

const [url = '', organization = '', pages = '', pageSize = '', databaseUrl = '', day = ''] = process.argv.slice(2);
const agent = new Agent();
const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
const db = drizzle(pool);
await db.execute(sql`
  CREATE TABLE IF NOT EXISTS artifacts (
    id uuid PRIMARY KEY, name text NOT NULL, version text NOT NULL, framework text NOT NULL, is_public boolean NOT NULL,
    download_count bigint NOT NULL, origin jsonb, created_at timestamptz NOT NULL, extra jsonb NOT NULL
  )`);
await db.execute(sql`
  CREATE TABLE IF NOT EXISTS snapshots (
    artifact_id uuid, day date, download_count bigint NOT NULL, PRIMARY KEY (artifact_id, day)
  )`);
let items = 0;
const begunAt = performance.now();
for (let page = 1; page <= Number(pages); page += 1) {
  const path = `/api/v1/org/${organization}/models?page=${page}&limit=${pageSize}`;
  const { body } = await agent.request({ origin: url, path, method: 'GET' });
  const { models } = pageSchema.parse(await body.json());
  items += models.length;
  const rows = models.map(
    ({ id, name, version, framework, is_public, download_count, origin, created_at, ...extra }) => ({
      id,
      name,
      version,
      framework,
      isPublic: is_public,
      downloadCount: download_count,
      origin: origin ?? null,
      createdAt: created_at,
      extra,
    }),
  );
  await db
    .insert(artifacts)
    .values(rows)
    .onConflictDoUpdate({
      target: artifacts.id,
      set: {
        name: sql`excluded.name`,
        version: sql`excluded.version`,
        framework: sql`excluded.framework`,
        isPublic: sql`excluded.is_public`,
        downloadCount: sql`excluded.download_count`,
        origin: sql`excluded.origin`,
        createdAt: sql`excluded.created_at`,
        extra: sql`excluded.extra`,
      },
    });
  await db
    .insert(snapshots)
    .values(rows.map(({ id, downloadCount }) => ({ artifactId: id, day, downloadCount })))
    .onConflictDoNothing();
}
const ms = performance.now() - begunAt;
await pool.end();
await agent.destroy();
process.stdout.write(JSON.stringify({ ms, items }));
