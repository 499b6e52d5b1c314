import type pg from 'pg';

/** One worker's hold of a run: whoever takes the run over has another fencing token, and so another hold. */
export interface Hold {
  readonly runId: string;
  readonly fencingToken: string;
}

const NAMESPACE = 'catalog-mirror run';

/**
 * Marks a hold as alive with a session lock. PostgreSQL frees it the moment it sees the connection die, which lets the
 * next worker in before the lease of a killed one runs out (design section 4). Nobody else asks for this lock but to see
 * whether it is held, and not before the hold is committed: it is there at once.
 */
export async function lockHold(client: pg.PoolClient, hold: Hold): Promise<void> {
  await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [lockName(hold)]);
}

/**
 * Whether the connection of a hold still lives. To be asked in a transaction that has locked the run's row, so that two
 * who ask do not take each other for the holder.
 */
export async function isHoldAlive(client: pg.PoolClient, hold: Hold): Promise<boolean> {
  const { rows } = await client.query<{ is_free: boolean }>(
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS is_free',
    [lockName(hold)],
  );
  return rows[0]?.is_free !== true;
}

export async function releaseHold(client: pg.PoolClient, hold: Hold): Promise<void> {
  await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [lockName(hold)]);
}

function lockName({ runId, fencingToken }: Hold): string {
  return JSON.stringify([NAMESPACE, runId, fencingToken]);
}
