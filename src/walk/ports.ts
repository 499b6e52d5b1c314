import type { CatalogPage } from '../catalog/page.ts';
import type { Instant } from '../catalog/timestamp.ts';
import type { Gap } from './cover.ts';
import type { PageSummary } from './page-summary.ts';
import type { Overlap, Seam } from './seams.ts';

/** What a walk needs of the world: where pages come from and where they go. Tests pass a model of both. */
export interface WalkPorts {
  /**
   * One page, retried as its failures' policies say. Rejects with a Failure where it is given up.
   *
   * @param onArrival must be called when an answer has arrived, which may be long before this resolves; again where that one
   *   cannot be used and another arrives
   */
  readPage(page: number, limit: number, onArrival: () => void): Promise<CatalogPage>;
  /** Makes one answer durable. */
  stage(summary: PageSummary, answer: CatalogPage): Promise<void>;
  /** Whether a page may be asked for before the answer before it is staged, or what was read is made durable first. */
  mayReadAhead(): boolean;
  /** How many different ids one reading has staged; null: all reads of the run together. */
  distinctIds(pass: number | null): Promise<number>;
  /** How many artifacts of the run's scope no read has listed. */
  unlisted(): Promise<number>;
  /** Those of the unlisted whose created_at lies in one of the closed intervals. */
  unlistedWithin(gaps: readonly Gap[]): Promise<Unlisted>;
  /** How the items of two answers agree about the stretch that both show (`commonStretch`). */
  overlap(seam: Seam): Promise<Overlap>;
  /**
   * Whether two answers show that the list changed between them: an item that one of them lists, inside what the other
   * one covers and not on it. Only pairs with an extra read in them are looked at.
   */
  showsChange(): Promise<boolean>;
  /** Whether the tries of this run have been in vain for so long that the rest is given up together. */
  inVain(): boolean;
}

export interface Unlisted {
  readonly count: number;
  /** Some of their created_at, each once, in order: enough of them for a round of extra reads. */
  readonly places: readonly Instant[];
}

export interface WalkOptions {
  /** Items per page to ask for; the server may clamp it. */
  readonly pageSize: number;
  /** The most items a page may hold by the contract. */
  readonly maxLimit: number;
  /** Pages read side by side. */
  readonly concurrency: number;
  /** The most readings of the whole list before the run is called inexact. */
  readonly maxPasses: number;
  /** The most extra reads of a run, as a share of the pages of one reading; 20 are always allowed. */
  readonly maxExtraReads: number;
  /** The most extra reads that look for one place, before it is said to run away. */
  readonly maxLooks: number;
  /** What an earlier attempt of this run staged. */
  readonly staged: readonly PageSummary[];
  readonly signal: AbortSignal;
  readonly onPage?: (progress: WalkProgress) => void;
}

export interface WalkProgress {
  readonly pagesRead: number;
  readonly pages: number;
  readonly listed: number;
}
