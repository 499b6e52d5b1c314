import { type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { artifacts } from './schema.ts';

/** What a run speaks for: design section 2, "scope of a run". */
export interface Scope {
  readonly organization: string;
  readonly kind: string;
  /** Guests belong to the scope only of a run with include_public. */
  readonly includePublic: boolean;
}

/**
 * The current artifacts of a scope that a run did not list, as FROM and WHERE over the alias `artifact`. A record whose
 * id cannot be read spoils its created_at: a known artifact of exactly that instant counts as listed (design section 3).
 */
export function unlistedInScope(runId: string, scope: Scope): SQL {
  return sql`
    FROM ${artifacts} AS artifact
    WHERE artifact.kind = ${scope.kind}
      AND artifact.mirrored_by = ${scope.organization}
      AND artifact.ended_at IS NULL
      AND (${scope.includePublic} OR artifact.owner = ${scope.organization})
      AND NOT EXISTS (
        SELECT FROM mirror.staged_artifacts AS staged WHERE staged.run_id = ${runId} AND staged.id = artifact.id
      )
      AND NOT EXISTS (
        SELECT FROM mirror.staged_artifacts AS nameless
        WHERE nameless.run_id = ${runId} AND nameless.id IS NULL AND nameless.created_at = artifact.created_at
      )`;
}

/** How many artifacts of the scope no page of this run listed. */
export async function countUnlisted(db: Pick<NodePgDatabase, 'execute'>, runId: string, scope: Scope): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(
    sql`SELECT count(*)::integer AS count ${unlistedInScope(runId, scope)}`,
  );
  return rows[0]?.count ?? 0;
}
