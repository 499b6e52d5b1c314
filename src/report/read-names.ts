import type pg from 'pg';
import { z } from 'zod';

/** The organizations that were ever mirrored, or that speak for an artifact. */
export async function readMirroredOrganizations(db: pg.Pool | pg.PoolClient): Promise<readonly string[]> {
  const { rows } = await db.query('SELECT DISTINCT organization FROM mirror.runs ORDER BY organization');
  return z
    .array(z.object({ organization: z.string() }))
    .parse(rows)
    .map(({ organization }) => organization);
}

/** The organizations that mirror artifacts of an owner; none where it owns none that is current. */
export async function readSpeakersFor(db: pg.Pool | pg.PoolClient, owner: string): Promise<readonly string[]> {
  const { rows } = await db.query(
    `SELECT DISTINCT mirrored_by AS organization FROM mirror.artifacts
     WHERE owner = $1 AND ended_at IS NULL ORDER BY 1`,
    [owner],
  );
  return z
    .array(z.object({ organization: z.string() }))
    .parse(rows)
    .map(({ organization }) => organization);
}
