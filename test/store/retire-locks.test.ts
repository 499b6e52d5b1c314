import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/catalog/failure.ts';
import { artifact, artifactId, type Harness, mirrored } from '../mirror/harness.ts';
import { placeStops, type Turnstile } from '../mirror/turnstile.ts';
import { postgresAvailable } from '../support/database.ts';
import { good, pageOf, stagePage } from './ground.ts';
import { BEFORE, endings, keepRuns, openHub, RETIRED, retireHub, runs } from './retire-ground.ts';
import { untilWaiting } from './sessions.ts';

const AFTER_EVENTS = 'AFTER INSERT ON mirror.artifact_events';
const AFTER_UPDATES = 'AFTER UPDATE ON mirror.artifacts';

let harness: Harness;
let turnstile: Turnstile | null = null;
const kept = keepRuns(() => harness);
const { open } = kept;
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  await kept.closeAll();
  await harness.close();
});

describe.skipIf(!postgresAvailable)('the retirement of an organization with an open run', () => {
  it('is refused while its worker lives, of whichever kind, and changes nothing', async () => {
    harness = await openHub();
    // Models come after datasets: what was ended by then must come back.
    await harness.rows("UPDATE mirror.artifacts SET kind = 'datasets' WHERE owner = 'solo'");
    await open({ organization: 'hub' });
    const refusal = await retireHub(harness.database.pool).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Failure);
    expect(refusal).toMatchObject({
      class: 'conflict',
      subject: 'hub',
      detail: 'run 3, of its models, is under way',
      hint: expect.stringContaining('runs list --organization hub'),
    });
    expect(await harness.rows('SELECT FROM mirror.artifacts WHERE ended_at IS NOT NULL')).toEqual([]);
    expect((await runs(harness)).at(-1)).toEqual({ id: 3, organization: 'hub', state: 'running' });
  });

  it('is refused while it is read for the first time in a kind of which nothing is stored yet', async () => {
    harness = await openHub();
    await open({ organization: 'hub', kind: 'datasets' });
    await expect(retireHub(harness.database.pool)).rejects.toThrow('run 3, of its datasets, is under way');
    expect(await endings(harness)).toEqual(BEFORE);
  });

  it('is refused at once while its run applies', async () => {
    harness = await openHub();
    turnstile = await placeStops(harness.database, [AFTER_UPDATES]);
    harness.catalog.update('hub', artifactId(1, 'hub'), { download_count: 11 });
    const night = harness.night('2025-01-02', 'hub');
    await turnstile.arrival();
    await expect(retireHub(turnstile.passingPool)).rejects.toThrow('run 3, of its models, is under way');
    await turnstile.open(AFTER_UPDATES);
    expect(await night).toMatchObject({ state: 'certified', figures: { counted: 1 } });
  });

  it('closes the run that a dead worker left, and empties its staging', async () => {
    harness = await openHub();
    const session = await open({ organization: 'hub' });
    const { summary, answer } = pageOf([good(1)]);
    await session.exclusively((client) => stagePage(client, session.run, summary, answer));
    await harness.rows(`UPDATE mirror.runs SET lease_expires_at = '2000-01-01' WHERE id = 3`);
    expect(await retireHub(harness.database.pool)).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect((await runs(harness)).at(-1)).toEqual({ id: 3, organization: 'hub', state: 'abandoned' });
    expect(await harness.rows('SELECT FROM mirror.staged_artifacts')).toEqual([]);
  });

  it('takes no notice of the runs of others', async () => {
    harness = await openHub();
    await open({ organization: 'acme' });
    expect(await retireHub(harness.database.pool)).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
  });
});

describe.skipIf(!postgresAvailable)('while an organization is retired', () => {
  it('no run of it can begin; one that tries begins afterwards', async () => {
    harness = await openHub();
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const retirement = retireHub(harness.database.pool);
    await turnstile.arrival();
    const attempt = open({ organization: 'hub' });
    await untilWaiting(turnstile.passingPool, 2);
    expect(await harness.rows("SELECT FROM mirror.runs WHERE state = 'running'")).toEqual([]);
    await turnstile.open(AFTER_EVENTS);
    expect(await retirement).toEqual([{ kind: 'models', own: 3, guests: 2 }]);
    expect(await attempt).toMatchObject({ run: { resumed: false } });
    expect(await endings(harness)).toEqual(RETIRED);
    // What it restores stands behind the retirement, in run order too.
    expect(
      await harness.rows(`SELECT min(runs.id) >= max(run_order) AS later FROM mirror.runs, mirror.artifact_events
                          WHERE state = 'running'`),
    ).toEqual([{ later: true }]);
  });

  it('a second person waits, and is told that nothing is left', async () => {
    harness = await openHub();
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const first = retireHub(harness.database.pool);
    await turnstile.arrival();
    const second = retireHub(harness.database.pool);
    await untilWaiting(turnstile.passingPool, 2);
    await turnstile.open(AFTER_EVENTS);
    expect([await first, await second]).toEqual([[{ kind: 'models', own: 3, guests: 2 }], []]);
  });

  it('an owner who takes over at that moment restores what was ended under its hands', async () => {
    harness = await openHub();
    harness.configure({ organizations: [mirrored('solo'), mirrored('acme')] });
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const retirement = retireHub(harness.database.pool);
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
    harness = await openHub();
    harness.configure({ organizations: [mirrored('solo'), mirrored('acme')] });
    turnstile = await placeStops(harness.database, [AFTER_UPDATES]);
    const night = harness.night('2025-01-02', 'solo');
    await turnstile.arrival();
    const retirement = retireHub(turnstile.passingPool);
    await untilWaiting(turnstile.passingPool, 2);
    await turnstile.open(AFTER_UPDATES);
    expect(await night).toMatchObject({ state: 'certified', figures: { changed: 2 } });
    expect(await retirement).toEqual([{ kind: 'models', own: 3, guests: 0 }]);
    expect(await endings(harness)).toEqual([
      { mirrored_by: 'acme', owner: 'acme', ending: null, artifacts: 2 },
      { mirrored_by: 'hub', owner: 'hub', ending: 'out_of_scope', artifacts: 3 },
      { mirrored_by: 'solo', owner: 'solo', ending: null, artifacts: 2 },
    ]);
  });

  it('another organization mirrors its own, and neither waits for the other', async () => {
    harness = await openHub();
    turnstile = await placeStops(harness.database, [AFTER_EVENTS]);
    const retirement = retireHub(harness.database.pool);
    await turnstile.arrival();
    harness.configure({ pool: turnstile.passingPool });
    harness.catalog.put('acme', artifact(3));
    expect(await harness.night('2025-01-02', 'acme')).toMatchObject({ state: 'certified', figures: { added: 1 } });
    await turnstile.open(AFTER_EVENTS);
    await retirement;
  });
});
