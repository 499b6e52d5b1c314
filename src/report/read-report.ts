import type pg from 'pg';
import { z } from 'zod';
import { Failure } from '../catalog/failure.ts';
import { databaseFailure } from '../store/database-failure.ts';
import { filterMistakes, type ReportFilter } from './report-filter.ts';
import { REPORTS, type ReportColumnType, type ReportDefinition, type ReportName } from './reports.ts';

/**
 * A value as JSON has it. Integers are numbers where a number holds them exactly, else their digits as text; days are
 * `YYYY-MM-DD`, moments `2025-01-15T03:00:00.000000Z`; null is not known.
 */
export type ReportValue = z.infer<ReturnType<typeof z.json>>;

export interface ReportColumn {
  readonly name: string;
  readonly type: ReportColumnType;
}

export interface Report {
  readonly name: ReportName;
  readonly columns: readonly ReportColumn[];
  /** Each row has every column. */
  readonly rows: readonly Readonly<Record<string, ReportValue>>[];
  /** There are more rows than `limit` allowed. */
  readonly hasMore: boolean;
}

const exactInteger = z
  .string()
  .regex(/^-?\d+$/)
  .transform((digits) => (Number.isSafeInteger(Number(digits)) ? Number(digits) : digits));

/** By type: what is asked of PostgreSQL, so that neither its settings nor the driver's change a value; what must come. */
const READERS: Readonly<
  Record<ReportColumnType, { readonly select: (column: string) => string; readonly value: z.ZodType<ReportValue> }>
> = {
  text: { select: (column) => `${column}::text`, value: z.string() },
  boolean: { select: (column) => column, value: z.boolean() },
  integer: { select: (column) => `${column}::text`, value: exactInteger },
  real: { select: (column) => column, value: z.number() },
  day: { select: (column) => `to_char(${column}, 'YYYY-MM-DD')`, value: z.iso.date() },
  instant: {
    select: (column) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    value: z.iso.datetime({ precision: 6 }),
  },
  json: { select: (column) => column, value: z.json() },
};

/**
 * Reads a report: the rows of a view that a filter wants, in the report's order.
 *
 * @throws Failure (class `invalid_request`) where the filter is wrong: see filterMistakes
 * @throws Failure (class `database`) where PostgreSQL refuses or its rows are not what this version knows
 */
export async function readReport(db: pg.Pool | pg.PoolClient, name: ReportName, filter: ReportFilter): Promise<Report> {
  const mistakes = filterMistakes(name, filter);
  if (mistakes.length > 0) {
    throw new Failure({
      class: 'invalid_request',
      operation: 'read a report',
      subject: `report.${name}`,
      detail: mistakes.join(' '),
      hint: 'Ask again without what is wrong.',
    });
  }
  const columns = columnsOf(REPORTS[name]);
  try {
    const { rows } = await db.query(selection(name, columns), [
      filter.organization ?? null,
      ...('day' in REPORTS[name].columns ? [filter.since ?? null, filter.until ?? null] : []),
      filter.limit + 1,
    ]);
    const parsed = z.array(rowSchema(columns)).parse(rows);
    return { name, columns, rows: parsed.slice(0, filter.limit), hasMore: parsed.length > filter.limit };
  } catch (error) {
    throw databaseFailure(error, 'read a report', `report.${name}`);
  }
}

function columnsOf({ columns }: ReportDefinition): readonly ReportColumn[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

/** Every name in it is one of ours; what a person gave comes as a parameter. */
function selection(name: ReportName, columns: readonly ReportColumn[]): string {
  const hasDays = columns.some((column) => column.name === 'day');
  // Under names of their own, so that ORDER BY sorts by the view's values and not by their texts.
  const selected = columns.map((column, place) => `${READERS[column.type].select(column.name)} AS c${place}`);
  return `
    SELECT ${selected.join(', ')}
    FROM report.${name}
    WHERE ($1::text IS NULL OR organization = $1)
    ${hasDays ? 'AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day <= $3)' : ''}
    ORDER BY ${REPORTS[name].orderBy}
    LIMIT $${hasDays ? 4 : 2}`;
}

function rowSchema(columns: readonly ReportColumn[]) {
  return z
    .object(Object.fromEntries(columns.map(({ type }, place) => [`c${place}`, READERS[type].value.nullable()])))
    .transform((row) => Object.fromEntries(columns.map(({ name }, place) => [name, row[`c${place}`] ?? null])));
}
