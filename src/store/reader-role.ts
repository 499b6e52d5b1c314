import pg from 'pg';
import { inTransaction } from './connection.ts';

/** `refused` carries the server's words, and what a DBA can run instead, statement by statement. */
export type ReaderRoleOutcome =
  | { readonly status: 'ready' }
  | { readonly status: 'refused'; readonly reason: string; readonly forDba: readonly string[] };

/** Named one by one, so that a table is readable only where somebody decided so: a test asks for that decision. */
const READABLE_TABLES = [
  'runs',
  'run_absences',
  'artifacts',
  'download_observations',
  'artifact_events',
  'covers',
  'daily_steps',
  'daily_lulls',
  'catalog',
  'migrations',
];

/** All columns of a letter but its payload, which holds what a server sent, word for word. */
const LETTER_COLUMNS =
  'id, error_class, error_type, level, organization, kind, run_id, page, artifact_id, status, detail, attempts, ' +
  'occurrences, first_failed_at, last_failed_at, state, resolved_by_run_id, discard_reason, closed_at, ' +
  'identity, queued_at';

const CREATE = 'CREATE ROLE catalog_reader NOLOGIN';
const GRANTS = [
  'GRANT USAGE ON SCHEMA mirror, report TO catalog_reader',
  `GRANT SELECT ON ${READABLE_TABLES.map((table) => `mirror.${table}`).join(', ')} TO catalog_reader`,
  `GRANT SELECT (${LETTER_COLUMNS}) ON mirror.dead_letters TO catalog_reader`,
];
/** What schema report holds is there to be read, whatever a later version adds to it. */
const GRANT_REPORTS = 'GRANT SELECT ON ALL TABLES IN SCHEMA report TO catalog_reader';

/**
 * Gives the role `catalog_reader` the right to read both schemas (design section 5) and nothing else. Roles belong to
 * the whole server: another database may create it at the same moment, and a managed server may refuse; neither stops
 * the migration.
 *
 * @throws the driver's error where the connection breaks
 */
export async function ensureReaderRole(client: pg.PoolClient): Promise<ReaderRoleOutcome> {
  try {
    const unusable = await inTransaction(client, async () => {
      if (!(await isThere(client))) {
        await client.query(
          `DO $$ BEGIN ${CREATE}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
        );
      }
      for (const grant of GRANTS) await client.query(grant);
      await grantOwnReports(client);
      return unusableSchemas(client);
    });
    if (unusable === null) return { status: 'ready' };
    return refused(client, `this role may not grant USAGE on the schemas ${unusable}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') throw error;
    return refused(client, error.message);
  }
}

/**
 * Lets readers read what a migration has just made in schema report, within its transaction: a view that is made anew
 * would else be closed to them for a moment. Where that is refused, ensureReaderRole() says so afterwards.
 */
export async function grantNewReports(client: pg.PoolClient): Promise<void> {
  await client.query(
    `DO $$ BEGIN
       IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'catalog_reader') THEN ${GRANT_REPORTS}; END IF;
     EXCEPTION WHEN OTHERS THEN NULL; END $$`,
  );
}

async function refused(client: pg.PoolClient, reason: string): Promise<ReaderRoleOutcome> {
  const create = (await isThere(client)) ? [] : [CREATE];
  return { status: 'refused', reason, forDba: [...create, ...GRANTS, GRANT_REPORTS] };
}

async function isThere(client: pg.PoolClient): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = 'catalog_reader'");
  return rowCount !== 0;
}

/** Those that this role may grant: a view of somebody else's in the schema is no reason to refuse the others. */
async function grantOwnReports(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ names: string | null }>(
    `SELECT string_agg(format('%I.%I', nspname, relname), ', ' ORDER BY relname) AS names
     FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'report' AND relkind IN ('r', 'v', 'm', 'p', 'f') AND pg_has_role(relowner, 'USAGE')`,
  );
  const names = rows[0]?.names ?? null;
  if (names !== null) await client.query(`GRANT SELECT ON ${names} TO catalog_reader`);
}

/** Where a DBA owns the schemas, GRANT only warns that it granted nothing. Null where the reader may use both. */
async function unusableSchemas(client: pg.PoolClient): Promise<string | null> {
  const { rows } = await client.query<{ names: string | null }>(
    `SELECT string_agg(nspname, ', ' ORDER BY nspname) AS names FROM pg_namespace
     WHERE nspname IN ('mirror', 'report') AND NOT has_schema_privilege('catalog_reader', oid, 'USAGE')`,
  );
  return rows[0]?.names ?? null;
}
