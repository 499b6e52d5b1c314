import { z } from 'zod';
import type { JsonValue } from '../catalog/page.ts';
import { parseJson } from '../catalog/parse-json.ts';
import type { ReportColumnType, ReportDefinition } from './reports.ts';

/**
 * A value as JSON has it. Integers are numbers where a number holds them exactly, else their digits as text; days are
 * `YYYY-MM-DD`, moments `2025-01-15T03:00:00.000000Z`; null is not known.
 */
export type ReportValue = JsonValue;

/** A row has every column of its report. */
export type ReportRow = Readonly<Record<string, ReportValue>>;

export interface ReportColumn {
  readonly name: string;
  readonly type: ReportColumnType;
}

const exactInteger = z
  .string()
  .regex(/^-?\d+$/)
  .transform((digits) => (Number.isSafeInteger(Number(digits)) ? Number(digits) : digits));

/** By type: what is asked of PostgreSQL, so that neither its settings nor the driver's change a value; what must come. */
export const READERS: Readonly<
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
  // As text, because a member may have any name, also `__proto__`, and the driver's JSON.parse is not ours.
  json: { select: (column) => `${column}::text`, value: z.string().transform(parseJson) },
};

export function columnsOf({ columns }: ReportDefinition): readonly ReportColumn[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

/** What turns a row of a selection (selection.ts) into a row of the report. */
export function rowSchema(columns: readonly ReportColumn[]): z.ZodType<ReportRow> {
  return z
    .object(Object.fromEntries(columns.map(({ type }, place) => [`c${place}`, READERS[type].value.nullable()])))
    .transform((row) => Object.fromEntries(columns.map(({ name }, place) => [name, row[`c${place}`] ?? null])));
}
