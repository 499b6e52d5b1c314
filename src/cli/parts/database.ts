import { join } from 'node:path';
import pg from 'pg';
import { joinEmbeddedServer } from '../../embedded/server.ts';
import type { EmbeddedServer } from '../../embedded/types.ts';
import { packageRoot } from '../../package-root.ts';
import { connectToMirror } from '../../store/connect.ts';
import { type MigrationOutcome, migrate } from '../../store/migrate.ts';
import { visible } from '../../terminal/safe-text.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

export const MIRROR_DATABASE = 'catalog_mirror';
export const DEMO_DATABASE = 'catalog_mirror_demo';

/** The mirror's database, connected and of this version. */
export interface OpenDatabase {
  readonly connectionString: string;
  readonly pool: pg.Pool;
  readonly migration: MigrationOutcome;
  /** Ends the connections; the last command that uses the embedded server stops it. */
  close(): Promise<void>;
}

/** What a command needs at hand beside the runs it works: views, letters, migrations. */
const SPARE_CONNECTIONS = 6;

/**
 * Opens the database that the settings name: DATABASE_URL, else the embedded server; there the mirror's own database,
 * or the demo's where no catalog is configured (design section 7).
 *
 * @param connections how many runs will be worked side by side
 * @param options.tellsOfReaders whether a line is said where the tables were made and the role for readers was refused
 * @throws Failure (class `database`) where it cannot be used
 */
export async function openDatabase(
  context: Context,
  connections = 0,
  { tellsOfReaders = true }: { readonly tellsOfReaders?: boolean } = {},
): Promise<OpenDatabase> {
  const database = await openConfigured(context, connections);
  const { applied, readerRole } = database.migration;
  if (tellsOfReaders && applied.length > 0 && readerRole.status === 'refused') {
    context.say(
      `The role catalog_reader could not be set up: ${visible(readerRole.reason)}. ` +
        '`catalog-mirror migrate` says what a DBA can run.',
    );
  }
  return database;
}

async function openConfigured(context: Context, connections: number): Promise<OpenDatabase> {
  const { settings } = context;
  if (settings.databaseUrl !== null)
    return connect(context, settings.databaseUrl.reveal(), connections, async () => {});
  const server = await startEmbedded(context);
  const name = settings.catalog.url === null ? DEMO_DATABASE : MIRROR_DATABASE;
  return connectEmbedded(context, server, name, connections, false);
}

/**
 * Makes the demo's database anew, always on the embedded server.
 *
 * @throws UsageError where another demo runs in the same folder: it would lose its database in mid-month
 */
export async function openDemoDatabase(context: Context, connections: number): Promise<OpenDatabase> {
  const server = await startEmbedded(context);
  try {
    const lock = await lockDemo(server.connectionString('postgres'));
    const database = await connectEmbedded(context, server, DEMO_DATABASE, connections, true);
    return {
      ...database,
      close: async () => {
        await lock.end();
        await database.close();
      },
    };
  } catch (error) {
    await server.leave();
    throw error;
  }
}

/** Any number that nothing else on the embedded server is likely to use. */
const DEMO_LOCK = 7_223_140_012;

/** The lock is held as long as the connection lives, so that a demo that was killed holds none. */
async function lockDemo(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  // The pool of the demo says so too when the server goes.
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [DEMO_LOCK]);
  if (rows[0]?.free === true) return client;
  await client.end();
  throw new UsageError(
    'Another demo is running in this folder.',
    'Wait until it ends, or set CATALOG_MIRROR_HOME to another folder.',
  );
}

function startEmbedded({ settings, clock, say }: Context): Promise<EmbeddedServer> {
  return joinEmbeddedServer({
    home: settings.home,
    clock,
    log: say,
    onLost: (failure) => say(visible(failure.message)),
  });
}

async function connectEmbedded(
  context: Context,
  server: EmbeddedServer,
  name: string,
  connections: number,
  anew: boolean,
): Promise<OpenDatabase> {
  try {
    if (anew) await server.recreateDatabase(name);
    else await server.ensureDatabase(name);
    return await connect(context, server.connectionString(name), connections, () => server.leave());
  } catch (error) {
    await server.leave();
    throw error;
  }
}

async function connect(
  { clock, say }: Context,
  connectionString: string,
  connections: number,
  leave: () => Promise<void>,
): Promise<OpenDatabase> {
  const pool = await connectToMirror(connectionString, {
    max: connections + SPARE_CONNECTIONS,
    onIdleError: (error) => say(`PostgreSQL: a connection was lost: ${visible(error.message)}`),
  });
  const close = async (): Promise<void> => {
    await pool.end();
    await leave();
  };
  try {
    const migration = await migrate(pool, { folder: join(packageRoot(), 'drizzle'), now: () => clock.now() });
    return { connectionString, pool, migration, close };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
