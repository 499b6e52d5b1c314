import type { CatalogPage } from '../catalog/page.ts';
import type { PageSummary } from '../walk/page-summary.ts';
import type { Answer } from './enter-answers.ts';
import { RunLost } from './run-session.ts';
import type { Expected, Staged } from './stage-pages.ts';

/** Stages the answers of one run behind the walk's back: it reads on while PostgreSQL is at work on what came before. */
export interface Stager {
  /**
   * Takes an answer on. Resolves as soon as there is room for another one, which is mostly at once.
   *
   * @throws RunLost where the run was taken over; the driver's error where PostgreSQL failed; on this answer or an earlier
   */
  stage(summary: PageSummary, answer: CatalogPage): Promise<void>;
  /** Whether `stage` resolves before its answer is staged. */
  isBehind(): boolean;
  /** Resolves once all that was taken on is staged. Throws as `stage` does. */
  allStaged(): Promise<void>;
}

/**
 * So many answers are waited for, each until it is staged: a worker that dies again and again leaves progress behind each
 * time. With 64 a night of 200,000 took 4 to 11 % longer than with 16 (five rounds, both in turn), and with 16, 8 and 4 as long
 * (five more).
 */
const WAITED_FOR = 8;
/** Behind those, where fewer answers wait, others are waited for a little: a round trip costs more than a page. */
const WORTH_A_STATEMENT = 8;
const LONGEST_WAIT_MS = 10;
/** So many answers go together at most: more take PostgreSQL no less each. */
const MOST_TOGETHER = 12;
/**
 * So many answers, and one, may be taken on and not staged: what a walk holds in memory, beside what it is reading. With 12 it stood
 * still where PostgreSQL took a little longer, and a night of small changes took 4 % longer than with 24 (five rounds, both
 * in turn).
 */
const MOST_HELD = 24;
/** And so many bytes, however few answers that are; one that was parsed counts for a quarter of them. */
const MOST_HELD_BYTES = 8 * 1024 * 1024;

/** An answer that is not staged yet, and who is told when it is. */
interface Held extends Answer {
  readonly tell: () => void;
}

/** Stages some answers; null where the run was taken over. */
export type StageAnswers = (answers: readonly Answer[], expects: Expected) => Promise<Staged | null>;

/** @param waitedFor of so many answers `stage` resolves only once they are staged */
export function createStager(stageAnswers: StageAnswers, waitedFor = WAITED_FOR): Stager {
  const waiting: Held[] = [];
  const expectation = createExpectation();
  let failure: { readonly error: unknown } | null = null;
  let work: Promise<void> | null = null;
  let toTell: readonly Held[] = [];
  let taken = 0;
  let held = 0;
  let heldBytes = 0;
  let isAwaited = false;
  let hurry = (): void => {};
  const forRoom = new Set<() => void>();

  const tellRoom = (): void => {
    for (const tell of forRoom) tell();
    forRoom.clear();
  };
  const untilRoom = async (): Promise<void> => {
    const isFull = (): boolean => held > MOST_HELD || heldBytes > MOST_HELD_BYTES;
    while (isFull() && failure === null) await new Promise<void>((resolve) => forRoom.add(resolve));
  };
  const isWorthIt = (): boolean => waiting.length >= WORTH_A_STATEMENT || heldBytes > MOST_HELD_BYTES;
  /** Resolves when it is worth a statement. */
  const enough = async (): Promise<void> => {
    if (taken <= waitedFor || isWorthIt() || isAwaited) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LONGEST_WAIT_MS);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    hurry = () => {};
  };
  /** All that came in meanwhile goes together: the more there is to do, the fewer statements it takes. */
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      await enough();
      const batch = waiting.splice(0, MOST_TOGETHER);
      toTell = batch;
      const staged = await stageAnswers(batch, expectation.next());
      if (staged === null) throw new RunLost();
      expectation.learn(staged);
      held -= batch.length;
      for (const { answer } of batch) heldBytes -= sizeOf(answer);
      for (const { tell } of batch) tell();
      tellRoom();
    }
  };
  const begin = (): Promise<void> => {
    work ??= drain()
      .catch((error: unknown) => {
        failure ??= { error };
        for (const { tell } of [...toTell, ...waiting]) tell();
        tellRoom();
      })
      .then(() => {
        work = null;
        // What came in after the last look.
        if (waiting.length > 0 && failure === null) void begin();
      });
    return work;
  };
  const throwFailure = (): void => {
    if (failure !== null) throw failure.error;
  };
  return {
    async stage(summary, answer) {
      throwFailure();
      taken += 1;
      held += 1;
      heldBytes += sizeOf(answer);
      const staged = new Promise<void>((tell) => waiting.push({ summary, answer, tell }));
      if (isWorthIt()) hurry();
      void begin();
      await (taken <= waitedFor ? staged : untilRoom());
      throwFailure();
    },
    isBehind: () => taken >= waitedFor,
    async allStaged() {
      isAwaited = true;
      hurry();
      while (work !== null) await work;
      isAwaited = false;
      throwFailure();
    },
  };
}

function sizeOf(answer: CatalogPage): number {
  return answer.unread?.size ?? MOST_HELD_BYTES / 4;
}

/** Where most items were new, only now and then some are looked for in the mirror. */
const LOOK_AGAIN_AFTER = 8;

/** Expects of the next answers what the last ones were. */
function createExpectation(): { next(): Expected; learn(staged: Staged): void } {
  let expected: Expected = 'settled';
  let notLookedFor = 0;
  return {
    next: () => (expected === 'new' && notLookedFor >= LOOK_AGAIN_AFTER ? 'mixed' : expected),
    learn({ items, settled }) {
      if (expected === 'new' && notLookedFor < LOOK_AGAIN_AFTER) {
        notLookedFor += 1;
        return;
      }
      notLookedFor = 0;
      if (settled === items) expected = 'settled';
      else expected = settled * 10 < items ? 'new' : 'mixed';
    },
  };
}
