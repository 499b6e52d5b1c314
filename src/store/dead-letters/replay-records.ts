import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { CatalogRecord } from '../../catalog/page.ts';
import type { StoredRecord } from '../../catalog/stored-record.ts';
import { decideRecord, type RecordDecision, type RecordReplay } from '../../letters/record-replay.ts';
import { mergeListed } from '../apply/apply-night.ts';
import { closeRun } from '../apply/close-run.ts';
import type { ApplyContext } from '../apply/context.ts';
import { settleDaily } from '../apply/daily.ts';
import { takeTurn } from '../apply/take-turn.ts';
import { type ClaimedRun, claimInTransaction, LOCK_NOT_AVAILABLE, type RunIdentity } from '../claim-run.ts';
import { clearStaged } from '../clear-staged.ts';
import { inTransaction, withConnection } from '../connection.ts';
import { countListed } from '../count-listed.ts';
import { repeatedly } from '../repeat.ts';
import { type StagedNaming, stageRecords } from '../stage-pages.ts';
import { type LockedRecord, lockRecords, readRunOrders } from './lock-records.ts';

export interface RecordsQuestion {
  readonly identity: RunIdentity;
  readonly letterIds: readonly string[];
  /** The moment of the replay, by the process's clock. */
  readonly at: Date;
  readonly mirrored: ApplyContext['mirrored'];
  readonly resumeMinutes: number;
  readonly check: (source: string | null) => StoredRecord;
  readonly owner: StagedNaming['owner'];
}

/** A run of this listing is not over: nothing was changed. */
class ListingBusy extends Error {}

/**
 * Checks the stored texts of bad records again and applies those that are good now and that no later run has read, in one
 * transaction: their letters are resolved, as are those that a later run has overtaken. What is applied belongs to a run
 * of its own that read no page, which covers no day and ends nothing; where nothing is applied there is no such run.
 *
 * @returns what became of each letter; null where a run of the listing is not over
 * @throws the driver's error where the store failed: nothing was changed
 */
export async function replayStoredRecords(
  pool: pg.Pool,
  question: RecordsQuestion,
): Promise<readonly RecordReplay[] | null> {
  try {
    return await withConnection(pool, (client) =>
      repeatedly(() => inTransaction(client, () => replayInTransaction(client, question))),
    );
  } catch (error) {
    if (error instanceof ListingBusy) return null;
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return null;
    throw error;
  }
}

interface Decided extends LockedRecord {
  readonly record: CatalogRecord | null;
  readonly decision: RecordDecision;
}

async function replayInTransaction(client: pg.PoolClient, question: RecordsQuestion): Promise<readonly RecordReplay[]> {
  const { identity, letterIds, at } = question;
  const claim = await claimListing(client, question);
  await takeTurn(drizzle(client), identity);
  const locked = await lockRecords(client, identity, letterIds);
  const decided = await decide(client, locked, question);
  const good = decided.filter(({ decision }) => decision.outcome === 'applied');
  if (good.length === 0) await client.query('DELETE FROM mirror.runs WHERE id = $1', [claim.runId]);
  else await applyRecords(client, claim.runId, good, question);
  const replays = decided.map(({ letterId, decision }): RecordReplay => {
    const runId = decision.outcome === 'applied' ? claim.runId : decision.runId;
    return { letterId, ...decision, runId };
  });
  const resolved = replays.filter(({ outcome }) => outcome === 'applied' || outcome === 'overtaken');
  await client.query(
    `UPDATE mirror.dead_letters AS letter SET state = 'resolved', resolved_by_run_id = resolved.run_id, closed_at = $3
     FROM unnest($1::bigint[], $2::bigint[]) AS resolved (letter_id, run_id)
     WHERE letter.id = resolved.letter_id`,
    [resolved.map(({ letterId }) => letterId), resolved.map(({ runId }) => runId), at],
  );
  const known = new Map(replays.map((replay) => [replay.letterId, replay]));
  return letterIds.map((letterId) => known.get(letterId) ?? { letterId, outcome: 'closed', runId: null, detail: null });
}

/** Takes the place of the listing's one active run; one that another process left is not over, and not to be closed. */
async function claimListing(client: pg.PoolClient, question: RecordsQuestion): Promise<ClaimedRun> {
  const { identity, at, resumeMinutes } = question;
  const claim = await claimInTransaction(client, identity, { trigger: 'replay', startedAt: at, resumeMinutes });
  if (claim === null || claim.resumed) throw new ListingBusy();
  return claim;
}

async function decide(
  client: pg.PoolClient,
  locked: readonly LockedRecord[],
  { check }: RecordsQuestion,
): Promise<readonly Decided[]> {
  const checked = locked.map((letter) => {
    const stored = check(letter.payload);
    const record = stored.status === 'good' ? stored.record : null;
    return { ...letter, stored, record, artifactId: record?.id ?? letter.artifactId };
  });
  const orders = await readRunOrders(
    client,
    checked.flatMap(({ artifactId }) => (artifactId === null ? [] : [artifactId])),
  );
  return checked.map(({ stored, ...letter }) => {
    const runOrder = letter.artifactId === null ? null : (orders.get(letter.artifactId) ?? null);
    return { ...letter, decision: decideRecord(stored, { ...letter, runOrder }) };
  });
}

/** Stages the records as a run would have, each as of its own page, and applies and closes that run. */
async function applyRecords(
  client: pg.PoolClient,
  runId: string,
  letters: readonly Decided[],
  { identity, at, mirrored, owner }: RecordsQuestion,
): Promise<void> {
  const records = letters.flatMap(({ record, failedAt }) => (record === null ? [] : [{ record, arrivedAt: failedAt }]));
  await stageRecords(client, runId, records, owner);
  const tx = drizzle(client);
  const context: ApplyContext = { runId, scope: identity, day: identity.day, at, mirrored, approvedRunId: null };
  // As in every apply: timestamps within `changes` are written as text, always in UTC.
  await tx.execute(sql`SET LOCAL TimeZone = 'UTC'`);
  const counts = await countListed(tx, runId, identity);
  const { added, known } = await mergeListed(tx, context, counts, null);
  const ids = letters.map(({ letterId }) => letterId).join(', ');
  await closeRun(tx, context, {
    end: {
      state: 'partial',
      error: `read no page: it applied what dead letters had kept of single records (${ids})`,
      errorClass: null,
    },
    proof: null,
    walk: { passes: 0, requests: 0, retries: 0 },
    listed: counts.listed,
    applied: {
      added,
      changed: known.changed,
      counted: added + known.counted,
      superseded: 0,
      withdrawn: 0,
      restored: known.restored,
      unproved: 0,
      letters: 0,
    },
  });
  await settleDaily(tx, context, false, null);
  await clearStaged(tx, runId);
}
