import pg from 'pg';
import type { TestDatabase } from '../support/database.ts';

/** Connections with this application_name pass every stop. */
const PASSES_FREELY = 'passes freely';

/** Stops in a database at which a transaction stands still until the test lets it on: no guess at how long it takes. */
export interface Turnstile {
  /** Resolves once a transaction stands before a stop that is not open. */
  arrival(): Promise<{ readonly stop: string; readonly process: number }>;
  /** Lets through whoever stands before this stop, and whoever comes after. */
  open(stop: string): Promise<void>;
  /** Its connections pass every stop. */
  readonly passingPool: pg.Pool;
  close(): Promise<void>;
}

/** Any that no other lock of the database uses. */
const FIRST_KEY = 70_001;

/**
 * Puts stops into a database.
 *
 * @param stops each the event of a trigger, as CREATE TRIGGER writes it: `AFTER INSERT ON mirror.artifacts`
 */
export async function placeStops(database: TestDatabase, stops: readonly string[]): Promise<Turnstile> {
  const keeper = new pg.Client({ connectionString: database.connectionString, application_name: PASSES_FREELY });
  keeper.on('error', () => {});
  await keeper.connect();
  await keeper.query(`
    CREATE FUNCTION public.stand_still() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('application_name') <> '${PASSES_FREELY}' THEN
        PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint);
      END IF;
      RETURN NULL;
    END $$`);
  const keys = new Map(stops.map((stop, index) => [stop, FIRST_KEY + index]));
  for (const [stop, key] of keys) {
    await keeper.query('SELECT pg_advisory_lock($1)', [key]);
    await keeper.query(
      `CREATE TRIGGER stop_${key} ${stop} FOR EACH STATEMENT EXECUTE FUNCTION public.stand_still(${key})`,
    );
  }
  const passingPool = new pg.Pool({
    connectionString: database.connectionString,
    application_name: PASSES_FREELY,
  });
  passingPool.on('error', () => {});
  return {
    passingPool,
    async arrival() {
      for (;;) {
        const { rows } = await keeper.query<{ key: number; process: number }>(
          `SELECT objid::bigint::integer AS key, pid AS process
           FROM pg_locks
           WHERE locktype = 'advisory' AND NOT granted AND objid = ANY ($1::oid[])
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           LIMIT 1`,
          [[...keys.values()]],
        );
        const [waiting] = rows;
        const stop = stops.find((one) => keys.get(one) === waiting?.key);
        if (waiting !== undefined && stop !== undefined) return { stop, process: waiting.process };
      }
    },
    async open(stop) {
      await keeper.query('SELECT pg_advisory_unlock($1)', [keys.get(stop)]);
    },
    async close() {
      await passingPool.end();
      await keeper.end();
    },
  };
}
