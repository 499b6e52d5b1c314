import type { CatalogPage } from '../catalog/page.ts';
import type { PageSummary } from '../walk/page-summary.ts';
import { RunLost, type RunSession } from './run-session.ts';
import { type Answer, type Staged, type StagedNaming, stagePages } from './stage-pages.ts';

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

/** So many answers may wait: what a walk holds in memory, beside those that are being staged. */
const MOST_WAITING = 8;

export function createStager(session: RunSession, naming: StagedNaming): Stager {
  const waiting: Answer[] = [];
  const looking = createLooking();
  let failure: { readonly error: unknown } | null = null;
  let work: Promise<void> | null = null;
  let atWork = Promise.resolve();

  /** All that came in meanwhile goes together: the more there is to do, the fewer statements it takes. */
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0);
      const staging = session.exclusively((client) =>
        stagePages(client, session.run, batch, naming, looking.isWorthIt()),
      );
      atWork = staging.then(
        () => {},
        () => {},
      );
      const staged = await staging;
      if (staged === null) throw new RunLost();
      looking.learn(staged);
    }
  };
  const begin = (): Promise<void> => {
    work ??= drain()
      .catch((error: unknown) => {
        failure ??= { error };
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
      void begin();
      if (waiting.length >= MOST_WAITING) await atWork;
      throwFailure();
    },
    async allStaged() {
      while (work !== null) await work;
      throwFailure();
    },
  };
}

/** Looking for settled items is in vain where most are new or have moved: then only now and then a batch is looked at. */
const LOOK_AGAIN_AFTER = 8;

function createLooking(): { isWorthIt(): boolean; learn(staged: Staged): void } {
  let passedOver = 0;
  let isInVain = false;
  return {
    isWorthIt: () => !isInVain || passedOver >= LOOK_AGAIN_AFTER,
    learn({ items, settled }) {
      if (isInVain && passedOver < LOOK_AGAIN_AFTER) {
        passedOver += 1;
        return;
      }
      if (items === 0) return;
      passedOver = 0;
      isInVain = settled * 10 < items;
    },
  };
}
