import { type SQL, sql } from 'drizzle-orm';
import { artifacts } from '../schema.ts';
import type { Transaction } from './context.ts';

/**
 * The ids of what a run listed that the mirror knows, whoever mirrors them, as a subquery. Each is looked up by itself: as
 * a join PostgreSQL may go through the whole table for a run of ten artifacts, or, where the statistics take the table for
 * empty, through all of it for each of 200,000.
 *
 * @param listed what the run listed (listedBy)
 */
export function knownIds(listed: SQL): SQL {
  return sql`
    SELECT listed.id
    FROM (${listed}) AS listed
    CROSS JOIN LATERAL (SELECT FROM ${artifacts} AS known WHERE known.id = listed.id OFFSET 0) AS known`;
}

/** Whether the mirror knows anything of what a run listed. On most first loads it does not, which spares two passes. */
export async function isAnyKnown(tx: Transaction, listed: SQL): Promise<boolean> {
  const { rows } = await tx.execute<{ any: boolean }>(sql`SELECT EXISTS (${knownIds(listed)}) AS any`);
  return rows[0]?.any ?? false;
}
