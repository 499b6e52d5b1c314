import { type SQL, sql } from 'drizzle-orm';

/**
 * What a run listed, one row an id: where reads listed an artifact more than once, the reading that arrived
 * last. A bad record stands here with what could be read of it.
 */
export function listedBy(runId: string): SQL {
  return sql`
    SELECT DISTINCT ON (id)
      id, good, arrived_at, name, owner, version, framework, is_public, download_count, origin, created_at,
      coalesce(extra, '{}') AS extra
    FROM mirror.staged_artifacts
    WHERE run_id = ${runId} AND id IS NOT NULL
    ORDER BY id, arrived_at DESC, asked DESC, position DESC`;
}
