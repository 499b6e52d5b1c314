import type pg from 'pg';
import type { CatalogClient } from '../catalog/client.ts';
import type { RetryLimits } from '../catalog/retry.ts';
import type { Clock } from '../clock.ts';
import type { ConnectionPatience } from '../store/watch-connection.ts';

/** One organization as the settings name it. */
export interface MirroredOrganization {
  readonly organization: string;
  readonly kinds: readonly string[];
  readonly includePublic: boolean;
  /** An IANA name: decides which day a run belongs to. */
  readonly timeZone: string;
}

/** What mirroring needs of the world. */
export interface MirrorDependencies {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  /** All that the settings name, not only those of one `sync`: they decide who speaks for an artifact. */
  readonly organizations: readonly MirroredOrganization[];
  /** The catalog's base address, as it is stored with the mirror. */
  readonly catalogUrl: string;
  readonly clientFor: (organization: string) => CatalogClient;
  readonly pageSize: number;
  readonly pageConcurrency: number;
  /** The most readings of one list within one run. */
  readonly maxPasses: number;
  /** The most extra reads of one run, as a share of the list's pages. */
  readonly maxExtraReads: number;
  /** The most extra reads that look for one place of a list. */
  readonly maxLooks: number;
  /** The share of a listing that may be withdrawn without a person, 0 to 1. */
  readonly maxRemoval: number;
  /** How old the last sign of life of a run may be for it to be taken up. */
  readonly resumeMinutes: number;
  /** So many items must a list have that is applied while it is read for the first time; default 5,000. */
  readonly loadsFrom?: number;
  readonly retryLimits?: RetryLimits;
  readonly connectionPatience?: ConnectionPatience;
}
