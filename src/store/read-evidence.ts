import type pg from 'pg';
import { z } from 'zod';
import { type Absence, FINDINGS, type Finding, readAbsences } from './read-absences.ts';

const ENDINGS = ['superseded', 'withdrawn'] as const;

/** An artifact that a run did not list, and what that run made of it. */
export interface Evidence extends Absence {
  /** How the run ended it; null where it ended nothing: it is held, or nothing is proved. */
  readonly ending: (typeof ENDINGS)[number] | null;
}

/** What a run found of the artifacts that it did not list: how many in all, and the first of each finding. */
export interface EvidenceOfRun {
  readonly counts: Readonly<Record<Finding, number>>;
  readonly absent: readonly Evidence[];
  readonly unproved: readonly Evidence[];
}

const countRowSchema = z.object({ finding: z.enum(FINDINGS), count: z.number() });
const endingRowSchema = z.object({ artifact_id: z.string(), event: z.enum(ENDINGS) });

/**
 * What `runs show` tells of the artifacts that a run did not list, in the order of the list.
 *
 * @param limit the most rows of each finding
 */
export async function readEvidence(db: pg.Pool, runId: string, limit: number): Promise<EvidenceOfRun> {
  const counts = await countFindings(db, runId);
  const absent = await readAbsences(db, runId, { finding: 'absent', limit });
  const unproved = await readAbsences(db, runId, { finding: 'unproved', limit });
  const endings = await readEndings(
    db,
    runId,
    absent.map(({ artifactId }) => artifactId),
  );
  return {
    counts,
    absent: absent.map((absence) => ({ ...absence, ending: endings.get(absence.artifactId) ?? null })),
    unproved: unproved.map((absence) => ({ ...absence, ending: null })),
  };
}

async function countFindings(db: pg.Pool, runId: string): Promise<EvidenceOfRun['counts']> {
  const { rows } = await db.query(
    'SELECT finding, count(*)::integer AS count FROM mirror.run_absences WHERE run_id = $1 GROUP BY finding',
    [runId],
  );
  const counts = { absent: 0, unproved: 0 };
  for (const { finding, count } of rows.map((row) => countRowSchema.parse(row))) counts[finding] = count;
  return counts;
}

/** By the event, not the row: a later run may have restored the artifact. */
async function readEndings(
  db: pg.Pool,
  runId: string,
  artifactIds: readonly string[],
): Promise<ReadonlyMap<string, (typeof ENDINGS)[number]>> {
  const { rows } = await db.query(
    `SELECT artifact_id::text, event FROM mirror.artifact_events
     WHERE artifact_id = ANY ($2::uuid[]) AND run_order = $1 AND run_id = $1 AND event = ANY ($3)`,
    [runId, artifactIds, ENDINGS],
  );
  return new Map(rows.map((row) => endingRowSchema.parse(row)).map((row) => [row.artifact_id, row.event]));
}
