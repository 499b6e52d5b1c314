import { type SQL, sql } from 'drizzle-orm';
import { listedIds } from './listed.ts';
import { artifacts } from './schema.ts';

/** What a run speaks for: design section 2, "scope of a run". */
export interface Scope {
  readonly organization: string;
  readonly kind: string;
  /** Guests belong to the scope only of a run with include_public. */
  readonly includePublic: boolean;
}

/** The current artifacts of a scope, as WHERE over the alias `artifact`. */
export function isInScope(scope: Scope): SQL {
  return sql`
    artifact.kind = ${scope.kind}
    AND artifact.mirrored_by = ${scope.organization}
    AND artifact.ended_at IS NULL
    AND (${scope.includePublic} OR artifact.owner = ${scope.organization})`;
}

/**
 * The current artifacts of a scope that a run did not list, id and created_at, as a subquery. A record whose id cannot be
 * read spoils its created_at: a known artifact of exactly that instant counts as listed (design section 3).
 *
 * A full join, because PostgreSQL can do it by hash or merge alone: where its statistics are of other runs, it takes both
 * sides for small, and would go through all of one for each row of the other.
 *
 * @param within what else holds for the artifacts, over the alias `artifact`
 */
export function unlistedInScope(runId: string, scope: Scope, within: SQL = sql`true`): SQL {
  return sql`
    SELECT current.id, current.created_at
    FROM (${listedIds(runId)}) AS listed
    FULL JOIN (
      SELECT artifact.id, artifact.created_at FROM ${artifacts} AS artifact WHERE ${isInScope(scope)} AND ${within}
    ) AS current ON current.id = listed.id
    WHERE listed.id IS NULL
      AND NOT EXISTS (
        SELECT FROM mirror.staged_artifacts AS nameless
        WHERE nameless.run_id = ${runId}::bigint AND nameless.id IS NULL AND nameless.created_at = current.created_at
      )`;
}
