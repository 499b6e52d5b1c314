import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, postgresAvailable, useTestDatabase } from '../support/database.ts';
import { useFolders } from './migrations-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCHEMA = 'src/store/schema.ts';
const KIT = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');

async function drizzleKit(...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [KIT, ...words], { cwd: ROOT });
  return stdout;
}

describe('src/store/schema.ts and the migrations', () => {
  const folders = useFolders();

  it('agree in the eyes of drizzle-kit, which finds no migration to write', async () => {
    const folder = await folders.copy();
    const before = await readdir(folder, { recursive: true });
    // drizzle-kit takes an absolute folder for a relative one.
    const out = relative(ROOT, folder);
    const said = await drizzleKit('generate', '--dialect=postgresql', `--schema=${SCHEMA}`, `--out=${out}`);
    expect(said).toContain('No schema changes');
    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(before.toSorted());
  });

  describe.skipIf(!postgresAvailable)('in PostgreSQL', () => {
    const migrated = useTestDatabase();

    it('make the same tables, column by column, with the same constraints and indexes', async () => {
      const ddl = await drizzleKit('export', '--dialect=postgresql', `--schema=${SCHEMA}`, '--sql');
      const declared = await createTestDatabase({ empty: true });
      try {
        await declared.pool.query(ddl.slice(ddl.indexOf('CREATE ')));
        const [theirs, ours] = [await shapeOf(declared.pool), await shapeOf(migrated.pool)];
        const tables = new Set(theirs.map(({ relation }) => relation));
        expect(tables.size).toBe(12);
        expect(ours.filter(({ relation }) => tables.has(relation))).toEqual(theirs);
        // What Drizzle does not know is written by hand: the staging tables, and the migrations' own ledger.
        expect(new Set(ours.map(({ relation }) => relation).filter((relation) => !tables.has(relation)))).toEqual(
          new Set(['migrations', 'staged_artifacts', 'staged_bad_records', 'staged_pages']),
        );
      } finally {
        await declared.drop();
      }
    });

    it('leave nothing of the staging in the log that PostgreSQL writes ahead', async () => {
      const { rows } = await migrated.pool.query(
        `SELECT relname FROM pg_class
         WHERE relnamespace = 'mirror'::regnamespace AND relkind = 'r' AND relpersistence = 'u' ORDER BY relname`,
      );
      expect(rows.map(({ relname }) => relname)).toEqual(['staged_artifacts', 'staged_bad_records', 'staged_pages']);
    });
  });
});

/** Every column, constraint and index of schema mirror, as PostgreSQL itself writes it down. */
async function shapeOf(pool: pg.Pool): Promise<readonly { relation: string; part: string }[]> {
  const { rows } = await pool.query<{ relation: string; part: string }>(
    `SELECT relname AS relation, part
     FROM pg_class
     CROSS JOIN LATERAL (
       SELECT concat_ws(' ', 'column', attnum, attname, format_type(atttypid, atttypmod),
                        CASE WHEN attnotnull THEN 'not null' END, nullif(attidentity, ''),
                        'default ' || pg_get_expr(adbin, adrelid))
       FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
       UNION ALL
       SELECT concat_ws(' ', 'constraint', conname, pg_get_constraintdef(oid))
       FROM pg_constraint WHERE conrelid = pg_class.oid
       UNION ALL
       SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = pg_class.oid
     ) AS shape (part)
     WHERE relnamespace = 'mirror'::regnamespace AND relkind = 'r'
     ORDER BY relname, part COLLATE "C"`,
  );
  return rows;
}
