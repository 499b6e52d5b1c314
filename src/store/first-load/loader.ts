import type { Loadable } from './loadable.ts';
import type { PageRows } from './page-rows.ts';

/** Has PostgreSQL write what a load takes on, while the walk reads what comes next. */
export interface Loader {
  /** Takes on answers that are entered in the ledger. Of them no more is kept than their rows, and that for long perhaps. */
  add(answers: readonly Pick<Loadable, 'summary' | 'rows'>[]): void;
  /** Resolves when there is room for more answers: mostly at once. */
  hasRoom(): Promise<void>;
  /** Resolves once all that was taken on is written, or was not to be. */
  isDone(): Promise<void>;
  /** What became of all that was taken on, since the last time that somebody asked. */
  outcome(): Outcome;
}

export interface Outcome {
  /** How many rows were written. */
  readonly written: number;
  /** The answers whose rows PostgreSQL refused, by the moments when they were asked for. */
  readonly refused: readonly number[];
  /** Whether writing failed for another reason: nothing more is written then. */
  readonly hasFailed: boolean;
}

/**
 * So many bytes of rows may wait, beside as many that are being written: some sixty pages of 200 usual items. The more are
 * written together, the less each takes: of 200,000 artifacts PostgreSQL takes a tenth less by 48 pages than by 12.
 */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;

/** An answer whose rows are not being written yet. */
interface Waiting {
  readonly asked: number;
  readonly rows: PageRows;
}

/** @param write writes the rows of some pages; false where PostgreSQL refuses them, and then none is written */
export function createLoader(write: (pages: readonly PageRows[]) => Promise<boolean>): Loader {
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let work = Promise.resolve();
  let isAtWork = false;
  let written = 0;
  let refused: number[] = [];
  let hasFailed = false;
  let forRoom: (() => void)[] = [];
  const tellRoom = (): void => {
    for (const tell of forRoom) tell();
    forRoom = [];
  };
  /** At least one, however large it is. */
  const takeBatch = (): readonly Waiting[] => {
    let bytes = 0;
    const over = waiting.findIndex(({ rows }) => {
      bytes += sizeOf(rows);
      return bytes > MOST_WAITING_BYTES;
    });
    const batch = waiting.splice(0, over === -1 ? waiting.length : Math.max(over, 1));
    for (const { rows } of batch) waitingBytes -= sizeOf(rows);
    return batch;
  };

  const writeAll = async (): Promise<void> => {
    isAtWork = true;
    while (waiting.length > 0 && !hasFailed) {
      const batch = takeBatch();
      tellRoom();
      try {
        if (await write(batch.map(({ rows }) => rows))) for (const { rows } of batch) written += rows.count;
        else refused.push(...batch.map(({ asked }) => asked));
      } catch {
        // Whatever it was: the load is given up, and what it has taken on is staged.
        hasFailed = true;
      }
    }
    isAtWork = false;
    tellRoom();
  };
  return {
    add(answers) {
      waiting.push(...answers.map(({ summary, rows }) => ({ asked: summary.asked, rows })));
      for (const { rows } of answers) waitingBytes += sizeOf(rows);
      if (!isAtWork) work = writeAll();
    },
    async hasRoom() {
      while (waitingBytes > MOST_WAITING_BYTES && !hasFailed) {
        await new Promise<void>((resolve) => forRoom.push(resolve));
      }
    },
    async isDone() {
      while (isAtWork) await work;
    },
    outcome() {
      const since = { written, refused, hasFailed };
      written = 0;
      refused = [];
      return since;
    },
  };
}

function sizeOf({ artifacts, observations }: PageRows): number {
  return artifacts.length + observations.length;
}
