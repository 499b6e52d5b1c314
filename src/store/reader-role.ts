import pg from 'pg';
import { inTransaction } from './connection.ts';

/** `refused` carries the server's words, and what a DBA can run instead. */
export type ReaderRoleOutcome = { readonly status: 'ready' } | { readonly status: 'refused'; readonly reason: string };

const READABLE_TABLES = [
  'runs',
  'run_absences',
  'artifacts',
  'download_observations',
  'artifact_events',
  'catalog',
  'migrations',
];

/** All columns of a letter but its payload, which holds what a server sent, word for word. */
const LETTER_COLUMNS =
  'id, error_class, error_type, level, organization, kind, run_id, page, artifact_id, status, detail, attempts, ' +
  'occurrences, first_failed_at, last_failed_at, state, resolved_by_run_id, discard_reason, closed_at, ' +
  'identity, queued_at';

/** What a DBA runs where this role may not. */
export const READER_ROLE_SQL = [
  'CREATE ROLE catalog_reader NOLOGIN',
  'GRANT USAGE ON SCHEMA mirror, report TO catalog_reader',
  `GRANT SELECT ON ${READABLE_TABLES.map((table) => `mirror.${table}`).join(', ')} TO catalog_reader`,
  `GRANT SELECT (${LETTER_COLUMNS}) ON mirror.dead_letters TO catalog_reader`,
  'GRANT SELECT ON ALL TABLES IN SCHEMA report TO catalog_reader',
];

/**
 * Gives the role `catalog_reader` the right to read both schemas (design section 5) and nothing else. Roles belong to
 * the whole server: another database may create it at the same moment, and a managed server may refuse; neither stops
 * the migration.
 *
 * @throws the driver's error where the connection breaks
 */
export async function ensureReaderRole(client: pg.PoolClient): Promise<ReaderRoleOutcome> {
  const [create = '', ...grants] = READER_ROLE_SQL;
  try {
    const unusable = await inTransaction(client, async () => {
      const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = 'catalog_reader'");
      if (rowCount === 0) {
        await client.query(
          `DO $$ BEGIN ${create}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
        );
      }
      for (const grant of grants) await client.query(grant);
      return unusableSchemas(client);
    });
    if (unusable === null) return { status: 'ready' };
    return { status: 'refused', reason: `this role may not grant USAGE on the schemas ${unusable}` };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') throw error;
    return { status: 'refused', reason: error.message };
  }
}

/** Where a DBA owns the schemas, GRANT only warns that it granted nothing. Null where the reader may use both. */
async function unusableSchemas(client: pg.PoolClient): Promise<string | null> {
  const { rows } = await client.query<{ names: string | null }>(
    `SELECT string_agg(nspname, ', ' ORDER BY nspname) AS names FROM pg_namespace
     WHERE nspname IN ('mirror', 'report') AND NOT has_schema_privilege('catalog_reader', oid, 'USAGE')`,
  );
  return rows[0]?.names ?? null;
}
