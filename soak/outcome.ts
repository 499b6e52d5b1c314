import { FAILURE_CLASSES, type FailureClass } from '../src/catalog/failure.ts';
import type { RunState } from '../src/mirror/types.ts';
import type { GivenAnswer } from './catalog/ledger.ts';
import type { Check } from './checks/check.ts';
import { type Letter, unreadPages } from './checks/letters.ts';
import { groupBy } from './group-by.ts';
import { FAULT_NAMES, type FaultName } from './plan.ts';
import type { GivenFault } from './run-faults.ts';
import type { FiledFailure, TrailedRun } from './trail.ts';

/** What became of the faults of one name. */
export interface FaultFigures {
  readonly name: FaultName;
  readonly times: number;
  readonly seconds: number;
  /**
   * From the end of a fault to the end of the next certified run, in seconds; null where none came. Of any listing, but
   * where the fault befell one alone: of that one.
   */
  readonly medianToCertified: number | null;
  readonly longestToCertified: number | null;
}

/** What became of the answers of one class. */
export interface ClassFigures {
  readonly errorClass: FailureClass;
  /** Answers that the catalog gave. */
  readonly given: number;
  /** Pages that a run gave up after it, by the catalog's own account. */
  readonly givenUp: number;
  /** Failures that runs filed: new letters, and occurrences of open ones. */
  readonly filed: number;
  readonly letters: number;
  readonly resolved: number;
  readonly open: number;
}

export interface SoakOutcome {
  readonly queue: 'postgres' | 'redis';
  readonly seed: number;
  readonly minutes: number;
  /** From the first start to the last check, in seconds. */
  readonly seconds: number;
  /** From the end of the faults until every listing had a certified run that began after it, in seconds. */
  readonly quietAfter: number | null;
  readonly requests: number;
  readonly runs: Readonly<Partial<Record<RunState, number>>>;
  /** Runs that another worker or attempt took up. */
  readonly takenUp: number;
  readonly workers: { readonly started: number; readonly startedInVain: number };
  readonly faults: readonly FaultFigures[];
  readonly classes: readonly ClassFigures[];
  readonly checks: readonly Check[];
}

export function faultFigures(given: readonly GivenFault[], runs: readonly TrailedRun[]): readonly FaultFigures[] {
  const certified = runs.flatMap(({ state, listing, closedAt }) =>
    state === 'certified' && closedAt !== null ? [{ listing, at: closedAt }] : [],
  );
  certified.sort((a, b) => a.at - b.at);
  return FAULT_NAMES.flatMap((name) => {
    const all = given.filter((fault) => fault.name === name);
    if (all.length === 0) return [];
    const waits = all.flatMap(({ to, listing }) => {
      const next = certified.find((run) => run.at >= to && (listing === null || run.listing === listing));
      return next === undefined ? [] : [(next.at - to) / 1_000];
    });
    waits.sort((a, b) => a - b);
    return [
      {
        name,
        times: all.length,
        seconds: all.reduce((sum, { from, to }) => sum + to - from, 0) / 1_000,
        medianToCertified: waits[Math.floor(waits.length / 2)] ?? null,
        longestToCertified: waits.length < all.length ? null : (waits.at(-1) ?? null),
      },
    ];
  });
}

export function classFigures(
  runs: readonly TrailedRun[],
  answers: ReadonlyMap<number, readonly GivenAnswer[]>,
  every: readonly GivenAnswer[],
  filed: readonly FiledFailure[],
  letters: readonly Letter[],
): readonly ClassFigures[] {
  const lost = runs.filter(({ state }) => state === 'partial' || state === 'failed');
  const givenUp = groupBy(
    lost.flatMap(({ id }) => [...unreadPages(answers.get(id) ?? []).values()]),
    ({ fault }) => fault,
  );
  const given = groupBy(every, ({ fault }) => fault);
  const filedOf = groupBy(filed, ({ errorClass }) => errorClass);
  const lettersOf = groupBy(letters, ({ errorClass }) => errorClass);
  return FAILURE_CLASSES.flatMap((errorClass) => {
    const own = lettersOf.get(errorClass) ?? [];
    const figures = {
      errorClass,
      given: given.get(errorClass)?.length ?? 0,
      givenUp: givenUp.get(errorClass)?.length ?? 0,
      filed: filedOf.get(errorClass)?.length ?? 0,
      letters: own.length,
      resolved: own.filter(({ state }) => state === 'resolved').length,
      open: own.filter(({ state }) => state === 'open').length,
    };
    return figures.given + figures.filed === 0 ? [] : [figures];
  });
}

export function runsByState(runs: readonly TrailedRun[]): SoakOutcome['runs'] {
  return Object.fromEntries([...groupBy(runs, ({ state }) => state)].map(([state, all]) => [state, all.length]));
}
