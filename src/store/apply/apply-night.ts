import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { ClaimedRun } from '../claim-run.ts';
import { isRepeatable } from '../database-failure.ts';
import { closeRun, lockRun, type RunEnd, type WalkFigures } from './close-run.ts';
import type { ApplyContext, Transaction } from './context.ts';
import { countAbsences, countCurrent, endAbsent, markAbsent } from './end-absent.ts';
import { fileBadRecords, fileLetters, type NewLetter, resolveCovered } from './file-letters.ts';
import { insertArrivals } from './insert-arrivals.ts';
import { updateKnown } from './update-known.ts';

/** What would be withdrawn, and what stood before: the gate's question. */
export interface Removal {
  readonly withdrawn: number;
  readonly superseded: number;
  readonly currentBefore: number;
}

export type Night =
  /** The run is complete: it may end what it proved absent, unless `isHeld` says that a person must approve. */
  | {
      readonly complete: true;
      readonly isHeld: (removal: Removal) => boolean;
      /** The letter of a held run, with the ids of what it proved absent. */
      readonly heldLetter: (removal: Removal, absentIds: readonly string[]) => NewLetter;
    }
  /** It is not: it stores and adds history, and ends nothing. */
  | {
      readonly complete: false;
      readonly end: RunEnd;
      readonly unproved: number;
      readonly letters: readonly NewLetter[];
    };

/** How often a transaction that PostgreSQL broke off for another one's sake is begun again. */
const REPEATS = 10;

/**
 * Applies a night in one transaction (design section 4): merges what was staged, appends history and events, ends what
 * is proved absent, files letters, closes the run. Readers see the whole of it or nothing.
 *
 * @returns false where the run was taken over or closed meanwhile: nothing was written
 * @throws the driver's error where the store failed; nothing was written
 */
export async function applyNight(
  client: pg.PoolClient,
  run: ClaimedRun,
  context: ApplyContext,
  night: Night,
  walk: WalkFigures,
): Promise<boolean> {
  const db = drizzle(client);
  for (let repeat = 0; ; repeat++) {
    try {
      return await db.transaction((tx) => applyOnce(tx, run, context, night, walk), {
        isolationLevel: 'read committed',
      });
    } catch (error) {
      if (repeat >= REPEATS || !isRepeatable(error)) throw error;
    }
  }
}

async function applyOnce(
  tx: Transaction,
  run: ClaimedRun,
  context: ApplyContext,
  night: Night,
  walk: WalkFigures,
): Promise<boolean> {
  if (!(await lockRun(tx, run))) return false;
  // Timestamps within `changes` are written as text: always in UTC.
  await tx.execute(sql`SET LOCAL TimeZone = 'UTC'`);
  const currentBefore = await countCurrent(tx, context);
  const added = await insertArrivals(tx, context);
  const known = await updateKnown(tx, context);
  let letters = await fileBadRecords(tx, context);
  let ended = { superseded: 0, withdrawn: 0 };
  let end: RunEnd = { state: 'certified', error: null, errorClass: null };
  if (night.complete) {
    const removal = { ...(await countAbsences(tx, context)), currentBefore };
    if (night.isHeld(removal)) {
      const letter = night.heldLetter(removal, await markAbsent(tx, context));
      letters += await fileLetters(tx, context, [letter]);
      end = { state: 'held', error: letter.detail, errorClass: letter.errorClass };
    } else {
      ended = await endAbsent(tx, context);
      await resolveCovered(tx, context);
    }
  } else {
    letters += await fileLetters(tx, context, night.letters);
    end = night.end;
  }
  await closeRun(tx, context.runId, end, context.at, walk, {
    added,
    changed: known.changed,
    counted: added + known.counted,
    superseded: ended.superseded,
    withdrawn: ended.withdrawn,
    restored: known.restored,
    unproved: night.complete ? 0 : night.unproved,
    letters,
  });
  return true;
}
