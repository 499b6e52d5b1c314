import pg from 'pg';
import { embeddedFailure } from './failures.ts';
import { type Access, connectionString } from './member.ts';

/** Somebody else made it at the same moment. */
const ALREADY_THERE = new Set(['42P04', '23505']);

async function administer(
  access: Access,
  operation: string,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: connectionString(access, 'postgres'),
    application_name: 'catalog-mirror:admin',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await work(client);
  } catch (error) {
    throw embeddedFailure(
      operation,
      error instanceof Error ? error.message : String(error),
      'See its log, postgresql/postgresql.log in the home.',
      error,
    );
  } finally {
    await client.end().catch(() => {});
  }
}

/** Makes a database where there is none of that name. Any number of processes may do so at once. */
export async function ensureDatabase(access: Access, name: string): Promise<void> {
  await administer(access, `make the database ${name}`, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount !== 0) return;
    try {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && ALREADY_THERE.has(error.code ?? ''))) throw error;
    }
  });
}

/** Makes a database anew: one of that name is removed with all it holds, whoever is connected to it. */
export async function recreateDatabase(access: Access, name: string): Promise<void> {
  await administer(access, `make the database ${name} anew`, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`);
  });
}
