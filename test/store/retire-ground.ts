import type pg from 'pg';
import { dayIn } from '../../src/mirror/day.ts';
import type { RunIdentity } from '../../src/store/claim-run.ts';
import type { EndedListing } from '../../src/store/organizations/end-listing.ts';
import { retireOrganization } from '../../src/store/organizations/retire-organization.ts';
import { openRunSession, type RunSession } from '../../src/store/run-session.ts';
import { artifacts, type Harness, mirrored, openHarness } from '../mirror/harness.ts';
import { shared, withGuests } from '../mirror/pool.ts';
import { identity } from './ground.ts';

/** When every retirement of these tests is decided. */
export const DECIDED_AT = new Date('2025-01-02T20:30:00Z');

/**
 * Two mirrored organizations, acme and the hub, one night old. The hub has three artifacts of its own and speaks for two
 * of solo, which nobody mirrors. The caller closes it.
 */
export async function openHub(): Promise<Harness> {
  const harness = await openHarness({
    lists: { acme: artifacts(1, 2), hub: artifacts(1, 3, 'hub'), solo: shared(1, 2, 'solo') },
    organizations: [mirrored('acme'), withGuests('hub')],
  });
  await harness.night('2025-01-01', 'acme');
  await harness.night('2025-01-01', 'hub');
  return harness;
}

export function retireHub(pool: pg.Pool): Promise<readonly EndedListing[]> {
  return retireOrganization(pool, 'hub', { at: DECIDED_AT, dayIn: (timeZone) => dayIn(timeZone, DECIDED_AT) });
}

/** How the artifacts of each speaker and owner stand. */
export function endings(harness: Harness) {
  return harness.rows(
    `SELECT mirrored_by, owner, ending, count(*)::integer AS artifacts FROM mirror.artifacts
     GROUP BY mirrored_by, owner, ending ORDER BY mirrored_by, owner, ending`,
  );
}

export const BEFORE = [
  { mirrored_by: 'acme', owner: 'acme', ending: null, artifacts: 2 },
  { mirrored_by: 'hub', owner: 'hub', ending: null, artifacts: 3 },
  { mirrored_by: 'hub', owner: 'solo', ending: null, artifacts: 2 },
];
export const RETIRED = [
  { mirrored_by: 'acme', owner: 'acme', ending: null, artifacts: 2 },
  { mirrored_by: 'hub', owner: 'hub', ending: 'out_of_scope', artifacts: 3 },
  { mirrored_by: 'hub', owner: 'solo', ending: 'out_of_scope', artifacts: 2 },
];

/** Every run, in run order. */
export function runs(harness: Harness) {
  return harness.rows<{ id: number; organization: string; state: string }>(
    'SELECT id::integer AS id, organization, state FROM mirror.runs ORDER BY id',
  );
}

/** Opens a run and leaves it open: its worker lives until the session is closed. */
async function openRun(harness: Harness, changes: Partial<RunIdentity>): Promise<RunSession> {
  const opened = await openRunSession(harness.database.pool, identity(changes), {
    trigger: 'manual',
    startedAt: DECIDED_AT,
    resumeMinutes: 60,
  });
  if (opened.status !== 'open') throw new Error('another worker is at it');
  return opened.session;
}

/** Opens runs of a test's harness, and closes at its end those that the test left open. */
export function keepRuns(harness: () => Harness) {
  const sessions: RunSession[] = [];
  return {
    async open(changes: Partial<RunIdentity>): Promise<RunSession> {
      const session = await openRun(harness(), changes);
      sessions.push(session);
      return session;
    },
    async closeAll(): Promise<void> {
      for (const session of sessions.splice(0)) await session.close();
    },
  };
}
