import type pg from 'pg';

/**
 * Rows that show a run while it is under way, which is no secret: the run itself, and its day, uncovered. Everything else
 * in both schemas belongs to a night that is over.
 */
const OVER_ALREADY: Readonly<Record<string, string>> = {
  'mirror.runs': "state <> 'running'",
  'report.run_history': "state <> 'running'",
  'report.coverage': 'covered',
};

/** Every table of schema mirror but staging, and every view of schema report, whatever a migration adds. */
async function relations(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_schema IN ('mirror', 'report') AND table_name NOT LIKE 'staged%'
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** What one snapshot shows. */
export interface SeenState {
  /** A digest of each table and view, a line each. */
  readonly shown: string;
  /** The most runs of one organization and kind that are active. */
  readonly active: number;
}

/**
 * Makes a function that reads all that another session may read, in one statement and so in one snapshot. The mark of the
 * queue on a letter is left out: it comes after the night.
 */
export async function createStateReader(pool: pg.Pool): Promise<() => Promise<SeenState>> {
  const digests = (await relations(pool)).map(
    (name) =>
      `'${name} ' || (SELECT left(md5(coalesce(string_agg(seen, E'\\n' ORDER BY seen), '')), 8) || ' of ' || count(*)
                     FROM (SELECT (to_jsonb(source) - 'queued_at')::text AS seen FROM ${name} AS source
                           WHERE ${OVER_ALREADY[name] ?? 'true'}) AS rows)`,
  );
  const statement = `
    SELECT concat_ws(E'\\n', ${digests.join(', ')}) AS shown,
           (SELECT coalesce(max(active), 0)::integer
            FROM (SELECT count(*) AS active FROM mirror.runs WHERE state = 'running' GROUP BY organization, kind) AS listing
           ) AS active`;
  return async () => {
    const [state] = (await pool.query<SeenState>(statement)).rows;
    if (state === undefined) throw new Error('PostgreSQL returned no row for a SELECT without FROM');
    return state;
  };
}

/** What differs between two runs of the same night that say the same: numbers of rows, the effort, and where and when. */
const OWN_TO_EACH: Readonly<Record<string, readonly string[]>> = {
  'mirror.runs': ['requests', 'retries', 'fencing_token', 'lease_expires_at', 'catalog_url'],
  'report.run_history': ['requests', 'retries'],
  'mirror.artifact_events': ['id'],
  'mirror.dead_letters': ['id', 'queued_at'],
  'mirror.catalog': ['url'],
};

/** Columns with the number of a run: told as first, second, … of all runs. */
const OF_A_RUN = /(^|_)run_(id|order)$/;

/** Columns with the number of a covered day: told as whose and which it is. */
const OF_A_COVER = /(^|_)cover_id$/;

type Row = Readonly<Record<string, unknown>>;

/** What a number in a column stands for; the number itself where it stands for nothing. */
type Naming = (table: string, column: string, row: Row) => unknown;

/** Every row of every table and view, such that equal nights give equal values, whatever befell them. */
export async function readTables(pool: pg.Pool): Promise<Readonly<Record<string, readonly Row[]>>> {
  const { rows: runs } = await pool.query<{ id: string }>('SELECT id::text FROM mirror.runs ORDER BY id');
  const places = new Map(runs.map(({ id }, index) => [id, `run ${index + 1}`]));
  const coverOf = await namesOfCovers(pool);
  const naming: Naming = (table, column, row) => {
    const value = row[column];
    if (OF_A_RUN.test(column) || isRunId(table, column)) return places.get(String(value)) ?? value;
    if (OF_A_COVER.test(column) || (table === 'mirror.covers' && column === 'id')) return coverOf(column, row);
    return value;
  };
  const tables: Record<string, readonly Row[]> = {};
  for (const name of await relations(pool)) {
    const { rows } = await pool.query<{ row: Row }>(`SELECT to_jsonb(source) AS row FROM ${name} AS source`);
    const own = new Set(OWN_TO_EACH[name]);
    tables[name] = rows
      .map(({ row }) => comparable(name, row, own, naming))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  return tables;
}

function isRunId(table: string, column: string): boolean {
  return column === 'id' && (table === 'mirror.runs' || table === 'report.run_history');
}

/** A lull ends before a number that may be no day's: it is told by the last day before it. */
async function namesOfCovers(pool: pg.Pool): Promise<(column: string, row: Row) => unknown> {
  const { rows: covers } = await pool.query<{ id: number; organization: string; guests: boolean; day: string }>(
    'SELECT id::integer, organization, guests, day::text FROM mirror.covers ORDER BY id',
  );
  const nameOf = ({ organization, guests, day }: (typeof covers)[number]): string =>
    `${day} of ${organization}${guests ? ', for guests' : ''}`;
  return (column, row) => {
    const value = row[column];
    if (column !== 'before_cover_id') {
      const cover = covers.find(({ id }) => id === value);
      return cover === undefined ? value : nameOf(cover);
    }
    const last = covers.findLast(
      ({ id, organization, guests }) =>
        id < Number(value) && organization === row['organization'] && guests === row['guests'],
    );
    return last === undefined ? value : `behind ${nameOf(last)}`;
  };
}

function comparable(table: string, row: Row, own: ReadonlySet<string>, naming: Naming): Row {
  const columns = Object.keys(row).filter((column) => !own.has(column));
  return Object.fromEntries(columns.map((column) => [column, naming(table, column, row)]));
}

/** The rows in all staging tables. */
export async function countStaged(pool: pg.Pool): Promise<number> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'mirror' AND table_name LIKE 'staged%'`,
  );
  if (tables.length === 0) throw new Error('schema mirror has no staging tables: what is looked for has another name');
  const counts = tables.map(({ name }) => `(SELECT count(*) FROM mirror.${name})`);
  const { rows } = await pool.query<{ count: number }>(`SELECT (${counts.join(' + ')})::integer AS count`);
  return rows[0]?.count ?? 0;
}
