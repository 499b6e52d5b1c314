import pg from 'pg';
import { FORGOTTEN_AFTER_MS } from '../../catalog/quiet.ts';
import { ANSWER_WITHIN_MS, NO_QUIET, type PaceStore } from './store.ts';

/** The table, its row type, or their entries in the catalog: which of them is met depends on how far the other came. */
const ANOTHER_MADE_IT: ReadonlySet<unknown> = new Set(['23505', '42P07', '42710']);

/**
 * Paces in a table of the queue's schema, which must be there; the table is made with the first question. Unlogged: what
 * is lost with a crash of PostgreSQL is a pause that the catalog will ask for again. Connects with the first question.
 */
export function openPostgresPaces(databaseUrl: string, schema: string): PaceStore {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    // What a process tells and asks stays in its order.
    max: 1,
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    application_name: 'catalog-mirror pace',
    idleTimeoutMillis: 60_000,
  });
  // A connection that breaks while nobody asks: whoever asks next gets another one, or hears why not.
  pool.on('error', () => {});
  const table = `${pg.escapeIdentifier(schema)}.request_pace`;
  let isMade = false;

  /** @param name under which PostgreSQL keeps its plan: to make one takes longer than what is asked each few milliseconds */
  const query = async (
    sql: string,
    values: readonly unknown[],
    name?: string,
  ): Promise<{ a: number | null; b: number | null }[]> => {
    if (!isMade) await makeTable(pool, table);
    isMade = true;
    return (await pool.query<{ a: number | null; b: number | null }>({ text: sql, values: [...values], name })).rows;
  };

  return {
    name: 'PostgreSQL',
    async takeSlot(key, intervalMs) {
      const [row] = await query(
        `WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now, make_interval(secs => $2) AS step)
         INSERT INTO ${table} AS pace (key, next_slot) SELECT $1, now + step FROM moment
         ON CONFLICT (key) DO UPDATE
           SET next_slot = greatest(pace.next_slot, (SELECT now FROM moment)) + (SELECT step FROM moment)
         RETURNING 1000 * extract(epoch FROM next_slot - (SELECT now + step FROM moment))::float8 AS a`,
        [key, intervalMs / 1000],
        'slot',
      );
      return row?.a ?? 0;
    },
    async quiet(key) {
      const [row] = await query(
        `SELECT 1000 * extract(epoch FROM quiet_until - now)::float8 AS a,
                1000 * extract(epoch FROM now - quiet_since)::float8 AS b
         FROM ${table}, (SELECT clock_timestamp() AS now) AS moment
         WHERE key = $1 AND quiet_until > now - make_interval(secs => $2)`,
        [key, FORGOTTEN_AFTER_MS / 1000],
        'quiet',
      );
      return row === undefined || row.a === null ? NO_QUIET : { endsInMs: row.a, lastedMs: row.b ?? 0 };
    },
    async slowDown(key, milliseconds) {
      await query(
        `WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now)
         INSERT INTO ${table} AS pace (key, quiet_since, quiet_until)
         SELECT $1, now, now + make_interval(secs => $2) FROM moment
         ON CONFLICT (key) DO UPDATE
           SET quiet_since = CASE
                 WHEN pace.quiet_until > excluded.quiet_since - make_interval(secs => $3)
                   THEN coalesce(pace.quiet_since, excluded.quiet_since)
                 ELSE excluded.quiet_since
               END,
               quiet_until = greatest(pace.quiet_until, excluded.quiet_until)`,
        [key, milliseconds / 1000, FORGOTTEN_AFTER_MS / 1000],
      );
    },
    async answered(key) {
      await query(`UPDATE ${table} SET quiet_since = NULL WHERE key = $1 AND quiet_since IS NOT NULL`, [key]);
    },
    close: () => pool.end(),
  };
}

/** CREATE TABLE IF NOT EXISTS wants the right to create even where there is nothing to do. */
async function makeTable(pool: pg.Pool, table: string): Promise<void> {
  const { rows } = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (rows[0]?.there === true) return;
  try {
    await pool.query(
      `CREATE UNLOGGED TABLE ${table} (
         key text PRIMARY KEY,
         next_slot timestamptz,
         quiet_since timestamptz,
         quiet_until timestamptz
       )`,
    );
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !ANOTHER_MADE_IT.has(error.code)) throw error;
  }
}
