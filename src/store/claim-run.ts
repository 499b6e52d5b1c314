import pg from 'pg';
import { z } from 'zod';
import { abandonRun } from './abandon-run.ts';
import { inTransaction } from './connection.ts';
import type { RunTrigger } from './run.ts';
import { type Hold, isHoldAlive, lockHold } from './run-lock.ts';

/** How long a worker may be silent before its run is anybody's, in seconds (design section 4). */
export const LEASE_SECONDS = 30;

export interface RunIdentity {
  readonly organization: string;
  readonly kind: string;
  /** YYYY-MM-DD in the organization's time zone. */
  readonly day: string;
  readonly timeZone: string;
  readonly includePublic: boolean;
  readonly pageSize: number;
  readonly catalogUrl: string;
}

/** Its fencing token proves, at every write, that nobody took the run over since. */
export interface ClaimedRun extends Hold {
  readonly startedAt: Date;
  /** Whether staged pages of an earlier attempt are taken up. */
  readonly resumed: boolean;
  /** The held run whose removal a person approved when he asked for this run; null where nobody did. */
  readonly approvedRunId: string | null;
}

export type Claim =
  | { readonly status: 'claimed'; readonly run: ClaimedRun }
  | { readonly status: 'busy'; readonly retryInMs: number };

export interface ClaimOptions {
  readonly trigger: RunTrigger;
  /** The moment a new run starts, by the caller's clock. */
  readonly startedAt: Date;
  /** How old the newest sign of life of a run may be for it to be taken up. */
  readonly resumeMinutes: number;
  /**
   * The held run whose removal a person approved; default nobody. It is kept with the run: whoever takes that up later,
   * for whatever reason, ends what was approved.
   */
  readonly approvedRunId?: string | null;
}

/** Between two looks at a run that another worker is busy with, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;
const BUSY = { status: 'busy', retryInMs: LOOK_AGAIN_MS } as const;

/**
 * What PostgreSQL says where the run's row is locked: its worker lives and stages or applies, or another one is about to
 * claim it. Waiting for the end of an apply would take minutes, without an ear for a signal.
 */
export const LOCK_NOT_AVAILABLE = '55P03';

const openRunSchema = z.object({
  id: z.string(),
  day: z.string(),
  time_zone: z.string(),
  include_public: z.boolean(),
  page_size: z.number(),
  catalog_url: z.string(),
  started_at: z.date(),
  fencing_token: z.string(),
  lease_is_over: z.boolean(),
  silent_seconds: z.coerce.number(),
});

/**
 * Makes the caller the only one that works on this organization's listing of this kind: takes up the run that a dead
 * worker left, where it is still the same question (design section 4), or closes that one as `abandoned` and opens a new
 * one. A worker is dead where its connection is, and counts as dead where its lease ran out. Leases are compared by the
 * database's clock, which all workers share.
 *
 * @param client the connection that stages and applies the run; it holds the lock of the claim from then on
 */
export async function claimRun(client: pg.PoolClient, identity: RunIdentity, options: ClaimOptions): Promise<Claim> {
  try {
    return await inTransaction(client, async () => {
      const run = await claimInTransaction(client, identity, options);
      if (run === null) return BUSY;
      await lockHold(client, run);
      return { status: 'claimed', run };
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return BUSY;
    throw error;
  }
}

/** Null where another worker is at it. */
export async function claimInTransaction(
  client: pg.PoolClient,
  identity: RunIdentity,
  options: ClaimOptions,
): Promise<ClaimedRun | null> {
  const { rows } = await client.query(
    `SELECT id::text, day::text AS day, time_zone, include_public, page_size, catalog_url, started_at,
            fencing_token::text, lease_expires_at <= clock_timestamp() AS lease_is_over,
            extract(epoch FROM clock_timestamp() - greatest(
              lease_expires_at - make_interval(secs => $3),
              (SELECT max(staged_at) FROM mirror.staged_pages WHERE run_id = runs.id)
            )) AS silent_seconds
     FROM mirror.runs
     WHERE organization = $1 AND kind = $2 AND state = 'running'
     FOR UPDATE NOWAIT`,
    [identity.organization, identity.kind, LEASE_SECONDS],
  );
  const open = rows.map((row) => openRunSchema.parse(row))[0];
  if (open === undefined) return openRun(client, identity, options);
  const hold = { runId: open.id, fencingToken: open.fencing_token };
  if (!open.lease_is_over && (await isHoldAlive(client, hold))) return null;
  const sameQuestion =
    open.day === identity.day &&
    open.time_zone === identity.timeZone &&
    open.include_public === identity.includePublic &&
    open.page_size === identity.pageSize &&
    open.catalog_url === identity.catalogUrl;
  if (sameQuestion && open.silent_seconds < options.resumeMinutes * 60) {
    return takeUp(client, { runId: open.id, startedAt: open.started_at }, options);
  }
  await abandonRun(client, { runId: open.id, day: open.day }, identity, options.startedAt);
  return openRun(client, identity, options);
}

async function takeUp(
  client: pg.PoolClient,
  { runId, startedAt }: Pick<ClaimedRun, 'runId' | 'startedAt'>,
  { approvedRunId = null }: ClaimOptions,
): Promise<ClaimedRun> {
  const { rows } = await client.query<{ fencing_token: string; approved_run_id: string | null }>(
    `UPDATE mirror.runs
     SET fencing_token = fencing_token + 1, lease_expires_at = clock_timestamp() + make_interval(secs => $2),
         approved_run_id = coalesce($3, approved_run_id)
     WHERE id = $1
     RETURNING fencing_token::text, approved_run_id::text`,
    [runId, LEASE_SECONDS, approvedRunId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL returned no row for a run it wrote');
  return { runId, fencingToken: row.fencing_token, startedAt, resumed: true, approvedRunId: row.approved_run_id };
}

/** Null where another worker opened one in the meantime. */
async function openRun(
  client: pg.PoolClient,
  identity: RunIdentity,
  { trigger, startedAt, approvedRunId = null }: ClaimOptions,
): Promise<ClaimedRun | null> {
  const { rows } = await client.query<{ id: string; fencing_token: string }>(
    `INSERT INTO mirror.runs
       (organization, kind, include_public, trigger, day, state, started_at, time_zone, catalog_url, page_size,
        lease_expires_at, approved_run_id)
     VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8, $9, clock_timestamp() + make_interval(secs => $10), $11)
     ON CONFLICT (organization, kind) WHERE state = 'running' DO NOTHING
     RETURNING id::text, fencing_token::text`,
    [
      identity.organization,
      identity.kind,
      identity.includePublic,
      trigger,
      identity.day,
      startedAt,
      identity.timeZone,
      identity.catalogUrl,
      identity.pageSize,
      LEASE_SECONDS,
      approvedRunId,
    ],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return { runId: row.id, fencingToken: row.fencing_token, startedAt, resumed: false, approvedRunId };
}

/** Prolongs the lease. False where the run was taken over or closed meanwhile: its caller must stop. */
export async function renewLease(client: pg.PoolClient, run: ClaimedRun): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE mirror.runs SET lease_expires_at = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND fencing_token = $2 AND state = 'running'`,
    [run.runId, run.fencingToken, LEASE_SECONDS],
  );
  return rowCount === 1;
}

/** Lets go of a run that stays open for the next attempt: its lease is over at once, its staged pages remain. */
export async function handBack(
  client: pg.PoolClient,
  run: ClaimedRun,
  spent: { readonly requests: number; readonly retries: number },
): Promise<void> {
  await client.query(
    `UPDATE mirror.runs
     SET lease_expires_at = clock_timestamp(), requests = requests + $3, retries = retries + $4
     WHERE id = $1 AND fencing_token = $2 AND state = 'running'`,
    [run.runId, run.fencingToken, spent.requests, spent.retries],
  );
}
