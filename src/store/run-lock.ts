import type pg from 'pg';

const NAMESPACE = 'catalog-mirror run';

/**
 * Tries to take the session lock of one organization's listing of one kind. PostgreSQL frees it the moment it sees the
 * connection die, which lets the next worker in before the lease of a killed one runs out (design section 4).
 */
export async function tryRunLock(client: pg.PoolClient, organization: string, kind: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
    [lockName(organization, kind)],
  );
  return rows[0]?.locked ?? false;
}

export async function releaseRunLock(client: pg.PoolClient, organization: string, kind: string): Promise<void> {
  await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [lockName(organization, kind)]);
}

function lockName(organization: string, kind: string): string {
  return JSON.stringify([NAMESPACE, organization, kind]);
}
