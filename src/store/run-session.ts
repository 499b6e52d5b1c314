import pLimit from 'p-limit';
import type pg from 'pg';
import {
  type ClaimedRun,
  type ClaimOptions,
  claimRun,
  handBack,
  LEASE_SECONDS,
  type RunIdentity,
  renewLease,
} from './claim-run.ts';
import { releaseHold } from './run-lock.ts';
import { type ConnectionPatience, watched } from './watch-connection.ts';

/** The run was taken over by another worker: whoever holds this must stop and write nothing more. */
export class RunLost extends Error {
  override readonly name = 'RunLost';
  constructor() {
    super('another worker took this run over');
  }
}

/**
 * One run in work: its own connection, which stages and applies, and the lease that is renewed as long as that
 * connection answers (design section 4).
 */
export interface RunSession {
  readonly run: ClaimedRun;
  /** Aborts with RunLost when the run was taken over, and with the driver's error when the connection breaks. */
  readonly signal: AbortSignal;
  /**
   * Uses the run's connection alone: a transaction is never mixed with another caller's statements. A connection that
   * stalls meanwhile is closed.
   */
  exclusively<T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Lets the run stay open for the next attempt. */
  handBack(spent: { readonly requests: number; readonly retries: number }): Promise<void>;
  /** Frees the lock and the connection; must be called, after whatever happened. */
  close(): Promise<void>;
}

export type OpenedSession =
  | { readonly status: 'open'; readonly session: RunSession }
  | { readonly status: 'busy'; readonly retryInMs: number };

/** A third of the lease: two renewals may fail before it runs out. */
const RENEW_EVERY_MS = 10_000;

/**
 * Claims the organization's listing of this kind for the caller, or says that somebody else is at it.
 *
 * @throws the driver's error where PostgreSQL cannot be used
 */
export async function openRunSession(
  pool: pg.Pool,
  identity: RunIdentity,
  options: ClaimOptions & {
    /** How long the answers of PostgreSQL may stay away. */
    readonly patience?: ConnectionPatience | undefined;
  },
): Promise<OpenedSession> {
  const client = await pool.connect();
  const watch: Watch = (work) => watched(pool, client, work, options.patience);
  const broken = new AbortController();
  const onError = (error: Error): void => broken.abort(error);
  client.on('error', onError);
  const letGo = (error?: unknown): void => {
    client.off('error', onError);
    client.release(error === undefined ? undefined : true);
  };
  try {
    // A worker that stands still within a transaction has the run's row locked, and its lease would mean nothing.
    const claim = await watch(async () => {
      await client.query(`SET idle_in_transaction_session_timeout = '${LEASE_SECONDS}s'`);
      return claimRun(client, identity, options);
    });
    if (claim.status === 'claimed') {
      return { status: 'open', session: createSession(client, claim.run, { broken, letGo, watch }) };
    }
    letGo();
    return claim;
  } catch (error) {
    letGo(error);
    throw error;
  }
}

/** Does what asks PostgreSQL for something, while somebody looks whether it still answers. */
type Watch = <T>(work: () => Promise<T>) => Promise<T>;

function createSession(
  client: pg.PoolClient,
  run: ClaimedRun,
  {
    broken,
    letGo,
    watch,
  }: { readonly broken: AbortController; readonly letGo: (error?: unknown) => void; readonly watch: Watch },
): RunSession {
  const oneByOne = pLimit(1);
  const turns = <T>(work: () => Promise<T>): Promise<T> => oneByOne(watch, work);
  const renew = async (): Promise<void> => {
    if (!(await renewLease(client, run))) broken.abort(new RunLost());
  };
  // Real time, not the clock that is passed in: the lease runs by the database's, whatever night a demo plays.
  const timer = setInterval(() => {
    turns(renew).catch((error: unknown) => broken.abort(error));
  }, RENEW_EVERY_MS);
  timer.unref();
  return {
    run,
    signal: broken.signal,
    exclusively: (use) => turns(() => use(client)),
    handBack: (spent) => turns(() => handBack(client, run, spent)),
    async close() {
      clearInterval(timer);
      if (broken.signal.aborted && !(broken.signal.reason instanceof RunLost)) return letGo(broken.signal.reason);
      try {
        await turns(() => releaseHold(client, run));
        letGo();
      } catch (error) {
        letGo(error);
      }
    },
  };
}
