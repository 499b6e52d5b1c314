import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Scope } from '../scope.ts';

/** A transaction on the run's own connection. */
export type Transaction = Pick<NodePgDatabase, 'execute'>;

/** What every statement of an apply needs to know. */
export interface ApplyContext {
  readonly runId: string;
  readonly scope: Scope;
  readonly day: string;
  /** The moment of the apply, by the process's clock: what its events and endings are dated with. */
  readonly at: Date;
  /** The organizations whose listings of this kind are mirrored: an artifact of one of them is spoken for by it. */
  readonly mirrored: readonly string[];
  /**
   * The held run whose removal a person approved: what it found absent may be ended by this run, where it proves the
   * absence again (design section 3, state `held`). Null where nobody approved anything.
   */
  readonly approvedRunId: string | null;
}
