import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { applyFirstLoad } from './apply/apply-first-load.ts';
import { applyNight, type Night } from './apply/apply-night.ts';
import type { WalkFigures } from './apply/close-run.ts';
import type { ApplyContext } from './apply/context.ts';
import type { RunIdentity } from './claim-run.ts';
import { countHandovers } from './count-handovers.ts';
import { countListedByHash, type ListedCounts } from './count-listed.ts';
import type { Answer } from './enter-answers.ts';
import { countLoaded } from './first-load/count-loaded.ts';
import { takeDoublesBack } from './first-load/doubles.ts';
import { enterLoaded } from './first-load/enter-loaded.ts';
import { writeRows } from './first-load/load-rows.ts';
import { chooseLoadable } from './first-load/loadable.ts';
import { createLoader, type Loader } from './first-load/loader.ts';
import { isFirstLoad, type OpenLoad, openLoad } from './first-load/open-load.ts';
import { createRowsOf } from './first-load/page-rows.ts';
import { type ReadAgain, restageKept } from './first-load/restage-kept.ts';
import { RunLost, type RunSession } from './run-session.ts';
import { type StagedNaming, stagePages } from './stage-pages.ts';
import type { StageAnswers } from './stager.ts';
import type { ConnectionPatience } from './watch-connection.ts';

/**
 * Where the answers of one run go, and what is known of them: into the staging tables, from where the night is applied.
 *
 * A long list that the mirror has nothing of is applied while the walk still reads: the apply's transaction is begun with
 * the first page, on a connection of its own, and takes in what each page lists in place of the staging tables. Readers see
 * all of it when the night is applied, or nothing. What the ledger keeps of each page is as much progress as a staged page
 * is, so that the transaction may be lost at any moment: then all of it is staged, and applied as on any other night.
 */
export interface Staging {
  /** Stages some answers; null where the run was taken over. */
  readonly stage: StageAnswers;
  /** Asks PostgreSQL something about what was staged so far. */
  ask<T>(question: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Counts over all that was staged so far. */
  count(): Promise<ListedCounts>;
  /**
   * Applies the night (applyNight).
   *
   * @param counted what `count` said, if nothing was staged since
   */
  apply(context: ApplyContext, night: Night, walk: WalkFigures, counted: ListedCounts | null): Promise<boolean>;
  /** Lets go of what is not applied, but for the staging tables; must be called, after whatever happened. */
  close(): void;
}

/** Twenty-five of the largest pages: what a shorter list could gain is not worth a connection. */
export const LOADS_FROM = 5_000;
/** As long as the transaction lives, PostgreSQL keeps every version of every row. A walk that takes longer gains little. */
const LONGEST_MS = 10 * 60_000;

export interface StagingOptions {
  readonly pool: pg.Pool;
  readonly session: RunSession;
  readonly identity: RunIdentity;
  readonly naming: StagedNaming;
  readonly readAgain: ReadAgain;
  /** So many items must a list have that is applied while it is read; default LOADS_FROM. */
  readonly loadsFrom?: number | undefined;
  readonly patience?: ConnectionPatience | undefined;
}

/** A load, and what it takes on. */
interface Loading extends OpenLoad {
  readonly loader: Loader;
}

/**
 * Opens the staging of a claimed run, with what an earlier attempt has left in it.
 *
 * @throws RunLost where the run was taken over
 */
export async function openStaging(options: StagingOptions): Promise<Staging> {
  const { pool, session, identity, naming, readAgain, loadsFrom = LOADS_FROM } = options;
  const { owner } = naming;
  const { run } = session;
  /** Undefined until the first answers tell; null where there is none, or none any more. */
  let load: Loading | null | undefined;
  let rows = 0;
  let isAbandoned = false;
  /** Before the first answers are looked for in the mirror; of pages that an earlier attempt has staged nobody knows. */
  let handovers: number | null = null;
  let isBegun = run.resumed;

  const restage = async (asked: readonly number[] | null): Promise<void> => {
    let behind: number | 'done' | null = -1;
    while (behind !== 'done') {
      const last: number = behind;
      behind = await session.exclusively((client) => restageKept(client, run, { readAgain, owner }, asked, last));
      if (behind === null) throw new RunLost();
    }
  };
  const close = (): void => {
    load?.letGo();
    load = null;
  };
  /** From here on everything is staged, and what was loaded too. */
  const abandon = async (): Promise<void> => {
    close();
    isAbandoned = true;
    await restage(null);
  };
  /** Does what is to be done where rows were not written. Null where there is no load any more. */
  const look = async (loading: Loading): Promise<Loading | null> => {
    if (load !== loading) return null;
    const { loader, isBroken } = loading;
    const { written, refused, hasFailed } = loader.outcome();
    rows += written;
    // Where the mirror knows even the first ones, it may know them all.
    if (hasFailed || isBroken() || (refused.length > 0 && rows === 0)) await abandon();
    else if (refused.length > 0) await restage(refused);
    return load ?? null;
  };
  /** Null where this is no first load, or it cannot be begun. */
  const tryToOpen = async (): Promise<Loading | null> => {
    if (identity.includePublic || !(await session.exclusively((client) => isFirstLoad(client, identity)))) return null;
    const opened = await openLoad(pool, run.runId, identity, options.patience);
    if (opened === null) return null;
    return { ...opened, loader: createLoader((pages) => opened.exclusively((client) => writeRows(client, pages))) };
  };
  /** Once all that it has taken on is written. */
  const current = async (): Promise<Loading | null> => {
    await load?.loader.isDone();
    return load ? look(load) : null;
  };
  /** Uses what is loaded, where there is anything; undefined where there is nothing, or nothing any more. */
  const useLoad = async <T>(use: (open: OpenLoad) => Promise<T>): Promise<{ readonly result: T } | undefined> => {
    const open = await current();
    if (open === null) return undefined;
    try {
      return { result: await use(open) };
    } catch (error) {
      if (error instanceof RunLost) throw error;
      await abandon();
      return undefined;
    }
  };
  const ask: Staging['ask'] = async (question) => {
    const answer = await useLoad((open) => open.exclusively(question));
    return answer === undefined ? session.exclusively(question) : answer.result;
  };
  const count = async (): Promise<ListedCounts> => {
    const counts = await useLoad(async (open) => {
      const doubles = await open.exclusively((client) => takeDoublesBack(client, run.runId));
      rows -= doubles.rows;
      if (doubles.asked.length > 0) await restage(doubles.asked);
      return open.exclusively((client) => countLoaded(client, run, identity, rows));
    });
    return counts?.result ?? session.exclusively((client) => countListedByHash(client, run.runId, identity));
  };

  /**
   * Takes on what it can of some answers; PostgreSQL may still be at work on it when this resolves.
   *
   * @returns those that are to be staged; null where the run was taken over
   */
  const take = async (answers: readonly Answer[]): Promise<readonly Answer[] | null> => {
    if (load === undefined) load = answers.some(({ summary }) => summary.total >= loadsFrom) ? await tryToOpen() : null;
    if (load !== null && load.ageMs() > LONGEST_MS) await abandon();
    // It may be closed while something is waited for.
    const loading = load;
    if (loading === null) return answers;
    const { loadable, others } = await chooseLoadable(answers, createRowsOf(run, identity, loading.covers.own, owner));
    if (loadable.length === 0) return others;
    if (!(await session.exclusively((client) => enterLoaded(client, run, loadable)))) return null;
    await loading.loader.hasRoom();
    const open = await look(loading);
    if (open !== null) open.loader.add(loadable);
    // Entered for a load that is given up meanwhile: what gave it up has not seen them.
    else if (isAbandoned) await restage(loadable.map(({ summary }) => summary.asked));
    return others;
  };

  const begin = async (answers: readonly Answer[]): Promise<void> => {
    isBegun = true;
    // To count what is current in a shorter list takes no longer.
    if (answers.every(({ summary }) => summary.total < LOADS_FROM)) return;
    handovers = await session.exclusively((client) => countHandovers(drizzle(client)));
  };

  if (run.resumed) await restage(null);
  return {
    async stage(answers, expects) {
      if (!isBegun) await begin(answers);
      const others = await take(answers);
      if (others === null) return null;
      const items = answers.reduce((sum, { summary }) => sum + summary.items, 0);
      if (others.length === 0) return { items, settled: 0 };
      const staged = await session.exclusively((client) => stagePages(client, run, others, naming, expects));
      return staged === null ? null : { items, settled: staged.settled };
    },
    ask,
    count,
    async apply(context, night, walk, counted) {
      // What an incomplete night covers is another matter.
      if (load != null && !night.complete) await abandon();
      const applied = await useLoad(async ({ exclusively, covers }) => {
        const counts = counted ?? (await count());
        if (!night.complete || load === null) return null;
        return exclusively((client) => applyFirstLoad(client, run, context, night, walk, { covers, rows, counts }));
      });
      close();
      if (applied !== undefined && applied.result !== null) return applied.result;
      const stillCounted = isAbandoned || counted === null ? null : { counts: counted, handovers };
      return session.exclusively((client) => applyNight(client, run, context, night, walk, stillCounted));
    },
    close,
  };
}
