import { median } from './median.ts';

/** A ratio, a time or a size that is asked for, and what it came to in each round. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly values: readonly number[];
  readonly unit: GoalUnit;
  /** Null where it is only told. */
  readonly isMet: boolean | null;
}

export type GoalUnit = 'times' | 'MB' | 'rows' | 'ms';

/** The median of the rounds against the least that is asked for. */
export function atLeast<R>(rounds: readonly R[], what: string, least: number, value: (round: R) => number): Goal {
  const values = rounds.map(value);
  return { what, goal: `at least ${least}x`, values, unit: 'times', isMet: median(values) >= least };
}

/** The median of the rounds against the most that is asked for. */
export function atMost<R>(
  rounds: readonly R[],
  what: string,
  [most, unit]: readonly [number, GoalUnit],
  value: (round: R) => number,
): Goal {
  const values = rounds.map(value);
  const suffix = unit === 'times' ? 'x' : unit === 'rows' ? '' : ` ${unit}`;
  return { what, goal: `at most ${most}${suffix}`, values, unit, isMet: median(values) <= most };
}

/** What is measured and held to nothing. */
export function told<R>(rounds: readonly R[], what: string, unit: GoalUnit, value: (round: R) => number): Goal {
  return { what, goal: '', values: rounds.map(value), unit, isMet: null };
}
