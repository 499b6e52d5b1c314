import type pg from 'pg';

/**
 * Binds the mirror to one catalog: the first address that is mirrored is stored with it, and another one is told from
 * then on, so that a slip in the settings never mixes two catalogs (design section 7).
 *
 * @returns the address that the mirror is of, which may be another than `url`
 */
export async function bindCatalog(pool: pg.Pool, url: string, now: Date): Promise<string> {
  await pool.query('INSERT INTO mirror.catalog (url, accepted_at) VALUES ($1, $2) ON CONFLICT (singleton) DO NOTHING', [
    url,
    now,
  ]);
  const { rows } = await pool.query<{ url: string }>('SELECT url FROM mirror.catalog');
  return rows[0]?.url ?? url;
}

/** Makes `url` the catalog of this mirror from now on, because a person said so. */
export async function acceptCatalog(pool: pg.Pool, url: string, now: Date): Promise<void> {
  await pool.query(
    `INSERT INTO mirror.catalog (url, accepted_at) VALUES ($1, $2)
     ON CONFLICT (singleton) DO UPDATE SET url = excluded.url, accepted_at = excluded.accepted_at`,
    [url, now],
  );
}
