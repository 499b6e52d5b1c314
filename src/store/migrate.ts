import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { z } from 'zod';
import { Failure } from '../catalog/failure.ts';
import { inTransaction, withConnection } from './connection.ts';
import { databaseFailure } from './database-failure.ts';
import { ensureReaderRole, grantNewReports, type ReaderRoleOutcome } from './reader-role.ts';

const journalSchema = z.object({ entries: z.array(z.object({ idx: z.number(), tag: z.string() })) });

interface MigrationFile {
  readonly tag: string;
  readonly digest: string;
  readonly statements: readonly string[];
}

export interface MigrationOutcome {
  /** The migrations that were applied now, in order; empty where there was nothing to do. */
  readonly applied: readonly string[];
  readonly readerRole: ReaderRoleOutcome;
}

/** Any number that nothing else in this database is likely to use: it only has to be the same for every process. */
const MIGRATION_LOCK = 7_223_140_011;

/**
 * Brings the database to the version of this program: applies the files of `folder` that it does not have yet, each in a
 * transaction of its own, under a session advisory lock, so that any number of processes may start at once.
 *
 * Ours rather than Drizzle's own migrator, which issues CREATE SCHEMA unconditionally (a managed server may refuse that
 * even where the schema exists), runs all files in one transaction and takes no lock: docs/decisions.md.
 *
 * @param pool the database, as a role that may create tables in the schemas `mirror` and `report`
 * @param options.folder the folder with drizzle-kit's files and their journal
 * @param options.now the moment that is recorded with each migration
 * @throws Failure (class `database`) where the database is of a newer version, a file was changed after it was applied,
 *   or PostgreSQL refuses a statement; nothing of that file is kept
 */
export async function migrate(
  pool: pg.Pool,
  options: { readonly folder: string; readonly now: () => Date },
): Promise<MigrationOutcome> {
  const files = await readMigrations(options.folder);
  try {
    return await withConnection(pool, async (client) => {
      await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      const applied = await bringUpToDate(client, files, options.now);
      const readerRole = await ensureReaderRole(client);
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      return { applied, readerRole };
    });
  } catch (error) {
    throw databaseFailure(error, 'migrate the database', 'schemas mirror and report');
  }
}

async function bringUpToDate(
  client: pg.PoolClient,
  files: readonly MigrationFile[],
  now: () => Date,
): Promise<readonly string[]> {
  await ensureSchemas(client);
  await client.query(
    'CREATE TABLE IF NOT EXISTS mirror.migrations (tag text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL)',
  );
  const pending = pendingMigrations(files, await appliedMigrations(client));
  for (const file of pending) await applyMigration(client, file, now());
  return pending.map((file) => file.tag);
}

async function readMigrations(folder: string): Promise<readonly MigrationFile[]> {
  const journal = journalSchema.parse(JSON.parse(await readFile(join(folder, 'meta', '_journal.json'), 'utf8')));
  return Promise.all(
    journal.entries.map(async ({ tag }) => {
      const text = await readFile(join(folder, `${tag}.sql`), 'utf8');
      return {
        tag,
        digest: createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex'),
        statements: text.split('--> statement-breakpoint').filter((statement) => statement.trim() !== ''),
      };
    }),
  );
}

/** CREATE SCHEMA IF NOT EXISTS needs the right to create even where there is nothing to do; a DBA may have made them. */
async function ensureSchemas(client: pg.PoolClient): Promise<void> {
  for (const schema of ['mirror', 'report']) {
    const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
    if (rowCount === 0) await client.query(`CREATE SCHEMA ${schema}`);
  }
}

async function appliedMigrations(client: pg.PoolClient): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ tag: string; digest: string }>('SELECT tag, digest FROM mirror.migrations');
  return new Map(rows.map((row) => [row.tag, row.digest]));
}

function pendingMigrations(
  files: readonly MigrationFile[],
  applied: ReadonlyMap<string, string>,
): readonly MigrationFile[] {
  const known = new Set(files.map((file) => file.tag));
  const newer = [...applied.keys()].filter((tag) => !known.has(tag));
  if (newer.length > 0) {
    throw new Failure({
      class: 'database',
      operation: 'migrate the database',
      subject: 'schemas mirror and report',
      detail: `it has migrations that this version does not know (${newer.join(', ')}): a newer catalog-mirror made it`,
      hint: 'Use the newer version of catalog-mirror, or another database. Nothing was changed.',
    });
  }
  const edited = files.find((file) => (applied.get(file.tag) ?? file.digest) !== file.digest);
  if (edited !== undefined) {
    throw new Failure({
      class: 'database',
      operation: 'migrate the database',
      subject: `migration ${edited.tag}`,
      detail: 'the file was changed after this database applied it',
      hint: 'Install the released files again; a change to the schema needs a migration of its own. Nothing was changed.',
    });
  }
  return files.filter((file) => !applied.has(file.tag));
}

async function applyMigration(client: pg.PoolClient, file: MigrationFile, appliedAt: Date): Promise<void> {
  try {
    await inTransaction(client, async () => {
      for (const statement of file.statements) await client.query(statement);
      await grantNewReports(client);
      await client.query('INSERT INTO mirror.migrations (tag, digest, applied_at) VALUES ($1, $2, $3)', [
        file.tag,
        file.digest,
        appliedAt,
      ]);
    });
  } catch (error) {
    throw databaseFailure(error, 'migrate the database', `migration ${file.tag}`);
  }
}
