import { afterEach, describe, expect, it } from 'vitest';
import { artifactId, type Harness } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { BEFORE, DECIDED_AT, endings, keepRuns, openHub, RETIRED, retireHub, runs } from './retire-ground.ts';

let harness: Harness;
const kept = keepRuns(() => harness);
const { open } = kept;
afterEach(async () => {
  await kept.closeAll();
  await harness.close();
});

describe.skipIf(!postgresAvailable)('the retirement of an organization', () => {
  it('ends all that it speaks for, guests included, and leaves what others speak for', async () => {
    harness = await openHub();
    expect(await retireHub(harness.database.pool)).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await endings(harness)).toEqual(RETIRED);
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
    harness = await openHub();
    const before = await runs(harness);
    const observations = await harness.rows('SELECT * FROM mirror.download_observations ORDER BY artifact_id');
    await retireHub(harness.database.pool);
    expect(await runs(harness)).toEqual(before);
    expect(await harness.rows('SELECT * FROM mirror.download_observations ORDER BY artifact_id')).toEqual(observations);
  });

  it('ends every kind, each on the day that it was in the time zone of its last run', async () => {
    harness = await openHub();
    await harness.rows("UPDATE mirror.artifacts SET kind = 'datasets' WHERE owner = 'solo'");
    await harness.rows(`UPDATE mirror.runs SET time_zone = 'Asia/Tokyo' WHERE organization = 'hub'`);
    expect(await retireHub(harness.database.pool)).toEqual([
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
    harness = await openHub();
    await harness.rows(`UPDATE mirror.artifacts SET absent_since = $1 WHERE mirrored_by = 'hub'`, [DECIDED_AT]);
    await retireHub(harness.database.pool);
    expect(await harness.rows('SELECT FROM mirror.artifacts WHERE absent_since IS NOT NULL')).toEqual([]);
  });

  it('leaves what had ended before as it was', async () => {
    harness = await openHub();
    harness.catalog.remove('hub', artifactId(3, 'hub'));
    await harness.night('2025-01-02', 'hub');
    expect(await retireHub(harness.database.pool)).toEqual([{ kind: 'models', own: 2, guests: 2 }]);
    expect(
      await harness.rows('SELECT ending, changed_run_id::integer AS run FROM mirror.artifacts WHERE id = $1', [
        artifactId(3, 'hub'),
      ]),
    ).toEqual([{ ending: 'withdrawn', run: 3 }]);
  });

  it('finds nothing left the second time, and changes nothing', async () => {
    harness = await openHub();
    await retireHub(harness.database.pool);
    const all = () => harness.rows('SELECT * FROM mirror.artifacts ORDER BY id');
    const before = await all();
    expect(await retireHub(harness.database.pool)).toEqual([]);
    expect(await all()).toEqual(before);
    expect(await harness.rows('SELECT count(*)::integer AS events FROM mirror.artifact_events')).toEqual([
      { events: 5 },
    ]);
  });

  it('happens as a whole or not at all', async () => {
    harness = await openHub();
    await harness.rows(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more events'; END $$`);
    await harness.rows(`
      CREATE TRIGGER refuse BEFORE INSERT ON mirror.artifact_events
      FOR EACH ROW WHEN (NEW.artifact_id = '${artifactId(2, 'solo')}') EXECUTE FUNCTION refuse()`);
    await expect(retireHub(harness.database.pool)).rejects.toThrow('no more events');
    expect(await endings(harness)).toEqual(BEFORE);
    expect(await harness.rows('SELECT FROM mirror.artifact_events')).toEqual([]);
  });

  it.each(['40P01', '40001'])('begins again where PostgreSQL broke it off with %s', async (code) => {
    harness = await openHub();
    await harness.rows('CREATE SEQUENCE tries');
    await harness.rows(`
      CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF nextval('tries') < 3 THEN RAISE 'broken off' USING ERRCODE = '${code}'; END IF; RETURN NULL; END $$`);
    await harness.rows(`
      CREATE TRIGGER break_off AFTER UPDATE ON mirror.artifacts FOR EACH STATEMENT EXECUTE FUNCTION break_off()`);
    expect(await retireHub(harness.database.pool)).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await endings(harness)).toEqual(RETIRED);
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
    harness = await openHub();
    await harness.night('2025-01-02', 'acme');
    await retireHub(harness.database.pool);
    const [place = 0, ...others] = await places();
    expect(others).toEqual([]);
    expect(place).toBeGreaterThan(3);
    expect(place).toBeLessThanOrEqual(Number((await harness.night('2025-01-03', 'acme')).runId));
    expect(await days()).toEqual([{ day: '2025-01-01', organization: 'hub' }]);
  });

  it('is before the first run that is under way', async () => {
    harness = await openHub();
    await harness.night('2025-01-02', 'acme');
    await open({ organization: 'acme' });
    await open({ organization: 'mall' });
    await retireHub(harness.database.pool);
    expect(await places()).toEqual([4]);
  });

  it('is behind the last run of the organization, though another one is under way since before that', async () => {
    harness = await openHub();
    await open({ organization: 'mall' });
    await harness.night('2025-01-02', 'hub');
    await open({ organization: 'acme' });
    await retireHub(harness.database.pool);
    expect(await places()).toEqual([5]);
    expect(await days()).toEqual([
      { day: '2025-01-01', organization: 'hub' },
      { day: '2025-01-02', organization: 'hub' },
    ]);
  });

  it('looks at runs of its own kind alone', async () => {
    harness = await openHub();
    await open({ organization: 'mall', kind: 'datasets' });
    await retireHub(harness.database.pool);
    expect(await places()).not.toEqual([3]);
  });
});
