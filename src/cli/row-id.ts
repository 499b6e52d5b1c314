import { UsageError } from './usage-error.ts';

const LARGEST = 2n ** 63n - 1n;

/**
 * Checks that an argument can be the id of a row before the database is asked for it.
 *
 * @param what whose id: `run`
 * @param listing the command that shows the ids
 * @returns the argument itself
 */
export function requireRowId(text: string, what: string, listing: string): string {
  if (/^[1-9][0-9]{0,18}$/.test(text) && BigInt(text) <= LARGEST) return text;
  throw new UsageError(`"${text}" is not the id of a ${what}.`, `Run \`${listing}\` to see the ids.`);
}
