import type pg from 'pg';
import { z } from 'zod';
import { markdownTable } from '../docs/markdown.ts';

/** A table or view as the database describes it. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly comment: string | null }[];
}

const relationSchema = z.object({
  schema: z.string(),
  name: z.string(),
  comment: z.string().nullable(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), comment: z.string().nullable() })),
});

/** All tables and views of the schemas mirror and report, in the order in which they were made. */
export async function readRelations(db: pg.Pool | pg.PoolClient): Promise<readonly Relation[]> {
  const { rows } = await db.query(`
    SELECT
      nspname AS schema,
      relname AS name,
      obj_description(pg_class.oid, 'pg_class') AS comment,
      (
        SELECT json_agg(
          json_build_object(
            'name', attname,
            'type', format_type(atttypid, atttypmod),
            'comment', col_description(attrelid, attnum)
          ) ORDER BY attnum
        )
        FROM pg_attribute
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
      ) AS columns
    FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname IN ('mirror', 'report') AND relkind IN ('r', 'p', 'v', 'm')
    ORDER BY pg_class.oid`);
  return rows.map((row) => relationSchema.parse(row));
}

/** Staging is the mirror's own: its tables are named, their columns are not documented. */
export function isStaging({ name }: Relation): boolean {
  return name.startsWith('staged_');
}

/** One example: what it answers, the query, and its answer over the history of the page. */
export interface Example {
  readonly question: string;
  readonly sql: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The section of one table or view. */
export function renderRelation(relation: Relation, example?: Example): string {
  const title = `### ${relation.schema}.${relation.name}\n\n${relation.comment ?? ''}\n`;
  if (isStaging(relation)) return title;
  const columns = markdownTable(
    ['column', 'type', 'meaning'],
    relation.columns.map(({ name, type, comment }) => [`\`${name}\``, shortType(type), cell(comment ?? '')]),
  );
  return `${title}\n${columns}${example === undefined ? '' : `\n${renderExample(example)}`}`;
}

/** What is asked, the query, and its answer. */
export function renderExample({ question, sql, columns, rows }: Example): string {
  const answer = markdownTable(
    columns,
    rows.map((row) => row.map((value) => (value === null ? '' : cell(String(value))))),
  );
  return `${question}\n\n\`\`\`sql\n${sql}\n\`\`\`\n\n${answer}`;
}

function shortType(type: string): string {
  return type === 'timestamp with time zone' ? 'timestamptz' : type;
}

/** A bar would end the cell, and an angle bracket might be taken for HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
