import type { Removal } from '../store/apply/apply-night.ts';

/** So few artifacts may always go without anybody being asked. */
const ALWAYS_ALLOWED = 10;

/**
 * Whether a person must approve what a complete run would withdraw (design section 3, state `held`): more than the
 * allowed share of what was current before it and more than 10 artifacts, or all of a list that is suddenly empty,
 * whatever its size. Superseded artifacts do not count: their names live on.
 *
 * @param listed how many items the run listed
 * @param maxRemoval the allowed share, 0 to 1
 */
export function isHeld(removal: Removal, listed: number, maxRemoval: number): boolean {
  if (listed === 0) return removal.currentBefore > 0;
  // Divided, not multiplied: 29 of 100 is 0.29 exactly as it is written, but 0.29 * 100 is a little less than 29.
  return removal.withdrawn > ALWAYS_ALLOWED && removal.withdrawn / removal.currentBefore > maxRemoval;
}
