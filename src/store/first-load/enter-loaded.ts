import pg from 'pg';
import { coverOf } from '../../walk/cover.ts';
import { BinaryRows, instantOf } from '../binary-rows.ts';
import type { ClaimedRun } from '../claim-run.ts';
import { copyTogether } from '../copy-together.ts';
import { uuidBytes } from '../uuid-bytes.ts';
import { uuidListOf } from '../uuid-list.ts';
import type { Loadable } from './loadable.ts';

const LOADED_PAGES =
  'mirror.staged_pages (run_id, asked, pass, page, page_limit, arrived_at, covers, summary, settled, list, kept)';
const FIELDS = 11;
/** What a row takes beside its ids and the bytes that are kept. */
const ROW_BYTES = 1_000;
/** What PostgreSQL is to say where the run is another's; no code of its own. */
const RUN_LOST = 'CM001';

/**
 * Enters answers in the ledger of a run whose items its first load writes: as settled ones, with the bytes that they are
 * staged from if that load is lost (restageKept). That is all the progress that outlives this process, so it is there
 * whatever becomes of the load.
 *
 * By COPY, because of the bytes: as a parameter they are copied five times before they leave this process. Without them a
 * first load of 200,000 took 12.7 s in place of 13.9 and 14.2, on a slow machine, when they were still a parameter.
 *
 * @returns false where the run was taken over or closed meanwhile: nothing was written
 */
export async function enterLoaded(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly Loadable[],
): Promise<boolean> {
  try {
    await copyTogether(client, [whileHeld(run), { target: LOADED_PAGES, rows: answers.flatMap(rowOf(run)) }]);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === RUN_LOST) return false;
    throw error;
  }
}

/** Fails where the run is not this worker's any more, and keeps others from taking it until the transaction is over. */
function whileHeld({ runId, fencingToken }: ClaimedRun): string {
  return `DO $$ BEGIN
    -- Losing the last pages to a crash of the server costs a second reading, which a crash costs anyway.
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM FROM mirror.runs
    WHERE id = ${BigInt(runId)} AND fencing_token = ${BigInt(fencingToken)} AND state = 'running' FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the run was taken over or closed' USING ERRCODE = '${RUN_LOST}';
    END IF;
  END $$`;
}

/** One row, with the bytes that are kept as they lie. */
function rowOf({ runId }: ClaimedRun): (answer: Loadable) => readonly Buffer[] {
  const run = BigInt(runId);
  return ({ summary, answer, rows: { ids }, list, bytes }) => {
    const row = new BinaryRows(ROW_BYTES + 2 * ids.length);
    row.row(FIELDS);
    row.bigint(run);
    row.integer(summary.asked);
    if (summary.pass === null) row.null();
    else row.integer(summary.pass);
    row.integer(summary.page);
    row.integer(summary.limit);
    row.instant(instantOf(answer.arrivedAt));
    const cover = coverOf(summary);
    if (cover === null) row.null();
    else row.openRange(cover.after, cover.before);
    row.jsonb(JSON.stringify(summary));
    row.value(uuidListOf(ids));
    row.uuid(uuidBytes([list]), 0);
    row.beginValue(bytes.length);
    return [row.written(), bytes];
  };
}
