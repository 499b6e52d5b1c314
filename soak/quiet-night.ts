import type pg from 'pg';
import { type Listing, listingOf } from './catalog/ledger.ts';
import type { Check } from './checks/check.ts';
import { pause } from './run-faults.ts';

/** A lease, a job that stalls, two fires of the slowest schedule, and room for a machine that is busy. */
const WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 500;

export interface QuietNight {
  readonly check: Check;
  /** Seconds until every listing was certified; null where that did not come. */
  readonly after: number | null;
}

/**
 * Waits until the schedules have mirrored every listing once more, by runs that began after the faults. A list that lost
 * much while it could not be read is held, as it should be.
 *
 * @param since milliseconds since 1970
 * @param approve does what a person does then: looks, and approves what is held
 */
export async function untilQuietNight(
  pool: pg.Pool,
  listings: readonly Listing[],
  since: number,
  approve: () => Promise<void>,
  log: (line: string) => void,
): Promise<QuietNight> {
  let missing: readonly Listing[] = listings;
  while (missing.length > 0 && Date.now() < since + WITHIN_MS) {
    await pause(LOOK_EVERY_MS);
    const { rows } = await pool.query<{ organization: string; kind: string }>(
      "SELECT DISTINCT organization, kind FROM mirror.runs WHERE state = 'certified' AND started_at > $1",
      [new Date(since)],
    );
    const done = new Set(rows.map(({ organization, kind }) => listingOf(organization, kind)));
    const left = listings.filter((listing) => !done.has(listing));
    if (left.length !== missing.length)
      log(`quiet night: ${listings.length - left.length} of ${listings.length} listings`);
    missing = left;
    const held = await pool.query<{ organization: string; kind: string }>(
      `SELECT organization, kind FROM mirror.runs WHERE state = 'held' AND started_at > $1
         AND id IN (SELECT max(id) FROM mirror.runs WHERE state <> 'running' GROUP BY organization, kind)`,
      [new Date(since)],
    );
    if (held.rows.length === 0) continue;
    log(`a person approves what is held of ${held.rows.map(({ organization }) => organization).join(', ')}`);
    await approve();
  }
  return {
    after: missing.length === 0 ? (Date.now() - since) / 1_000 : null,
    check: {
      claim: 'the schedules go on by themselves: every listing is certified again after the faults',
      lookedAt: `${listings.length} listings`,
      problems: missing.map((listing) => `${listing} was not certified within ${WITHIN_MS / 1_000} s`),
    },
  };
}
