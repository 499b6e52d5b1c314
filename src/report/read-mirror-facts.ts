import type pg from 'pg';
import { z } from 'zod';

/** What the mirror is: its server and its catalog. */
export interface MirrorFacts {
  /** As PostgreSQL calls it: `18.4`. */
  readonly serverVersion: string;
  readonly databaseBytes: number;
  /** The address of the catalog that it mirrors; null where none was ever mirrored. */
  readonly catalogUrl: string | null;
}

const rowSchema = z
  .object({ server_version: z.string(), database_bytes: z.coerce.number(), catalog_url: z.string().nullable() })
  .transform(
    (row): MirrorFacts => ({
      serverVersion: row.server_version,
      databaseBytes: row.database_bytes,
      catalogUrl: row.catalog_url,
    }),
  );

/** The catalog is that of the last run where none is bound to the mirror, as in the demo's. */
export async function readMirrorFacts(db: pg.Pool | pg.PoolClient): Promise<MirrorFacts> {
  const { rows } = await db.query(
    `SELECT
       current_setting('server_version') AS server_version,
       pg_database_size(current_database())::text AS database_bytes,
       coalesce(
         (SELECT url FROM mirror.catalog),
         (SELECT catalog_url FROM mirror.runs ORDER BY id DESC LIMIT 1)
       ) AS catalog_url`,
  );
  return rowSchema.parse(rows[0]);
}
