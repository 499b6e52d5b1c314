import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/catalog/failure.ts';
import { dayIn } from '../../src/mirror/day.ts';
import { retireOrganization } from '../../src/store/organizations/retire-organization.ts';
import { type OpenedSession, openRunSession, type RunSession } from '../../src/store/run-session.ts';
import { stagePage } from '../../src/store/stage-page.ts';
import { artifact, artifactId, artifacts, type Harness, mirrored, openHarness } from '../mirror/harness.ts';
import { shared, withGuests } from '../mirror/pool.ts';
import { placeStops, type Turnstile } from '../mirror/turnstile.ts';
import { postgresAvailable } from '../support/database.ts';
import { good, identity, naming, pageOf } from './ground.ts';
import { untilWaiting } from './sessions.ts';

const DECIDED_AT = new Date('2025-01-02T20:30:00Z');
const AFTER_EVENTS = 'AFTER INSERT ON mirror.artifact_events';
const AFTER_UPDATES = 'AFTER UPDATE ON mirror.artifacts';

let harness: Harness;
let turnstile: Turnstile | null = null;
const sessions: RunSession[] = [];
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  for (const session of sessions.splice(0)) await session.close();
  await harness.close();
});

/** Two organizations; the hub has three artifacts of its own and speaks for two of solo, which nobody mirrors. */
async function openMall(): Promise<void> {
  harness = await openHarness({
    lists: { acme: artifacts(1, 2), hub: artifacts(1, 3, 'hub'), solo: shared(1, 2, 'solo') },
    organizations: [mirrored('acme'), withGuests('hub')],
  });
  await harness.night('2025-01-01', 'acme');
  await harness.night('2025-01-01', 'hub');
}

const retire = (organization: string, pool = harness.database.pool) =>
  retireOrganization(pool, organization, { at: DECIDED_AT, dayIn: (timeZone) => dayIn(timeZone, DECIDED_AT) });

async function open(changes: Parameters<typeof identity>[0]): Promise<OpenedSession> {
  const opened = await openRunSession(harness.database.pool, identity(changes), {
    trigger: 'manual',
    startedAt: DECIDED_AT,
    resumeMinutes: 60,
  });
  if (opened.status === 'open') sessions.push(opened.session);
  return opened;
}

const endings = () =>
  harness.rows(
    `SELECT mirrored_by, owner, ending, count(*)::integer AS artifacts FROM mirror.artifacts
     GROUP BY mirrored_by, owner, ending ORDER BY mirrored_by, owner, ending`,
  );
const BEFORE = [
  { mirrored_by: 'acme', owner: 'acme', ending: null, artifacts: 2 },
  { mirrored_by: 'hub', owner: 'hub', ending: null, artifacts: 3 },
  { mirrored_by: 'hub', owner: 'solo', ending: null, artifacts: 2 },
];
const RETIRED = [
  { mirrored_by: 'acme', owner: 'acme', ending: null, artifacts: 2 },
  { mirrored_by: 'hub', owner: 'hub', ending: 'out_of_scope', artifacts: 3 },
  { mirrored_by: 'hub', owner: 'solo', ending: 'out_of_scope', artifacts: 2 },
];
const runs = () => harness.rows('SELECT id::integer AS id, organization, state FROM mirror.runs ORDER BY id');

describe.skipIf(!postgresAvailable)('the retirement of an organization', () => {
  it('ends all that it speaks for, guests included, and leaves what others speak for', async () => {
    await openMall();
    expect(await retire('hub')).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await endings()).toEqual(RETIRED);
    expect(
      await harness.rows(
        `SELECT DISTINCT ended_at, changed_at, changed_run_id, absent_since FROM mirror.artifacts
         WHERE ended_at IS NOT NULL`,
      ),
    ).toEqual([{ ended_at: DECIDED_AT, changed_at: DECIDED_AT, changed_run_id: null, absent_since: null }]);
    expect(
      await harness.rows(
        `SELECT event, run_id, at, day::text AS day, changes, count(DISTINCT artifact_id)::integer AS artifacts
         FROM mirror.artifact_events GROUP BY event, run_id, at, day, changes`,
      ),
    ).toEqual([
      { event: 'out_of_scope', run_id: null, at: DECIDED_AT, day: '2025-01-02', changes: null, artifacts: 5 },
    ]);
  });

  it('leaves no run behind, and no row is deleted', async () => {
    await openMall();
    const before = await runs();
    const observations = await harness.rows('SELECT * FROM mirror.download_observations ORDER BY artifact_id');
    await retire('hub');
    expect(await runs()).toEqual(before);
    expect(await harness.rows('SELECT * FROM mirror.download_observations ORDER BY artifact_id')).toEqual(observations);
  });

  it('ends every kind, each on the day that it was in the time zone of its last run', async () => {
    await openMall();
    await harness.rows("UPDATE mirror.artifacts SET kind = 'datasets' WHERE owner = 'solo'");
    await harness.rows(`UPDATE mirror.runs SET time_zone = 'Asia/Tokyo' WHERE organization = 'hub'`);
    expect(await retire('hub')).toEqual([
      { kind: 'datasets', own: 0, guests: 2 },
      { kind: 'models', own: 3, guests: 0 },
    ]);
    expect(
      await harness.rows(
        `SELECT DISTINCT kind, day::text AS day FROM mirror.artifact_events
         JOIN mirror.artifacts ON artifacts.id = artifact_id ORDER BY kind`,
      ),
    ).toEqual([
      { kind: 'datasets', day: '2025-01-02' },
      { kind: 'models', day: '2025-01-03' },
    ]);
  });

  it('ends what a held run found absent, which then no longer waits for a person', async () => {
    await openMall();
    await harness.rows(`UPDATE mirror.artifacts SET absent_since = $1 WHERE mirrored_by = 'hub'`, [DECIDED_AT]);
    await retire('hub');
    expect(await harness.rows('SELECT FROM mirror.artifacts WHERE absent_since IS NOT NULL')).toEqual([]);
  });

  it('leaves what had ended before as it was', async () => {
    await openMall();
    harness.catalog.remove('hub', artifactId(3, 'hub'));
    await harness.night('2025-01-02', 'hub');
    expect(await retire('hub')).toEqual([{ kind: 'models', own: 2, guests: 2 }]);
    expect(
      await harness.rows('SELECT ending, changed_run_id::integer AS run FROM mirror.artifacts WHERE id = $1', [
        artifactId(3, 'hub'),
      ]),
    ).toEqual([{ ending: 'withdrawn', run: 3 }]);
  });

  it('finds nothing left the second time, and changes nothing', async () => {
    await openMall();
    await retire('hub');
    const all = () => harness.rows('SELECT * FROM mirror.artifacts ORDER BY id');
    const before = await all();
    expect(await retire('hub')).toEqual([]);
    expect(await all()).toEqual(before);
    expect(await harness.rows('SELECT count(*)::integer AS events FROM mirror.artifact_events')).toEqual([
      { events: 5 },
    ]);
  });

  it('happens as a whole or not at all', async () => {
    await openMall();
    await harness.rows(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more events'; END $$`);
    await harness.rows(`
      CREATE TRIGGER refuse BEFORE INSERT ON mirror.artifact_events
      FOR EACH ROW WHEN (NEW.artifact_id = '${artifactId(2, 'solo')}') EXECUTE FUNCTION refuse()`);
    await expect(retire('hub')).rejects.toThrow('no more events');
    expect(await endings()).toEqual(BEFORE);
    expect(await harness.rows('SELECT FROM mirror.artifact_events')).toEqual([]);
  });

  it.each(['40P01', '40001'])('begins again where PostgreSQL broke it off with %s', async (code) => {
    await openMall();
    await harness.rows('CREATE SEQUENCE tries');
    await harness.rows(`
      CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF nextval('tries') < 3 THEN RAISE 'broken off' USING ERRCODE = '${code}'; END IF; RETURN NULL; END $$`);
    await harness.rows(`
      CREATE TRIGGER break_off ${AFTER_UPDATES} FOR EACH STATEMENT EXECUTE FUNCTION break_off()`);
    expect(await retire('hub')).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await endings()).toEqual(RETIRED);
  });
});

describe.skipIf(!postgresAvailable)('the retirement of an organization with an open run', () => {
  it('is refused while its worker lives, of whichever kind, and changes nothing', async () => {
    await openMall();
    // Models come after datasets: what was ended by then must come back.
    await harness.rows("UPDATE mirror.artifacts SET kind = 'datasets' WHERE owner = 'solo'");
    await open({ organization: 'hub' });
    const refusal = await retire('hub').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Failure);
    expect(refusal).toMatchObject({
      class: 'conflict',
      subject: 'hub',
      detail: 'run 3, of its models, is under way',
      hint: expect.stringContaining('runs list --organization hub'),
    });
    expect(await harness.rows('SELECT FROM mirror.artifacts WHERE ended_at IS NOT NULL')).toEqual([]);
    expect((await runs()).at(-1)).toEqual({ id: 3, organization: 'hub', state: 'running' });
  });

  it('is refused while it is read for the first time in a kind of which nothing is stored yet', async () => {
    await openMall();
    await open({ organization: 'hub', kind: 'datasets' });
    await expect(retire('hub')).rejects.toThrow('run 3, of its datasets, is under way');
    expect(await endings()).toEqual(BEFORE);
  });

  it('is refused at once while its run applies', async () => {
    await openMall();
    turnstile = await placeStops(harness.database, [AFTER_UPDATES]);
    harness.catalog.update('hub', artifactId(1, 'hub'), { download_count: 11 });
    const night = harness.night('2025-01-02', 'hub');
    await turnstile.arrival();
    await expect(retire('hub', turnstile.passingPool)).rejects.toThrow('run 3, of its models, is under way');
    await turnstile.open(AFTER_UPDATES);
    expect(await night).toMatchObject({ state: 'certified', figures: { counted: 1 } });
  });

  it('closes the run that a dead worker left, and empties its staging', async () => {
    await openMall();
    const opened = await open({ organization: 'hub' });
    if (opened.status !== 'open') throw new Error('the hub is busy');
    const { session } = opened;
    const { summary, answer } = pageOf([good(1)]);
    await session.exclusively((client) => stagePage(client, session.run, summary, answer, naming));
    await harness.rows(`UPDATE mirror.runs SET lease_expires_at = '2000-01-01' WHERE id = 3`);
    expect(await retire('hub')).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect((await runs()).at(-1)).toEqual({ id: 3, organization: 'hub', state: 'abandoned' });
    expect(await harness.rows('SELECT FROM mirror.staged_artifacts')).toEqual([]);
  });

  it('takes no notice of the runs of others', async () => {
    await openMall();
    await open({ organization: 'acme' });
    expect(await retire('hub')).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
  });
});

describe.skipIf(!postgresAvailable)('while an organization is retired', () => {
  it('no run of it can begin; one that tries begins afterwards', async () => {
    await openMall();
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const retirement = retire('hub');
    await turnstile.arrival();
    const attempt = open({ organization: 'hub' });
    await untilWaiting(turnstile.passingPool, 2);
    expect(await harness.rows("SELECT FROM mirror.runs WHERE state = 'running'")).toEqual([]);
    await turnstile.open(AFTER_EVENTS);
    expect(await retirement).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await attempt).toMatchObject({ status: 'open', session: { run: { resumed: false } } });
    expect(await endings()).toEqual(RETIRED);
    // What it restores stands behind the retirement, in run order too.
    expect(
      await harness.rows(`SELECT min(runs.id) >= max(run_order) AS later FROM mirror.runs, mirror.artifact_events
                          WHERE state = 'running'`),
    ).toEqual([{ later: true }]);
  });

  it('a second person waits, and is told that nothing is left', async () => {
    await openMall();
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const first = retire('hub');
    await turnstile.arrival();
    const second = retire('hub');
    await untilWaiting(turnstile.passingPool, 2);
    await turnstile.open(AFTER_EVENTS);
    expect([await first, await second]).toEqual([[{ kind: 'models', own: 3, guests: 2 }], []]);
  });

  it('an owner who takes over at that moment restores what was ended under its hands', async () => {
    await openMall();
    harness.configure({ organizations: [mirrored('solo'), mirrored('acme')] });
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const retirement = retire('hub');
    await turnstile.arrival();
    const night = harness.night('2025-01-02', 'solo');
    await untilWaiting(turnstile.passingPool, 2);
    await turnstile.open(AFTER_EVENTS);
    expect(await retirement).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await night).toMatchObject({ state: 'certified', figures: { restored: 2, changed: 2, counted: 2 } });
    expect(
      await harness.rows('SELECT event, changes FROM mirror.artifact_events WHERE artifact_id = $1 ORDER BY id', [
        artifactId(1, 'solo'),
      ]),
    ).toEqual([
      { event: 'out_of_scope', changes: null },
      { event: 'restored', changes: null },
      { event: 'changed', changes: { mirrored_by: ['hub', 'solo'] } },
    ]);
  });

  it('what its owner has just taken over is left alone', async () => {
    await openMall();
    harness.configure({ organizations: [mirrored('solo'), mirrored('acme')] });
    turnstile = await placeStops(harness.database, [AFTER_UPDATES]);
    const night = harness.night('2025-01-02', 'solo');
    await turnstile.arrival();
    const retirement = retire('hub', turnstile.passingPool);
    await untilWaiting(turnstile.passingPool, 2);
    await turnstile.open(AFTER_UPDATES);
    expect(await night).toMatchObject({ state: 'certified', figures: { changed: 2 } });
    expect(await retirement).toEqual([{ kind: 'models', own: 3, guests: 0 }]);
    expect(await endings()).toEqual([
      { mirrored_by: 'acme', owner: 'acme', ending: null, artifacts: 2 },
      { mirrored_by: 'hub', owner: 'hub', ending: 'out_of_scope', artifacts: 3 },
      { mirrored_by: 'solo', owner: 'solo', ending: null, artifacts: 2 },
    ]);
  });

  it('another organization mirrors its own, and neither waits for the other', async () => {
    await openMall();
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const retirement = retire('hub');
    await turnstile.arrival();
    harness.configure({ pool: turnstile.passingPool });
    harness.catalog.put('acme', artifact(3));
    expect(await harness.night('2025-01-02', 'acme')).toMatchObject({ state: 'certified', figures: { added: 1 } });
    await turnstile.open(AFTER_EVENTS);
    await retirement;
  });
});

describe.skipIf(!postgresAvailable)('the place of a retirement in the order of runs', () => {
  const places = async (): Promise<readonly number[]> =>
    (
      await harness.rows<{ place: number }>(
        'SELECT DISTINCT run_order::integer AS place FROM mirror.artifact_events ORDER BY place',
      )
    ).map(({ place }) => place);
  const days = () =>
    harness.rows(
      `SELECT day::text AS day, organization FROM report.daily_downloads WHERE artifact_id = $1 ORDER BY day`,
      [artifactId(1, 'hub')],
    );

  it('is behind every run there is where none is under way', async () => {
    await openMall();
    await harness.night('2025-01-02', 'acme');
    await retire('hub');
    const [place = 0, ...others] = await places();
    expect(others).toEqual([]);
    expect(place).toBeGreaterThan(3);
    expect(place).toBeLessThanOrEqual(Number((await harness.night('2025-01-03', 'acme')).runId));
    expect(await days()).toEqual([{ day: '2025-01-01', organization: 'hub' }]);
  });

  it('is before the first run that is under way', async () => {
    await openMall();
    await harness.night('2025-01-02', 'acme');
    await open({ organization: 'acme' });
    await open({ organization: 'mall' });
    await retire('hub');
    expect(await places()).toEqual([4]);
  });

  it('is behind the last run of the organization, though another one is under way since before that', async () => {
    await openMall();
    await open({ organization: 'mall' });
    await harness.night('2025-01-02', 'hub');
    await open({ organization: 'acme' });
    await retire('hub');
    expect(await places()).toEqual([5]);
    expect(await days()).toEqual([
      { day: '2025-01-01', organization: 'hub' },
      { day: '2025-01-02', organization: 'hub' },
    ]);
  });

  it('looks at runs of its own kind alone', async () => {
    await openMall();
    await open({ organization: 'mall', kind: 'datasets' });
    await retire('hub');
    expect(await places()).not.toEqual([3]);
  });
});
