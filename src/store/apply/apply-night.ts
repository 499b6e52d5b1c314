import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { Proof } from '../../walk/proof.ts';
import type { ClaimedRun } from '../claim-run.ts';
import { clearStaged, emptyLedger } from '../clear-staged.ts';
import { countHandovers } from '../count-handovers.ts';
import { countListed, type ListedCounts } from '../count-listed.ts';
import { repeatedly } from '../repeat.ts';
import { closeRun, lockRun, type RunEnd, type WalkFigures } from './close-run.ts';
import type { ApplyContext, Transaction } from './context.ts';
import { type Covers, openCovers } from './cover.ts';
import { settleDaily } from './daily.ts';
import { type Absences, absentIdsForLetter, countAbsences, countCurrent, endAbsent, markAbsent } from './end-absent.ts';
import { fileBadRecords, fileLetters, type NewLetter, resolveCovered } from './file-letters.ts';
import { type AbsenceProof, findAbsences, keepFindings } from './find-absences.ts';
import { insertArrivals } from './insert-arrivals.ts';
import { keepPages } from './keep-pages.ts';
import { isAnyKnown } from './known.ts';
import { hasUnsettled, listedBy } from './staged.ts';
import { takeTurn } from './take-turn.ts';
import { type KnownChanges, updateKnown } from './update-known.ts';

/** What would be withdrawn, and what stood before: the gate's question. */
export interface Removal {
  readonly withdrawn: number;
  /** Of the withdrawn, how many a person has approved (ApplyContext.approvedRunId). */
  readonly approved: number;
  readonly superseded: number;
  readonly currentBefore: number;
}

/** The run is complete: it may end what it proved absent, unless `isHeld` says that a person must approve. */
export interface CompleteNight {
  readonly complete: true;
  readonly proof: Proof | null;
  readonly provedBy: AbsenceProof;
  readonly isHeld: (removal: Removal) => boolean;
  /** The letter of a held run, with the ids of what it proved absent, as many as fit into a letter. */
  readonly heldLetter: (removal: Removal, absentIds: readonly string[]) => NewLetter;
}

export type Night =
  | CompleteNight
  /** It is not: it stores and adds history, and ends nothing. */
  | {
      readonly complete: false;
      readonly proof: Proof | null;
      readonly end: RunEnd;
      readonly unproved: number;
      readonly letters: readonly NewLetter[];
    };

/** What was counted over all that a run has staged, before its night is applied. */
export interface Counted {
  readonly counts: ListedCounts;
  /** What countHandovers said before the first page was looked for in the mirror; null where nobody asked. */
  readonly handovers: number | null;
}

/**
 * Applies a night in one transaction (design section 4): merges what was staged, appends history and events, ends what
 * is proved absent, files letters, closes the run. Readers see the whole of it or nothing.
 *
 * @param counted null where nobody has: then it is counted here
 * @returns false where the run was taken over or closed meanwhile: nothing was written
 * @throws the driver's error where the store failed; nothing was written
 */
export async function applyNight(
  client: pg.PoolClient,
  run: ClaimedRun,
  context: ApplyContext,
  night: Night,
  walk: WalkFigures,
  counted: Counted | null = null,
): Promise<boolean> {
  const db = drizzle(client);
  return repeatedly(() =>
    db.transaction((tx) => applyOnce(tx, run, context, { night, walk, counted, begun: null }), {
      isolationLevel: 'read committed',
    }),
  );
}

/** What was written of a night before its apply, in the same transaction (applyFirstLoad). */
interface Begun {
  readonly covers: Covers;
  readonly added: number;
  readonly counts: ListedCounts;
}

/**
 * The apply within its transaction.
 *
 * @returns false where the run was taken over or closed meanwhile: nothing was written here
 */
export async function applyOnce(
  tx: Transaction,
  run: ClaimedRun,
  context: ApplyContext,
  {
    night,
    walk,
    counted,
    begun,
  }: {
    readonly night: Night;
    readonly walk: WalkFigures;
    readonly counted: Counted | null;
    readonly begun: Begun | null;
  },
): Promise<boolean> {
  if (!(await lockRun(tx, run))) return false;
  await takeTurn(tx, context.scope);
  // Timestamps within `changes` are written as text: always in UTC.
  await tx.execute(sql`SET LOCAL TimeZone = 'UTC'`);
  const counts = begun?.counts ?? (await upToDate(tx, context, counted));
  const covers = begun?.covers ?? (night.complete ? await openCovers(tx, context) : null);
  const merged = await mergeListed(tx, context, counts, covers);
  const { known } = merged;
  const added = merged.added + (begun?.added ?? 0);
  const badRecords = await fileBadRecords(tx, context);
  const settled = night.complete
    ? await settleAbsences(tx, context, night, counts, covers)
    : await settleIncomplete(tx, context, night);
  if (settled.end.state === 'certified' && settled.unproved === 0) {
    await keepPages(tx, context);
  }
  await closeRun(tx, context, {
    end: settled.end,
    proof: night.proof,
    walk,
    listed: counts.listed,
    applied: {
      added,
      changed: known.changed,
      counted: added + known.counted,
      superseded: settled.ended.superseded,
      withdrawn: settled.ended.withdrawn,
      restored: known.restored,
      unproved: settled.unproved,
      letters: badRecords + settled.letters,
    },
  });
  await settleDaily(tx, context, night.complete, covers);
  if (begun !== null) await emptyLedger(tx, run.runId);
  await clearStaged(tx, run.runId);
  return true;
}

/**
 * What was counted before the transaction, where it still holds. While a run is active nobody adds to its scope, but
 * another run may take artifacts out of it: as long as there are as many, they are the same. Where nothing changed hands,
 * they are, and need not be counted, which for 200,000 takes a sixteenth of an unchanged night.
 */
async function upToDate(tx: Transaction, context: ApplyContext, counted: Counted | null): Promise<ListedCounts> {
  if (counted !== null && ((await hasNothingLeft(tx, counted)) || (await hasAsMany(tx, context, counted)))) {
    return counted.counts;
  }
  return countListed(tx, context.runId, context.scope);
}

async function hasNothingLeft(tx: Transaction, { handovers }: Counted): Promise<boolean> {
  return handovers !== null && (await countHandovers(tx)) === handovers;
}

async function hasAsMany(tx: Transaction, context: ApplyContext, { counts }: Counted): Promise<boolean> {
  return (await countCurrent(tx, context)) === counts.current;
}

const NOTHING_CHANGED: KnownChanges = { changed: 0, restored: 0, counted: 0 };

/**
 * Merges what the run listed and is not settled. The known ones first: so they need not be told from those that are added
 * now, which on a first load are all.
 *
 * @param covers what the run covers; null where it covers nothing
 */
export async function mergeListed(
  tx: Transaction,
  context: ApplyContext,
  counts: ListedCounts,
  covers: Covers | null,
): Promise<{ readonly added: number; readonly known: KnownChanges }> {
  if (!hasUnsettled(counts)) return { added: 0, known: NOTHING_CHANGED };
  const listed = listedBy(context.runId, context.scope, counts);
  const areAllNew = !(await isAnyKnown(tx, listed));
  const known = areAllNew ? NOTHING_CHANGED : await updateKnown(tx, context, listed, counts.outside === 0, covers);
  // To look for new ones among 10,000 that are known takes an eighth as long as to write these.
  const added = counts.outside === 0 ? 0 : await insertArrivals(tx, context, listed, areAllNew, covers);
  return { added, known };
}

/** What became of the artifacts that were not listed, and of the run with it. */
interface Settled {
  readonly end: RunEnd;
  readonly ended: Absences;
  readonly unproved: number;
  readonly letters: number;
}

const NOTHING_ENDED: Absences = { superseded: 0, withdrawn: 0 };

/** Ends what a complete run found absent, or marks it where a person must approve that. */
async function settleAbsences(
  tx: Transaction,
  context: ApplyContext,
  night: CompleteNight,
  { current: currentBefore, unlisted }: ListedCounts,
  covers: Covers | null,
): Promise<Settled> {
  const { absent, unproved } =
    unlisted === 0 ? { absent: 0, unproved: 0 } : await findAbsences(tx, context, night.provedBy);
  const absences = absent === 0 ? { ...NOTHING_ENDED, approved: 0 } : await countAbsences(tx, context);
  const removal = { ...absences, currentBefore };
  if (night.isHeld(removal)) {
    await markAbsent(tx, context, covers);
    const letter = night.heldLetter(removal, await absentIdsForLetter(tx, context));
    const letters = await fileLetters(tx, context, [letter]);
    const end: RunEnd = { state: 'held', error: letter.detail, errorClass: letter.errorClass };
    return { end, ended: NOTHING_ENDED, unproved, letters };
  }
  const ended = absent === 0 ? NOTHING_ENDED : await endAbsent(tx, context, covers);
  await resolveCovered(tx, context);
  return { end: { state: 'certified', error: null, errorClass: null }, ended, unproved, letters: 0 };
}

/** Ends nothing. What its pages are witnesses of is kept, where the server sorts as asked. */
async function settleIncomplete(
  tx: Transaction,
  context: ApplyContext,
  night: Extract<Night, { complete: false }>,
): Promise<Settled> {
  if (night.proof !== null && night.proof.disorder === null) await keepFindings(tx, context);
  const letters = await fileLetters(tx, context, night.letters);
  return { end: night.end, ended: NOTHING_ENDED, unproved: night.unproved, letters };
}
