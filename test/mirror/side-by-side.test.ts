import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable, type TestDatabase } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, mirrored, openHarness } from './harness.ts';
import { shared, speakers, withGuests } from './pool.ts';
import { told } from './told.ts';

const opened: Harness[] = [];
afterEach(async () => {
  for (const harness of opened.splice(0)) await harness.close();
});

/** The hub and the mall each have artifacts of their own, and both see the 45 that solo shares. */
async function openPool(): Promise<Harness> {
  const harness = await openHarness({
    lists: { hub: artifacts(1, 3, 'hub'), mall: artifacts(1, 3, 'mall'), solo: shared(1, 45, 'solo') },
    organizations: [withGuests('hub'), withGuests('mall')],
  });
  opened.push(harness);
  return harness;
}

/** What the catalog does between two nights: counters rise, one falls, two artifacts go, one comes back, one is new. */
function turnTheDay({ catalog }: Harness, day: number): void {
  const listed = new Set(catalog.items('solo').map((item) => item['id']));
  for (let n = 1 + (day % 4); n <= 45; n += 4) {
    const id = artifactId(n, 'solo');
    if (listed.has(id)) catalog.update('solo', id, { download_count: n * 10 + day });
  }
  catalog.update('hub', artifactId(2, 'hub'), { framework: `format-${day}` });
  catalog.update('mall', artifactId(2, 'mall'), { download_count: 100 - day });
  for (const n of [day * 3, day * 3 + 1]) catalog.remove('solo', artifactId(n, 'solo'));
  if (day > 2) catalog.put('solo', artifact((day - 1) * 3, { is_public: true }, 'solo'));
  catalog.put('solo', artifact(100 + day, { is_public: true }, 'solo'));
}

type Order = (harness: Harness, day: string, organizations: readonly string[]) => Promise<void>;

const oneAfterTheOther: Order = async (harness, day, organizations) => {
  for (const organization of organizations) {
    expect(await harness.night(day, organization)).toMatchObject({ organization, state: 'certified' });
  }
};
const backwards: Order = (harness, day, organizations) => oneAfterTheOther(harness, day, [...organizations].reverse());
const sideBySide: Order = async (harness, day, organizations) => {
  const runs = await Promise.all(organizations.map((organization) => harness.night(day, organization)));
  expect(runs.map(({ state }) => state)).toEqual(organizations.map(() => 'certified'));
};

const dayOf = (number: number): string => `2025-01-${String(number).padStart(2, '0')}`;

async function play(order: Order, days: number): Promise<Harness> {
  const harness = await openPool();
  for (let day = 1; day <= days; day += 1) {
    if (day > 1) turnTheDay(harness, day);
    await order(harness, dayOf(day), ['hub', 'mall']);
  }
  return harness;
}

/** What the sessions of a month are called. */
const SESSIONS = 'side by side';

/** How many deadlocks PostgreSQL broke. It has counted them once the sessions are gone, whose pool has ended. */
async function deadlocks({ pool }: TestDatabase): Promise<number> {
  for (;;) {
    const { rows } = await pool.query<{ deadlocks: number; sessions: number }>(
      `SELECT deadlocks::integer,
              (SELECT count(*)::integer FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = $1) AS sessions
       FROM pg_stat_database WHERE datname = current_database()`,
      [SESSIONS],
    );
    const [row] = rows;
    if (row?.sessions === 0) return row.deadlocks;
  }
}

describe.skipIf(!postgresAvailable)('two organizations over the same pool of public artifacts', () => {
  it('tell the same whoever comes first, and side by side: nothing is stored or counted twice', async () => {
    const first = await told(await play(oneAfterTheOther, 4));
    expect(new Set(first.events.map(({ event }) => event))).toEqual(new Set(['changed', 'withdrawn', 'restored']));
    expect(await told(await play(backwards, 4))).toEqual(first);
    expect(await told(await play(sideBySide, 4))).toEqual(first);
  });
});

describe.skipIf(!postgresAvailable)(
  'three organizations side by side, one of which becomes the owner they hide',
  () => {
    const DAYS = 13;
    const OWNER_COMES = 6;

    it('are certified every night, without a deadlock, and end as one after the other would', async () => {
      const everyone = [mirrored('solo'), withGuests('hub'), withGuests('mall')];
      const month = async (order: Order): Promise<Harness> => {
        const harness = await openPool();
        const { connectionString } = harness.database;
        const pool = new pg.Pool({ connectionString, application_name: SESSIONS });
        harness.configure({ pool });
        for (let day = 1; day <= DAYS; day += 1) {
          // The owner comes on a day on which nothing else changes, and the last day is as quiet.
          const isOwnerThere = day >= OWNER_COMES;
          if (day === OWNER_COMES) harness.configure({ organizations: everyone });
          else if (day > 1 && day < DAYS) turnTheDay(harness, day);
          await order(harness, dayOf(day), isOwnerThere ? ['hub', 'solo', 'mall'] : ['hub', 'mall']);
        }
        await pool.end();
        return harness;
      };
      const loaded = await month(sideBySide);
      expect(await told(loaded)).toEqual(await told(await month(oneAfterTheOther)));
      const [solos, ...others] = (await speakers(loaded)).reverse();
      expect(solos).toMatchObject({ owner: 'solo', mirrored_by: 'solo' });
      expect(others).toHaveLength(2);
      expect(await deadlocks(loaded.database)).toBe(0);
    });
  },
);
