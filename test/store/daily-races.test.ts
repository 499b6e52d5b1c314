import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PageItem } from '../../src/catalog/page.ts';
import { applyNight } from '../../src/store/apply/apply-night.ts';
import { type ClaimedRun, claimRun } from '../../src/store/claim-run.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { completeNight, WALK } from './apply-ground.ts';
import { emptyMirror, expectDays } from './daily-ground.ts';
import { applyContext, good, identity, pageOf, stagePage } from './ground.ts';
import { type HeldSession, openHeldSession } from './held-session.ts';
import { killSession } from './sessions.ts';

/** The hub lists two of its own, and as guests those of solo, which is mirrored itself from the third night on. */
type Organization = 'hub' | 'solo';

/** What a listing shows: counters by number. Those above ten are the hub's own. */
type Listing = Readonly<Record<number, number>>;

interface Walk {
  readonly organization: Organization;
  /** From 1 on. */
  readonly night: number;
  readonly listing: Listing;
  readonly day: string;
}

const FIRST: Listing = { 1: 10, 2: 20, 3: 30, 4: 40, 5: 50, 11: 1, 12: 1 };
const SECOND: Listing = { 1: 15, 2: 20, 3: 30, 4: 40, 11: 2, 12: 1 };
/** One moves, one stays, one is gone for the hub alone, one falls, one is back, one is new. */
const THIRD: Readonly<Record<Organization, Listing>> = {
  hub: { 1: 17, 2: 20, 4: 4, 5: 55, 6: 60, 11: 4, 12: 1 },
  solo: { 1: 18, 2: 20, 3: 30, 4: 4, 5: 55, 6: 60 },
};
const FOURTH: Readonly<Record<Organization, Listing>> = {
  hub: { ...THIRD.hub, 1: 20, 3: 30 },
  solo: { ...THIRD.solo, 1: 20 },
};

const dayOf = (night: number): string => `2025-01-${String(14 + night)}`;
const startOf = ({ night }: Walk): Date => new Date(`${dayOf(night)}T03:00:00Z`);

/**
 * When solo takes over: on the hub's day; on the one after it, far enough in the east; or already in its night before the
 * race, so that the late hub has to say of days that are solo's what solo's next night goes on with.
 */
type Takeover = 'on the same day' | 'a day ahead' | 'a night before';

function walkOf(organization: Organization, night: 3 | 4, takeover: Takeover): Walk {
  const listing = (night === 3 ? THIRD : FOURTH)[organization];
  return {
    organization,
    night,
    listing,
    day: dayOf(organization === 'solo' && takeover === 'a day ahead' ? night + 1 : night),
  };
}

function itemsOf(listing: Listing): readonly PageItem[] {
  return Object.entries(listing).map(([number, downloadCount]) => {
    const n = Number(number);
    return good(n, { name: `${n > 10 ? 'hub' : 'solo'}/model-${n}`, downloadCount });
  });
}

async function open(client: pg.PoolClient, walk: Walk): Promise<ClaimedRun> {
  const { organization, day, listing } = walk;
  const claim = await claimRun(client, identity({ organization, day, includePublic: organization === 'hub' }), {
    trigger: 'manual',
    startedAt: startOf(walk),
    resumeMinutes: 60,
  });
  if (claim.status !== 'claimed') throw new Error('another worker is at it');
  if (claim.run.resumed) return claim.run;
  const { summary, answer } = pageOf(itemsOf(listing), { arrivedAt: startOf(walk) });
  if (!(await stagePage(client, claim.run, summary, answer))) throw new Error('the run was lost');
  return claim.run;
}

function apply(client: pg.PoolClient, run: ClaimedRun, walk: Walk): Promise<boolean> {
  const { organization, night, day } = walk;
  const context = applyContext(run.runId, {
    scope: identity({ organization, includePublic: organization === 'hub' }),
    day,
    at: startOf(walk),
    mirrored: night < 3 ? ['hub'] : ['hub', 'solo'],
  });
  return applyNight(client, run, context, completeNight({ provedBy: 'list' }), WALK);
}

describe.skipIf(!postgresAvailable)('the days that runs add', () => {
  const sessions: HeldSession[] = [];
  // Before useTestDatabase, so that it happens before the database is dropped: afterEach hooks run last to first.
  const database = useTestDatabase();
  let client: pg.PoolClient;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(async () => {
    client.release();
    for (const session of sessions.splice(0)) await session.close();
  });

  async function openSession(): Promise<HeldSession> {
    const session = await openHeldSession(database.connectionString);
    sessions.push(session);
    return session;
  }

  async function mirror(walk: Walk): Promise<void> {
    const run = await open(client, walk);
    expect(await apply(client, run, walk)).toBe(true);
  }

  /** Two nights of the hub alone. */
  async function prepare(): Promise<void> {
    await emptyMirror(client);
    await mirror({ organization: 'hub', night: 1, listing: FIRST, day: dayOf(1) });
    await mirror({ organization: 'hub', night: 2, listing: SECOND, day: dayOf(2) });
  }

  /** What there is of the days, and of what they follow from: every column of every row. */
  async function state(): Promise<readonly unknown[]> {
    const tables = ['covers', 'daily_steps', 'daily_lulls', 'daily_stale', 'artifacts', 'download_observations'];
    const rows = tables.map(
      (table) => `SELECT '${table}' AS table, to_jsonb(each)::text AS row FROM mirror.${table} AS each`,
    );
    return (await client.query(`${rows.join(' UNION ALL ')} ORDER BY 1, 2`)).rows;
  }

  async function isSomebodyWaiting(): Promise<boolean> {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount !== null && rowCount > 0;
  }

  /**
   * Holds one apply of the third night before its n-th statement, lets the other one go ahead, and then the held one on.
   *
   * @returns whether the other had to wait; null where the held apply has no n-th statement
   */
  async function raceAt(
    statement: number,
    takeover: Takeover,
    held: Organization,
    first: Organization,
  ): Promise<boolean | null> {
    await prepare();
    const other: Organization = held === 'hub' ? 'solo' : 'hub';
    const session = await openSession();
    const beside = await database.pool.connect();
    const clientOf = (organization: Organization) => (organization === held ? session.client : beside);
    const walks: Readonly<Record<Organization, Walk>> = {
      hub: walkOf('hub', 3, takeover),
      solo: walkOf('solo', takeover === 'a night before' ? 4 : 3, takeover),
    };
    const runs = new Map<Organization, ClaimedRun>();
    for (const organization of first === held ? [held, other] : [other, held]) {
      runs.set(organization, await open(clientOf(organization), walks[organization]));
      if (organization === 'hub' && takeover === 'a night before') await mirror(walkOf('solo', 3, takeover));
    }
    const applyOf = (organization: Organization): Promise<boolean> => {
      const run = runs.get(organization);
      if (run === undefined) throw new Error(`no run of ${organization}`);
      return apply(clientOf(organization), run, walks[organization]);
    };
    const { isHeld, outcome } = await session.holdBefore(statement, () => applyOf(held));
    let isDone = false;
    let isWaiting = false;
    const others = applyOf(other).finally(() => {
      isDone = true;
    });
    while (isHeld && !isDone && !isWaiting) isWaiting = await isSomebodyWaiting();
    session.letGo();
    expect(await Promise.all([outcome, others]), `held at statement ${statement}`).toEqual([true, true]);
    beside.release(true);
    await session.close();
    sessions.pop();
    return isHeld ? isWaiting : null;
  }

  it.each([
    ['on the same day', 'hub', 'hub'],
    ['on the same day', 'hub', 'solo'],
    ['on the same day', 'solo', 'hub'],
    ['on the same day', 'solo', 'solo'],
    ['a day ahead', 'hub', 'hub'],
    ['a night before', 'hub', 'hub'],
    ['a night before', 'solo', 'hub'],
  ] as const)(
    'are whole where the owner takes over %s: %s held in its apply, %s first in run order',
    async (takeover, held, first) => {
      const waited = new Set<boolean>();
      for (let statement = 1; ; statement += 1) {
        const isWaiting = await raceAt(statement, takeover, held, first);
        await expectDays(client);
        for (const organization of ['hub', 'solo'] as const) {
          await mirror(walkOf(organization, 4, takeover));
          await expectDays(client);
        }
        const { rows } = await client.query(
          `SELECT organization, owner, count(*)::integer AS artifacts, sum(downloads)::integer AS downloads
         FROM report.daily_downloads WHERE (organization, day) IN (('hub', $1), ('solo', $2)) GROUP BY organization, owner ORDER BY owner`,
          [walkOf('hub', 4, takeover).day, walkOf('solo', 4, takeover).day],
        );
        expect(rows, `held at statement ${statement}`).toMatchObject([
          { organization: 'hub', owner: 'hub', artifacts: 2, downloads: 0 },
          { organization: 'solo', owner: 'solo', artifacts: 6 },
        ]);
        if (isWaiting === null) break;
        waited.add(isWaiting);
      }
      // It is a race: at some statements the other one must wait for the held one, at others it need not.
      expect(waited).toEqual(new Set([false, true]));
    },
    120_000,
  );

  it.each([['hub'], ['solo']] as const)(
    'are none of a run of the %s that is killed in its apply, and all of the one that takes it up',
    async (killed) => {
      const walk = walkOf(killed, 3, 'on the same day');
      for (let statement = 1; ; statement += 1) {
        await prepare();
        const session = await openSession();
        const run = await open(session.client, walk);
        const before = await state();
        const { isHeld, outcome } = await session.holdBefore(statement, () => apply(session.client, run, walk));
        if (!isHeld) {
          // The last one was killed before its commit.
          expect(await outcome).toBe(true);
          expect(await state()).not.toEqual(before);
          expect(statement).toBeGreaterThan(10);
          break;
        }
        await killSession(database.pool, session.pid);
        session.letGo();
        await expect(outcome).rejects.toThrow();
        await session.close();
        sessions.pop();
        expect(await state(), `killed at statement ${statement}`).toEqual(before);
        const again = await open(client, walk);
        expect(again).toMatchObject({ runId: run.runId, resumed: true });
        expect(await apply(client, again, walk)).toBe(true);
        await expectDays(client);
      }
    },
    120_000,
  );
});
