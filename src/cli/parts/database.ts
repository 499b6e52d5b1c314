import { join } from 'node:path';
import type pg from 'pg';
import { joinEmbeddedServer } from '../../embedded/server.ts';
import type { EmbeddedServer } from '../../embedded/types.ts';
import { packageRoot } from '../../package-root.ts';
import { connectToMirror } from '../../store/connect.ts';
import { type MigrationOutcome, migrate } from '../../store/migrate.ts';
import type { Context } from '../shell.ts';

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
 * @throws Failure (class `database`) where it cannot be used
 */
export async function openDatabase(context: Context, connections = 0): Promise<OpenDatabase> {
  const { settings } = context;
  if (settings.databaseUrl !== null)
    return connect(context, settings.databaseUrl.reveal(), connections, async () => {});
  const server = await startEmbedded(context);
  const name = settings.catalog.url === null ? DEMO_DATABASE : MIRROR_DATABASE;
  return connectEmbedded(context, server, name, connections, false);
}

/** Makes the demo's database anew, always on the embedded server. */
export async function openDemoDatabase(context: Context, connections: number): Promise<OpenDatabase> {
  return connectEmbedded(context, await startEmbedded(context), DEMO_DATABASE, connections, true);
}

function startEmbedded({ settings, clock, say }: Context): Promise<EmbeddedServer> {
  return joinEmbeddedServer({ home: settings.home, clock, log: say, onLost: (failure) => say(failure.message) });
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
    onIdleError: (error) => say(`PostgreSQL: a connection was lost: ${error.message}`),
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
