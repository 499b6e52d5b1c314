import type pg from 'pg';
import { z } from 'zod';
import { FAILURE_CLASSES } from '../src/catalog/failure.ts';
import { RUN_STATES } from '../src/mirror/types.ts';
import { listingOf } from './catalog/ledger.ts';

/**
 * Has PostgreSQL itself write down each change of a run and of a letter, in the transaction that makes it: what the soak
 * holds the mirror's own figures against.
 */
const MAKE_TRAIL = `
  CREATE SCHEMA soak;
  CREATE TABLE soak.run_trail (
    place bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_id bigint NOT NULL, organization text NOT NULL, kind text NOT NULL, state text NOT NULL, token bigint NOT NULL,
    letters integer NOT NULL, started_at timestamptz NOT NULL);
  CREATE TABLE soak.letter_trail (
    place bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    letter_id bigint NOT NULL, run_id bigint, organization text NOT NULL, kind text NOT NULL, error_class text NOT NULL,
    level text NOT NULL, page integer);
  CREATE FUNCTION soak.note_run() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO soak.run_trail (run_id, organization, kind, state, token, letters, started_at)
      VALUES (NEW.id, NEW.organization, NEW.kind, NEW.state, NEW.fencing_token, NEW.letters, NEW.started_at);
      RETURN NULL;
    END $$;
  CREATE FUNCTION soak.note_letter() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' OR NEW.occurrences > OLD.occurrences THEN
        INSERT INTO soak.letter_trail (letter_id, run_id, organization, kind, error_class, level, page)
        VALUES (NEW.id, NEW.run_id, NEW.organization, NEW.kind, NEW.error_class, NEW.level, NEW.page);
      END IF;
      RETURN NULL;
    END $$;
  CREATE TRIGGER soak_run AFTER INSERT OR UPDATE OF state, fencing_token ON mirror.runs
    FOR EACH ROW EXECUTE FUNCTION soak.note_run();
  CREATE TRIGGER soak_letter AFTER INSERT OR UPDATE OF occurrences ON mirror.dead_letters
    FOR EACH ROW EXECUTE FUNCTION soak.note_letter();`;

export async function makeTrail(pool: pg.Pool): Promise<void> {
  await pool.query(MAKE_TRAIL);
}

/** A run as its changes tell it. Times in milliseconds since 1970. */
export interface TrailedRun {
  readonly id: number;
  readonly listing: string;
  /** By the clock of the worker that opened it. */
  readonly startedAt: number;
  /** By PostgreSQL's clock: when it was opened, and when it was closed; null where it is running. */
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly state: z.infer<typeof runSchema>['state'];
  /** How often a worker took it up after another one, or after an attempt. */
  readonly takenUp: number;
  readonly letters: number;
}

const runSchema = z.object({
  id: z.coerce.number(),
  organization: z.string(),
  kind: z.string(),
  startedAt: z.coerce.number(),
  openedAt: z.coerce.number(),
  closedAt: z.coerce.number().nullable(),
  state: z.enum(RUN_STATES),
  takenUp: z.coerce.number(),
  letters: z.number(),
});

/** In the order in which they were opened. */
export async function readRunTrail(pool: pg.Pool): Promise<readonly TrailedRun[]> {
  const { rows } = await pool.query(`
    SELECT run_id AS id, min(organization) AS organization, min(kind) AS kind,
           extract(epoch FROM min(started_at)) * 1000 AS "startedAt",
           extract(epoch FROM min(at)) * 1000 AS "openedAt",
           extract(epoch FROM max(at) FILTER (WHERE state <> 'running')) * 1000 AS "closedAt",
           (array_agg(state ORDER BY place DESC))[1] AS state, max(token) - 1 AS "takenUp",
           (array_agg(letters ORDER BY place DESC))[1] AS letters
    FROM soak.run_trail GROUP BY run_id ORDER BY run_id`);
  return rows.map((row) => {
    const { organization, kind, ...run } = runSchema.parse(row);
    return { ...run, listing: listingOf(organization, kind) };
  });
}

/** One failure that a run filed: a new letter, or one more occurrence of an open one. */
export interface FiledFailure {
  readonly letterId: number;
  readonly runId: number;
  readonly listing: string;
  readonly errorClass: z.infer<typeof filedSchema>['errorClass'];
  readonly level: 'organization' | 'page' | 'record';
  readonly page: number | null;
}

const filedSchema = z.object({
  letterId: z.coerce.number(),
  runId: z.coerce.number(),
  organization: z.string(),
  kind: z.string(),
  errorClass: z.enum(FAILURE_CLASSES),
  level: z.enum(['organization', 'page', 'record']),
  page: z.number().nullable(),
});

export async function readLetterTrail(pool: pg.Pool): Promise<readonly FiledFailure[]> {
  const { rows } = await pool.query(`
    SELECT letter_id AS "letterId", run_id AS "runId", organization, kind, error_class AS "errorClass", level, page
    FROM soak.letter_trail ORDER BY place`);
  return rows.map((row) => {
    const { organization, kind, ...filed } = filedSchema.parse(row);
    return { ...filed, listing: listingOf(organization, kind) };
  });
}
