import { afterEach, describe, expect, it } from 'vitest';
import { dayIn } from '../../src/mirror/day.ts';
import { retireOrganization } from '../../src/store/organizations/retire-organization.ts';
import { untilWaiting } from '../store/sessions.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifactId, artifacts, type Harness, mirrored, openHarness } from './harness.ts';
import { daily, events, observations, shared, speakers, withGuests } from './pool.ts';
import { placeStops, type Turnstile } from './turnstile.ts';

const STAGED = 'AFTER INSERT ON mirror.staged_pages';
const UPDATED = 'AFTER UPDATE ON mirror.artifacts';
const ONE = artifactId(1, 'solo');
const TWO = artifactId(2, 'solo');

let harness: Harness;
let turnstile: Turnstile | null = null;
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  await harness.close();
});

/** The hub and the mall each have two artifacts of their own, and both see what solo shares. */
async function openPool(organizations = [withGuests('hub'), withGuests('mall')]): Promise<void> {
  harness = await openHarness({
    lists: { hub: artifacts(1, 2, 'hub'), mall: artifacts(1, 2, 'mall'), solo: shared(1, 3, 'solo') },
    organizations,
  });
}

async function retire(organization: string): Promise<void> {
  const at = harness.clock.now();
  await retireOrganization(harness.database.pool, organization, { at, dayIn: (zone) => dayIn(zone, at) });
}

describe.skipIf(!postgresAvailable)('an organization that leaves the settings and returns', () => {
  it('finds its guests as it left them: nobody ends, adopts or counts them meanwhile', async () => {
    await openPool();
    await harness.night('2025-01-01', 'hub');
    await harness.night('2025-01-01', 'mall');
    harness.configure({ organizations: [withGuests('mall')] });
    harness.catalog.update('solo', ONE, { download_count: 17 });
    harness.catalog.remove('solo', TWO);
    expect(await harness.night('2025-01-02', 'mall')).toMatchObject({
      state: 'certified',
      figures: { withdrawn: 0, changed: 0, counted: 0 },
    });
    expect(await speakers(harness)).toContainEqual({ owner: 'solo', mirrored_by: 'hub', artifacts: 3 });

    harness.configure({ organizations: [withGuests('mall'), withGuests('hub')] });
    expect(await harness.night('2025-01-03', 'mall')).toMatchObject({ figures: { withdrawn: 0, counted: 0 } });
    expect(await harness.night('2025-01-03', 'hub')).toMatchObject({
      state: 'certified',
      figures: { withdrawn: 1, changed: 0, counted: 1 },
    });
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'hub', null, null],
      ['03', 'hub', 7, 2],
    ]);
    expect(await daily(harness, TWO)).toEqual([['01', 'hub', null, null]]);
  });

  it('keeps what it owns from whom lists it as a guest, until it is retired', async () => {
    await openPool([mirrored('solo'), withGuests('hub')]);
    await harness.night('2025-01-01', 'solo');
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [withGuests('hub')] });
    expect(await harness.night('2025-01-02', 'hub')).toMatchObject({
      figures: { changed: 0, counted: 0, restored: 0 },
    });
    expect(await speakers(harness)).toContainEqual({ owner: 'solo', mirrored_by: 'solo', artifacts: 3 });
    await retire('solo');
    expect(await harness.night('2025-01-03', 'hub')).toMatchObject({
      figures: { changed: 3, counted: 3, restored: 3 },
    });
    expect(await speakers(harness)).toContainEqual({ owner: 'solo', mirrored_by: 'hub', artifacts: 3 });
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'solo', null, null],
      ['03', 'hub', 0, 2],
    ]);

    harness.configure({ organizations: [mirrored('solo'), withGuests('hub')] });
    expect(await harness.night('2025-01-04', 'solo')).toMatchObject({
      figures: { changed: 3, counted: 3, restored: 0 },
    });
    expect(await speakers(harness)).toContainEqual({ owner: 'solo', mirrored_by: 'solo', artifacts: 3 });
  });
});

describe.skipIf(!postgresAvailable)('a guest whose speaker is retired', () => {
  it('is adopted by the next run that lists it, and its history goes on under the same id', async () => {
    await openPool();
    await harness.night('2025-01-01', 'hub');
    await harness.night('2025-01-01', 'mall');
    harness.configure({ organizations: [withGuests('mall')] });
    await retire('hub');
    harness.catalog.update('solo', ONE, { download_count: 17 });
    expect(await harness.night('2025-01-02', 'mall')).toMatchObject({
      state: 'certified',
      figures: { added: 0, restored: 3, changed: 3, counted: 3 },
    });
    expect(await speakers(harness)).toEqual([
      { owner: 'mall', mirrored_by: 'mall', artifacts: 2 },
      { owner: 'solo', mirrored_by: 'mall', artifacts: 3 },
    ]);
    expect(await events(harness, ONE)).toEqual([
      { event: 'out_of_scope', changes: null },
      { event: 'restored', changes: null },
      { event: 'changed', changes: { mirrored_by: ['hub', 'mall'] } },
    ]);
    harness.catalog.update('solo', ONE, { download_count: 18 });
    await harness.night('2025-01-03', 'mall');
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'hub', null, null],
      ['02', 'mall', 7, 1],
      ['03', 'mall', 1, 1],
    ]);
  });

  it('is adopted by a run that was under way already', async () => {
    await openPool();
    await harness.night('2025-01-01', 'hub');
    harness.clock.set('2025-01-02T03:00:00Z');
    await harness.attempt('mall', { onRunOpened: () => retire('hub') });
    await harness.night('2025-01-03', 'mall');
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'hub', null, null],
      ['02', 'mall', 0, 1],
      ['03', 'mall', 0, 1],
    ]);
  });

  it('stays ended where nobody lists it, with the days that it had', async () => {
    await openPool();
    await harness.night('2025-01-01', 'hub');
    await harness.night('2025-01-02', 'hub');
    await retire('hub');
    harness.catalog.remove('solo', ONE);
    await harness.night('2025-01-03', 'mall');
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'hub', null, null],
      ['02', 'hub', 0, 1],
    ]);
    expect(await events(harness, ONE)).toEqual([{ event: 'out_of_scope', changes: null }]);
  });

  it('goes back to the organization that was retired where that one lists it first', async () => {
    await openPool();
    await harness.night('2025-01-01', 'hub');
    await retire('hub');
    expect(await harness.night('2025-01-03', 'hub')).toMatchObject({
      state: 'certified',
      figures: { restored: 5, changed: 0, counted: 0 },
    });
    expect(await events(harness, ONE)).toEqual([
      { event: 'out_of_scope', changes: null },
      { event: 'restored', changes: null },
    ]);
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'hub', null, null],
      ['03', 'hub', 0, 2],
    ]);
  });
});

describe.skipIf(!postgresAvailable)('a takeover in the middle of the run that it takes from', () => {
  const settings = [mirrored('solo'), withGuests('hub'), withGuests('mall')];

  /** The hub speaks for all that solo shares; its next walk stands still behind its first page. */
  async function stopTheHub(): Promise<{ readonly hub: ReturnType<Harness['attempt']>; readonly stopped: Turnstile }> {
    harness = await openHarness({
      lists: { hub: artifacts(1, 2, 'hub'), solo: shared(1, 25, 'solo') },
      organizations: [withGuests('hub')],
    });
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: settings });
    harness.clock.set('2025-01-02T03:00:00Z');
    const stopped = await placeStops(harness.database, [STAGED]);
    turnstile = stopped;
    const hub = harness.attempt('hub');
    await stopped.arrival();
    harness.configure({ pool: stopped.passingPool });
    return { hub, stopped };
  }

  it('leaves the rows to the owner, whatever the loser read before and after', async () => {
    const { hub, stopped } = await stopTheHub();
    for (const n of [1, 20]) harness.catalog.update('solo', artifactId(n, 'solo'), { download_count: 999 });
    expect(await harness.attempt('solo')).toMatchObject({ run: { state: 'certified', figures: { changed: 25 } } });
    harness.catalog.update('solo', TWO, { download_count: 888, framework: 'gguf' });
    await stopped.open(STAGED);
    expect(await hub).toMatchObject({ run: { state: 'certified', figures: { changed: 0, counted: 0, withdrawn: 0 } } });
    expect(await speakers(harness)).toEqual([
      { owner: 'hub', mirrored_by: 'hub', artifacts: 2 },
      { owner: 'solo', mirrored_by: 'solo', artifacts: 25 },
    ]);
    expect(await observations(harness, ONE)).toEqual([
      { run: 1, downloads: 10 },
      { run: 3, downloads: 999 },
    ]);
    expect(await observations(harness, TWO)).toEqual([
      { run: 1, downloads: 20 },
      { run: 3, downloads: 20 },
    ]);
  });

  it('lets the loser end nothing, though it no longer sees some of them', async () => {
    const { hub, stopped } = await stopTheHub();
    await harness.attempt('solo');
    for (const n of [5, 25]) harness.catalog.update('solo', artifactId(n, 'solo'), { is_public: false });
    await stopped.open(STAGED);
    expect(await hub).toMatchObject({ run: { state: 'certified', figures: { withdrawn: 0, superseded: 0 } } });
    expect(await speakers(harness)).toContainEqual({ owner: 'solo', mirrored_by: 'solo', artifacts: 25 });
    expect(await harness.rows("SELECT FROM mirror.artifact_events WHERE event <> 'changed'")).toEqual([]);
  });

  it('tells every day once, by whoever spoke last', async () => {
    const { hub, stopped } = await stopTheHub();
    await harness.attempt('solo');
    await stopped.open(STAGED);
    await hub;
    harness.catalog.update('solo', ONE, { download_count: 14 });
    await harness.night('2025-01-03', 'hub');
    await harness.night('2025-01-03', 'solo');
    expect(await daily(harness, ONE)).toEqual([
      ['01', 'hub', null, null],
      ['02', 'solo', 0, 1],
      ['03', 'solo', 4, 1],
    ]);
  });
});

/**
 * The views follow the observation of the greatest run id. A run that took an artifact over from a later one would not be
 * heard: its days would have no rows, and the former speaker's would, until the counter moved.
 */
describe.skipIf(!postgresAvailable)('a run that began before the last one of whom it takes from', () => {
  it('speaks from then on as an owner, also while the counter stays the same', async () => {
    await openPool([withGuests('hub')]);
    await harness.night('2025-01-01', 'hub');
    harness.configure({ organizations: [mirrored('solo'), withGuests('hub')] });
    harness.catalog.update('solo', ONE, { download_count: 15 });
    harness.clock.set('2025-01-02T03:00:00Z');
    await harness.attempt('solo', {
      onRunOpened: async () => {
        await harness.attempt('hub');
      },
    });
    await expectSpeakerOnTheThird('solo');
  });

  it('does so too where it waited for the end of that one', async () => {
    await openPool([withGuests('hub')]);
    await harness.night('2025-01-01', 'hub');
    const stopped = await placeStops(harness.database, [UPDATED]);
    turnstile = stopped;
    harness.configure({ organizations: [mirrored('solo'), withGuests('hub')], pool: stopped.passingPool });
    harness.catalog.update('solo', ONE, { download_count: 15 });
    harness.clock.set('2025-01-02T03:00:00Z');
    const hubs: Promise<unknown>[] = [];
    const solo = harness.attempt('solo', {
      onRunOpened: async () => {
        harness.configure({ pool: harness.database.pool });
        hubs.push(harness.attempt('hub'));
        await stopped.arrival();
      },
    });
    await untilWaiting(stopped.passingPool, 2);
    await stopped.open(UPDATED);
    await Promise.all([solo, ...hubs]);
    await expectSpeakerOnTheThird('solo');
  });

  it('adopts a guest of an organization that was retired meanwhile, and speaks from then on', async () => {
    await openPool();
    await harness.night('2025-01-01', 'hub');
    harness.catalog.update('solo', ONE, { download_count: 15 });
    harness.clock.set('2025-01-02T03:00:00Z');
    await harness.attempt('mall', {
      onRunOpened: async () => {
        await harness.attempt('hub');
        await retire('hub');
      },
    });
    harness.configure({ organizations: [withGuests('mall')] });
    await expectSpeakerOnTheThird('mall');
  });

  /** Everybody runs on the 3rd, the former speaker first; nothing has changed since. */
  async function expectSpeakerOnTheThird(speaker: string): Promise<void> {
    if (speaker !== 'mall') await harness.night('2025-01-03', 'hub');
    await harness.night('2025-01-03', speaker);
    expect(await speakers(harness)).toContainEqual({ owner: 'solo', mirrored_by: speaker, artifacts: 3 });
    // The run of the 2nd saw that number 1 had moved; nothing was to be seen of number 2.
    expect((await daily(harness, TWO)).at(-1)).toEqual(['03', speaker, 0, 1]);
    expect((await daily(harness, ONE)).at(-1)).toEqual(['03', speaker, 0, 1]);
  }
});
