import type pg from 'pg';

/**
 * Binds the mirror to one catalog: the first address that is mirrored is stored with it, and another one is told from
 * then on, so that a slip in the settings never mixes two catalogs (design section 7). An address of which nothing was
 * ever read binds nobody: a first try with a wrong one can simply be corrected.
 *
 * @returns the address that the mirror is of, which may be another than `url`
 */
export async function bindCatalog(pool: pg.Pool, url: string, now: Date): Promise<string> {
  await pool.query(
    `INSERT INTO mirror.catalog (url, accepted_at) VALUES ($1, $2)
     ON CONFLICT (singleton) DO UPDATE SET url = excluded.url, accepted_at = excluded.accepted_at
       WHERE catalog.url <> excluded.url
         AND NOT EXISTS (SELECT FROM mirror.runs WHERE state NOT IN ('failed', 'abandoned'))`,
    [url, now],
  );
  const { rows } = await pool.query<{ url: string }>('SELECT url FROM mirror.catalog');
  return rows[0]?.url ?? url;
}

/** The address that this mirror is bound to; null where nothing was ever read of any. */
export async function readBoundCatalog(pool: pg.Pool): Promise<string | null> {
  const { rows } = await pool.query<{ url: string }>(
    `SELECT url FROM mirror.catalog
     WHERE EXISTS (SELECT FROM mirror.runs WHERE state NOT IN ('failed', 'abandoned'))`,
  );
  return rows[0]?.url ?? null;
}

/** Makes `url` the catalog of this mirror from now on, because a person said so. */
export async function acceptCatalog(pool: pg.Pool, url: string, now: Date): Promise<void> {
  await pool.query(
    `INSERT INTO mirror.catalog (url, accepted_at) VALUES ($1, $2)
     ON CONFLICT (singleton) DO UPDATE SET url = excluded.url, accepted_at = excluded.accepted_at`,
    [url, now],
  );
}
