import type { Relation } from './tables-page.ts';

interface Checks {
  /** The columns that together name a row. */
  readonly key: readonly string[];
  /** Columns of the key that may be null: they count as empty. */
  readonly nullable?: readonly string[];
  /** Further columns that are never null. */
  readonly known: readonly string[];
  readonly freshness?: {
    readonly loadedAt: string;
    readonly filter: string;
    readonly warn: number;
    readonly error: number;
  };
}

/** By view: what dbt is to check of it. */
export const DBT_CHECKS: Readonly<Record<string, Checks>> = {
  artifacts: { key: ['artifact_id'], known: ['kind', 'organization', 'owner', 'name', 'version', 'created_at'] },
  models: { key: ['kind', 'owner', 'name'], known: ['organization', 'version', 'versions', 'created_at'] },
  coverage: {
    key: ['kind', 'organization', 'day'],
    known: ['covered'],
    freshness: { loadedAt: "day::timestamp AT TIME ZONE 'UTC'", filter: 'covered', warn: 30, error: 54 },
  },
  daily_downloads: {
    key: ['artifact_id', 'day'],
    known: ['kind', 'organization', 'owner', 'name', 'version', 'reset'],
  },
  organization_daily_downloads: { key: ['kind', 'organization', 'owner', 'day'], known: ['artifacts', 'resets'] },
  movers: { key: ['kind', 'owner', 'name', 'window_days'], known: ['organization'] },
  changes: { key: ['artifact_id', 'at', 'change'], known: ['day', 'kind', 'organization', 'name', 'version'] },
  failures: {
    key: ['day', 'kind', 'organization', 'error_class', 'error_type', 'level'],
    nullable: ['error_type'],
    known: ['letters', 'occurrences', 'open'],
  },
  run_history: {
    key: ['run_id'],
    known: ['kind', 'organization', 'day', 'state', 'started_at'],
    freshness: { loadedAt: 'finished_at', filter: 'finished_at IS NOT NULL', warn: 30, error: 54 },
  },
};

/** Columns whose values are a closed set. */
const VALUES: Readonly<Record<string, readonly (string | number)[]>> = {
  'movers.window_days': [7, 28],
  'changes.change': ['added', 'changed', 'superseded', 'withdrawn', 'out_of_scope', 'restored', 'absent', 'returned'],
  'failures.level': ['organization', 'page', 'record'],
  'run_history.state': ['running', 'certified', 'held', 'inexact', 'partial', 'failed', 'abandoned'],
};

/** What dbt asks of a view, each as a query that is to have no row: is it unique, and is each value what it may be? */
export function dbtQuestions(view: string): readonly string[] {
  const checks = DBT_CHECKS[view];
  if (checks === undefined) return [];
  const nulls = neverNull(checks).map((column) => `${column} IS NULL`);
  const others = Object.entries(VALUES)
    .filter(([column]) => column.startsWith(`${view}.`))
    .map(([column, values]) => `${column.slice(view.length + 1)}::text NOT IN ('${values.join("', '")}')`);
  return [
    `SELECT key FROM (SELECT ${keyOf(checks)} AS key FROM report.${view}) AS keyed GROUP BY key HAVING count(*) > 1`,
    `SELECT * FROM report.${view} WHERE ${[...nulls, ...others].join(' OR ')}`,
  ];
}

function neverNull({ key, nullable = [], known }: Checks): readonly string[] {
  return [...key.filter((column) => !nullable.includes(column)), ...known];
}

/** One expression that names a row. dbt's own test of uniqueness takes one, so that no package is needed. */
function keyOf({ key, nullable = [] }: Checks): string {
  const [only] = key;
  if (key.length === 1 && only !== undefined) return only;
  const parts = key.map((column) => (nullable.includes(column) ? `coalesce(${column}, '')` : column));
  return `concat_ws('|', ${parts.join(', ')})`;
}

/** The sources file: views in the order in which they were made, with the words of COMMENT ON. */
export function renderSources(description: string, views: readonly Relation[]): string {
  return [
    '# Made from the comments of the database, and held to them by a test. Copy it into the models of a dbt project.',
    'version: 2',
    '',
    'sources:',
    '  - name: catalog_mirror',
    '    schema: report',
    `    description: ${quoted(description)}`,
    '    tables:',
    ...views.flatMap(renderTable),
    '',
  ].join('\n');
}

function renderTable({ name, comment, columns }: Relation): string[] {
  const checks = DBT_CHECKS[name];
  if (checks === undefined) throw new Error(`nothing says what dbt is to check of report.${name}`);
  const { freshness } = checks;
  return [
    `      - name: ${name}`,
    `        description: ${quoted(comment ?? '')}`,
    ...(freshness === undefined
      ? []
      : [
          '        config:',
          `          loaded_at_field: ${quoted(freshness.loadedAt)}`,
          '          freshness:',
          `            warn_after: { count: ${freshness.warn}, period: hour }`,
          `            error_after: { count: ${freshness.error}, period: hour }`,
          `            filter: ${quoted(freshness.filter)}`,
        ]),
    ...(checks.key.length === 1
      ? []
      : [
          '        data_tests:',
          '          - unique:',
          ...named(name),
          '              arguments:',
          `                column_name: ${quoted(keyOf(checks))}`,
        ]),
    '        columns:',
    ...columns.flatMap((column) => renderColumn(name, checks, column)),
  ];
}

/** Without a name of its own the test would be called by its whole expression. */
function named(view: string): string[] {
  return [`              name: one_row_for_each_key_of_${view}`];
}

function renderColumn(view: string, checks: Checks, column: Relation['columns'][number]): string[] {
  const tests = [
    ...(neverNull(checks).includes(column.name) ? ['              - not_null'] : []),
    ...(checks.key.length === 1 && checks.key[0] === column.name ? ['              - unique'] : []),
    ...renderValues(VALUES[`${view}.${column.name}`]),
  ];
  return [
    `          - name: ${column.name}`,
    `            data_type: ${column.type}`,
    `            description: ${quoted(column.comment ?? '')}`,
    ...(tests.length === 0 ? [] : ['            data_tests:', ...tests]),
  ];
}

function renderValues(values: readonly (string | number)[] | undefined): string[] {
  if (values === undefined) return [];
  const list = values.map((value) => (typeof value === 'number' ? String(value) : quoted(value))).join(', ');
  const quote = typeof values[0] === 'number' ? ['                    quote: false'] : [];
  return [
    '              - accepted_values:',
    '                  arguments:',
    `                    values: [${list}]`,
    ...quote,
  ];
}

/** A JSON string is a YAML string too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
