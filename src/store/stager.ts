import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogPage } from '../catalog/page.ts';
import type { PageSummary } from '../walk/page-summary.ts';
import type { Answer } from './enter-answers.ts';
import { RunLost, type RunSession } from './run-session.ts';
import { type Expected, type Staged, type StagedNaming, stagePages } from './stage-pages.ts';

/** Stages the answers of one run behind the walk's back: it reads on while PostgreSQL is at work on what came before. */
export interface Stager {
  /**
   * Takes an answer on. Resolves as soon as there is room for another one, which is mostly at once.
   *
   * @throws RunLost where the run was taken over; the driver's error where PostgreSQL failed; on this answer or an earlier
   */
  stage(summary: PageSummary, answer: CatalogPage): Promise<void>;
  /** Resolves once all that was taken on is staged. Throws as `stage` does. */
  allStaged(): Promise<void>;
}

/** Where fewer answers wait, others are waited for a little: a round trip costs more than a page. */
const WORTH_A_STATEMENT = 8;
const LONGEST_WAIT_MS = 10;
/** So many answers may be taken on and not staged: what a walk holds in memory, beside what it is reading. */
const MOST_HELD = 24;

export function createStager(session: RunSession, naming: StagedNaming): Stager {
  const waiting: Answer[] = [];
  const expectation = createExpectation();
  let failure: { readonly error: unknown } | null = null;
  let work: Promise<void> | null = null;
  let held = 0;
  let isAwaited = false;
  let hurry = (): void => {};
  const forRoom = new Set<() => void>();

  const tellRoom = (): void => {
    for (const tell of forRoom) tell();
    forRoom.clear();
  };
  const untilRoom = async (): Promise<void> => {
    while (held > MOST_HELD && failure === null) await new Promise<void>((resolve) => forRoom.add(resolve));
  };
  /** Resolves when it is worth a statement. */
  const enough = async (): Promise<void> => {
    if (waiting.length >= WORTH_A_STATEMENT || isAwaited) return;
    const late = new AbortController();
    hurry = () => late.abort();
    await sleep(LONGEST_WAIT_MS, null, { signal: late.signal }).catch(() => {});
    hurry = () => {};
  };
  /** All that came in meanwhile goes together: the more there is to do, the fewer statements it takes. */
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      await enough();
      const batch = waiting.splice(0, MOST_HELD);
      const staged = await session.exclusively((client) =>
        stagePages(client, session.run, batch, naming, expectation.next()),
      );
      if (staged === null) throw new RunLost();
      expectation.learn(staged);
      held -= batch.length;
      tellRoom();
    }
  };
  const begin = (): Promise<void> => {
    work ??= drain()
      .catch((error: unknown) => {
        failure ??= { error };
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
      waiting.push({ summary, answer });
      held += 1;
      if (waiting.length >= WORTH_A_STATEMENT) hurry();
      void begin();
      await untilRoom();
      throwFailure();
    },
    async allStaged() {
      isAwaited = true;
      hurry();
      while (work !== null) await work;
      isAwaited = false;
      throwFailure();
    },
  };
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
