import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { artifactEvents } from './schema.ts';

/**
 * So many are counted in 1.2 ms. A mirror of a million has a hundred, but for those that a retirement writes, one for
 * each artifact.
 */
const MOST_COUNTED = 10_000;

/**
 * How often an artifact has gone from one speaker to another, or with its speaker, since there is a mirror: whatever leaves
 * the scope of a run that is active has such an event, and none is ever removed (who writes something that removes some must
 * see to it that no run is active). As long as there are as many, nothing has left any scope.
 *
 * @returns null where there are too many to count
 */
export async function countHandovers(db: Pick<NodePgDatabase, 'execute'>): Promise<number | null> {
  const { rows } = await db.execute<{ handovers: number }>(sql`
    SELECT count(*)::integer AS handovers
    FROM (
      SELECT FROM ${artifactEvents}
      WHERE event = 'out_of_scope' OR changes ?| array['mirrored_by', 'owner']
      -- That of the index (artifact_events_of_speakers), whatever the statistics say: of all events they are few.
      ORDER BY run_order
      LIMIT ${MOST_COUNTED}
    ) AS event`);
  const handovers = rows[0]?.handovers ?? MOST_COUNTED;
  return handovers < MOST_COUNTED ? handovers : null;
}
