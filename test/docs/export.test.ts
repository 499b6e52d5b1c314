import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../cli/terminal.ts';
import { writeNastyHistory } from '../report/export/nasty.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { fencedBlocks, readPage } from './markdown.ts';

const queries = fencedBlocks(await readPage('docs/export.md')).flatMap(({ language, text }) =>
  language === 'duckdb' ? [text] : [],
);

/** The files that the page's queries name, by the report that is in them. */
const FILES = { 'daily.parquet': 'daily-downloads', 'artifacts.parquet': 'artifacts' };

describe.skipIf(!postgresAvailable)('docs/export.md', () => {
  let database: TestDatabase;
  let folder: string;
  let duckdb: DuckDBInstance;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-export-docs-'));
    database = await createTestDatabase();
    await writeNastyHistory(database.pool);
    for (const [file, report] of Object.entries(FILES)) {
      const { code, err } = await runCommand(['export', report, '--output', join(folder, file)], {
        cwd: folder,
        env: { DATABASE_URL: database.connectionString },
      });
      expect(code, err).toBe(0);
    }
    duckdb = await DuckDBInstance.create(':memory:', { file_search_path: folder });
  });
  afterAll(async () => {
    duckdb?.closeSync();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  test('has queries for DuckDB', () => {
    expect(queries.length).toBeGreaterThan(1);
  });

  test.each(queries)('asks DuckDB what it can answer: %s', async (query) => {
    const connection = await duckdb.connect();
    try {
      expect((await connection.runAndReadAll(query)).currentRowCount).toBeGreaterThan(0);
    } finally {
      connection.closeSync();
    }
  });
});
