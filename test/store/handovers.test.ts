import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunIdentity } from '../../src/store/claim-run.ts';
import { countHandovers } from '../../src/store/count-handovers.ts';
import { retireOrganization } from '../../src/store/organizations/retire-organization.ts';
import { openRunSession, type RunSession } from '../../src/store/run-session.ts';
import { LOADS_FROM, openStaging, type Staging } from '../../src/store/staging.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';
import { closeNight, completeNight, openNight, type Reads, WALK } from './apply-ground.ts';
import { applyContext, artifactId, good, identity, naming, pageOf, START } from './ground.ts';

describe.skipIf(!postgresAvailable)('an artifact that changes hands', () => {
  const database = useTestDatabase();
  let client: pg.PoolClient;
  let session: RunSession | null = null;
  beforeEach(async () => {
    client = await database.pool.connect();
  });
  afterEach(async () => {
    await session?.close();
    session = null;
    client.release();
  });

  const night = async (reads: Reads, changes: Partial<RunIdentity> = {}): Promise<void> => {
    const run = await openNight(client, reads, changes);
    await closeNight(client, run, completeNight(), { scope: identity(changes) });
  };
  const ITEMS = [1, 2, 3].map((n) => good(n));
  const ofRival = (n: number) => good(n, { name: `rival/model-${n}` });
  const retireRival = () => retireOrganization(database.pool, 'rival', { at: START, dayIn: () => '2025-01-15' });
  const handovers = () => countHandovers(drizzle(client));

  it('is counted when another takes it over, and when that one is retired', async () => {
    await night([[ITEMS]]);
    expect(await handovers()).toBe(0);
    await night([[[ofRival(2)]]], { organization: 'rival' });
    expect(await handovers()).toBe(1);
    await retireRival();
    expect(await handovers()).toBe(2);
  });

  it('is not counted for what changes, goes or comes back without that', async () => {
    await night([[ITEMS]]);
    await night([[[good(1, { downloadCount: 999, version: '2.0.0' }), good(3)]]]);
    await night([[ITEMS]]);
    const { rows } = await client.query('SELECT event FROM mirror.artifact_events ORDER BY id');
    expect(rows.map(({ event }) => event)).toEqual(['changed', 'withdrawn', 'changed', 'restored']);
    expect(await handovers()).toBe(0);
  });

  it('is counted by nobody where there were ten thousand', async () => {
    await client.query(
      `INSERT INTO mirror.artifact_events (artifact_id, at, day, event, run_order)
       SELECT gen_random_uuid(), now(), current_date, 'out_of_scope', 1 FROM generate_series(1, 9999)`,
    );
    expect(await handovers()).toBe(9_999);
    await client.query(
      `INSERT INTO mirror.artifact_events (artifact_id, at, day, event, run_order)
       VALUES (gen_random_uuid(), now(), current_date, 'out_of_scope', 1)`,
    );
    expect(await handovers()).toBeNull();
  });

  /** A night of a long list that has listed all as it stands, and is not applied yet. */
  async function openLongNight(): Promise<{ readonly staging: Staging; readonly runId: string }> {
    const options = { trigger: 'manual', startedAt: START, resumeMinutes: 60 } as const;
    const opened = await openRunSession(database.pool, identity(), options);
    if (opened.status !== 'open') throw new Error('another worker is at it');
    session = opened.session;
    const readAgain = () => {
      throw new Error('nothing was loaded');
    };
    const staging = await openStaging({ pool: database.pool, session, identity: identity(), naming, readAgain });
    const { summary, answer } = pageOf(ITEMS);
    const staged = await staging.stage([{ answer, summary: { ...summary, total: LOADS_FROM } }], 'settled');
    expect(staged).toEqual({ items: 3, settled: 3 });
    return { staging, runId: session.run.runId };
  }

  it('and is given up by whoever took it meanwhile, is restored by the run that listed it', async () => {
    await night([[ITEMS]]);
    const rival = await openNight(client, [[[ofRival(2)]]], { organization: 'rival' });
    const { staging, runId } = await openLongNight();
    const counted = await staging.count();
    expect(counted).toMatchObject({ current: 3, unlisted: 0, lost: 0 });
    await closeNight(client, rival, completeNight(), { scope: identity({ organization: 'rival' }) });
    await retireRival();
    expect(await staging.apply(applyContext(runId), completeNight(), WALK, counted)).toBe(true);
    const { rows } = await client.query(
      'SELECT mirrored_by, ended_at, restored FROM mirror.artifacts, mirror.runs WHERE artifacts.id = $1 AND runs.id = $2',
      [artifactId(2), runId],
    );
    expect(rows).toEqual([{ mirrored_by: 'acme', ended_at: null, restored: 1 }]);
  });
});
