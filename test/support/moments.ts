/** A stretch without a moment, in the milliseconds of the clock that the moments were read from. */
export interface Pause {
  readonly from: number;
  readonly to: number;
  readonly milliseconds: number;
}

/** The longest stretch between two neighbours of rising moments. Throws where there are fewer than two. */
export function longestPause(moments: readonly number[]): Pause {
  return moments
    .slice(1)
    .map((to, index) => ({ from: moments[index] ?? to, to, milliseconds: to - (moments[index] ?? to) }))
    .reduce((longest, pause) => (pause.milliseconds > longest.milliseconds ? pause : longest));
}

/** The most of rising moments, in milliseconds, that lie in one second, wherever it is cut. */
export function mostInASecond(moments: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, at] of moments.entries()) {
    while ((moments[first] ?? at) <= at - 1_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
