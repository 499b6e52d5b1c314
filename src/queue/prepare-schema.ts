import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, type PgQueryable, runMigrations } from 'bullmq';
import pg from 'pg';

const CONNECT_MS = 10_000;

/**
 * Brings BullMQ's own tables up to date in their schema. BullMQ takes an advisory lock for it, so any number of
 * processes may start at once. A schema that a DBA made is taken as it is: `create schema if not exists` would ask for
 * the right to create schemas even where there is nothing to create.
 *
 * @throws what the driver throws: no connection, no right, a schema of a newer BullMQ
 */
export async function prepareQueueSchema(databaseUrl: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_MS });
  // Without a listener a connection that breaks between two queries would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const present = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
    const exists = present.rows.length > 0;
    if (exists && (await isCurrent(client, schema))) return;
    await runMigrations(exists ? withoutCreateSchema(client) : client, schema);
  } finally {
    await client.end();
  }
}

async function isCurrent(client: pg.Client, schema: string): Promise<boolean> {
  const ledger = await client.query('select to_regclass($1) is not null as present', [`"${schema}".migration`]);
  if (ledger.rows[0]?.present !== true) return false;
  return (await assertSchemaCompatibility(client, schema)) >= LATEST_SCHEMA_VERSION;
}

function withoutCreateSchema(all: PgQueryable): PgQueryable {
  return {
    query: (text, params) => all.query(/^create schema if not exists\b/i.test(text) ? 'select 1' : text, params),
  };
}
