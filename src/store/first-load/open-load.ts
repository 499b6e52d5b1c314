import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pLimit from 'p-limit';
import type pg from 'pg';
import { type Covers, openCovers } from '../apply/cover.ts';
import { LEASE_SECONDS, type RunIdentity } from '../claim-run.ts';
import { ENOUGH_TO_HASH } from '../count-listed.ts';
import { artifacts, covers } from '../schema.ts';
import { isInScope } from '../scope.ts';
import { type ConnectionPatience, watched } from '../watch-connection.ts';
import { MARK } from './load-rows.ts';

/** The open transaction of a first load, on a connection of its own. Nobody sees any of it until the night is applied. */
export interface OpenLoad {
  /** Uses the connection alone; one that stalls meanwhile is closed. */
  readonly exclusively: <T>(use: (client: pg.PoolClient) => Promise<T>) => Promise<T>;
  /** What the run covers if it is complete. */
  readonly covers: Covers;
  /** Since its beginning, in milliseconds. */
  ageMs(): number;
  /** Whether the connection was heard to break. */
  isBroken(): boolean;
  /** Closes the connection; the transaction goes with it, if it is not over. */
  letGo(): void;
}

/**
 * Whether the mirror has nothing of a listing and has never had: then nobody but the run that is active can add to it, and
 * what it adds are baselines.
 */
export async function isFirstLoad(client: pg.PoolClient, scope: RunIdentity): Promise<boolean> {
  const { rows } = await drizzle(client).execute<{ is_first: boolean }>(sql`
    SELECT NOT EXISTS (
      SELECT FROM ${covers} WHERE kind = ${scope.kind} AND organization = ${scope.organization}
    ) AND NOT EXISTS (
      SELECT FROM (
        -- In the order of the index, whatever the statistics say: to look through the whole table takes long.
        SELECT FROM ${artifacts} AS artifact WHERE ${isInScope(scope)} ORDER BY artifact.created_at LIMIT 1
      ) AS artifact
    ) AS is_first`);
  return rows[0]?.is_first ?? false;
}

/**
 * Begins the transaction of a first load, and says in it that the run covers its day, as a complete run does.
 *
 * @returns null where there is no connection to be had for it
 */
export async function openLoad(
  pool: pg.Pool,
  runId: string,
  identity: RunIdentity,
  patience?: ConnectionPatience,
): Promise<OpenLoad | null> {
  const client = await spareConnection(pool);
  if (client === null) return null;
  const begunAt = performance.now();
  let isBroken = false;
  let isHeld = true;
  client.on('error', () => {
    isBroken = true;
  });
  const letGo = (): void => {
    if (isHeld) client.release(true);
    isHeld = false;
  };
  const oneByOne = pLimit(1);
  const exclusively: OpenLoad['exclusively'] = (use) =>
    oneByOne(() => watched(pool, client, () => use(client), patience));
  try {
    const opened = await exclusively(() => begin(client, runId, identity));
    return { exclusively, covers: opened, ageMs: () => performance.now() - begunAt, isBroken: () => isBroken, letGo };
  } catch {
    letGo();
    return null;
  }
}

const LONGEST_LOCK_MS = 5_000;

/** Not the last one: whoever asks for one in passing would wait until the walk is over. */
async function spareConnection(pool: pg.Pool): Promise<pg.PoolClient | null> {
  const inUse = pool.totalCount - pool.idleCount;
  if (inUse + pool.waitingCount + 2 > pool.options.max) return null;
  return pool.connect().catch(() => null);
}

async function begin(client: pg.PoolClient, runId: string, identity: RunIdentity): Promise<Covers> {
  // One that waits for pages for longer than a worker may be silent would keep others from what it has written.
  await client.query(`SET idle_in_transaction_session_timeout = '${LEASE_SECONDS}s'`);
  // It is to see what the run's own connection commits to the ledger meanwhile.
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  // An artifact that another transaction is about to add: to wait for that would hold the walk up.
  await client.query(`SET LOCAL lock_timeout = '${LONGEST_LOCK_MS}ms'`);
  await client.query(
    `SELECT set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')), ${ENOUGH_TO_HASH}) / 1024 || 'kB', true)`,
  );
  const opened = await openCovers(drizzle(client), { runId, scope: identity, day: identity.day });
  if (opened === null) throw new TypeError('a listing that was never covered has days before this one');
  await client.query(MARK);
  return opened;
}
