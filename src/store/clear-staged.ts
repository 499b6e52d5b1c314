import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';

const STAGING_TABLES = ['staged_pages', 'staged_artifacts', 'staged_bad_records'];

/** Removes whatever a run has staged: staging is empty when no run is active. */
export async function clearStaged(db: Pick<NodePgDatabase, 'execute'>, runId: string): Promise<void> {
  for (const table of STAGING_TABLES) {
    await db.execute(sql`DELETE FROM mirror.${sql.identifier(table)} WHERE run_id = ${runId}::bigint`);
  }
}
