import type pg from 'pg';
import { z } from 'zod';
import { instantSchema } from './instant-schema.ts';

export const FINDINGS = ['absent', 'unproved'] as const;
export type Finding = (typeof FINDINGS)[number];

/** What a run found of one artifact that it did not list. */
export interface Absence {
  readonly artifactId: string;
  readonly name: string;
  readonly version: string;
  readonly createdAt: string;
  readonly finding: Finding;
  /** The page that proves the absence; null where the whole list does, or nothing. */
  readonly witness: {
    readonly page: number;
    /** How many items it had room for. */
    readonly limit: number;
    /** When it arrived. */
    readonly at: string;
  } | null;
}

const absenceRowSchema = z
  .object({
    artifact_id: z.string(),
    name: z.string(),
    version: z.string(),
    created_at: instantSchema,
    finding: z.enum(FINDINGS),
    witness_page: z.number().nullable(),
    witness_limit: z.number().nullable(),
    witnessed_at: z.date().nullable(),
  })
  .transform(
    (row): Absence => ({
      artifactId: row.artifact_id,
      name: row.name,
      version: row.version,
      createdAt: row.created_at,
      finding: row.finding,
      witness:
        row.witness_page === null || row.witness_limit === null || row.witnessed_at === null
          ? null
          : { page: row.witness_page, limit: row.witness_limit, at: row.witnessed_at.toISOString() },
    }),
  );

/**
 * What a run found of the artifacts that it did not list, in the order of the list.
 *
 * @param filter.finding only what it found so; default both
 * @param filter.limit the most rows
 */
export async function readAbsences(
  db: pg.Pool | pg.PoolClient,
  runId: string,
  filter: { readonly finding?: Finding; readonly limit: number },
): Promise<readonly Absence[]> {
  const { rows } = await db.query(
    `SELECT artifact_id::text, name, version, finding, witness_page, witness_limit, witnessed_at,
            to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
     FROM mirror.run_absences
     JOIN mirror.artifacts ON artifacts.id = artifact_id
     WHERE run_id = $1 AND ($2::text IS NULL OR finding = $2)
     ORDER BY artifacts.created_at, artifact_id
     LIMIT $3`,
    [runId, filter.finding ?? null, filter.limit],
  );
  return rows.map((row) => absenceRowSchema.parse(row));
}
