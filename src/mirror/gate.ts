import type { Removal } from '../store/apply/apply-night.ts';

/** So few artifacts may always go without anybody being asked. */
const ALWAYS_ALLOWED = 10;

/**
 * Whether a person must approve what a complete run would withdraw (design section 3, state `held`): more than the
 * allowed share of what was current before it and more than 10 artifacts, or all of a list that is suddenly empty,
 * whatever its size. Superseded artifacts do not count: their names live on. What a person approved counts nowhere,
 * neither among the withdrawn nor among the current: the rest is judged as if it had never been there.
 *
 * @param listed how many items the run listed
 * @param maxRemoval the allowed share, 0 to 1
 */
export function isHeld(removal: Removal, listed: number, maxRemoval: number): boolean {
  const withdrawn = removal.withdrawn - removal.approved;
  const currentBefore = removal.currentBefore - removal.approved;
  if (listed === 0) return currentBefore > 0;
  // Divided, not multiplied: 29 of 100 is 0.29 exactly as it is written, but 0.29 * 100 is a little less than 29.
  return withdrawn > ALWAYS_ALLOWED && withdrawn / currentBefore > maxRemoval;
}
