import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from './harness.ts';
import { placeStops, type Turnstile } from './turnstile.ts';

let harness: Harness;
let turnstile: Turnstile | null = null;
afterEach(async () => {
  await turnstile?.close();
  turnstile = null;
  await harness.close();
});

const READ_BY_OTHERS = [
  "SELECT * FROM mirror.runs WHERE state <> 'running' ORDER BY id",
  'SELECT * FROM mirror.artifacts ORDER BY id',
  'SELECT * FROM mirror.download_observations ORDER BY artifact_id, run_id',
  'SELECT * FROM mirror.artifact_events ORDER BY id',
  'SELECT * FROM mirror.dead_letters ORDER BY id',
  'SELECT * FROM report.daily_downloads ORDER BY artifact_id, day',
  // The day of a run that is under way is there at once, uncovered: the run itself is no secret.
  'SELECT * FROM report.coverage WHERE covered ORDER BY kind, organization, day',
];

/** A digest of each thing that another session can read, as one snapshot shows it. */
async function readAll(): Promise<string> {
  const client = await harness.database.pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const digests: string[] = [];
    for (const sql of READ_BY_OTHERS) {
      const { rows } = await client.query(sql);
      digests.push(createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 12));
    }
    await client.query('COMMIT');
    return digests.join(' ');
  } finally {
    client.release();
  }
}

/** A first night, and all that a second one may meet: a move, a change, an arrival, a removal, a bad record. */
async function prepareNight(): Promise<void> {
  harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
  await harness.night('2025-01-01');
  harness.catalog.update('acme', artifactId(3), { download_count: 1_000 });
  harness.catalog.update('acme', artifactId(4), { framework: 'gguf' });
  harness.catalog.update('acme', artifactId(5), { version: null });
  harness.catalog.remove('acme', artifactId(6));
  harness.catalog.put('acme', artifact(40));
}

describe.skipIf(!postgresAvailable)('a reader in another session', () => {
  it('sees the state before the night wherever its transaction stands, and all of it afterwards', async () => {
    await prepareNight();
    const stops = [
      'AFTER INSERT ON mirror.artifacts',
      'AFTER INSERT ON mirror.download_observations',
      'AFTER UPDATE ON mirror.artifacts',
      'AFTER INSERT ON mirror.artifact_events',
      'AFTER INSERT ON mirror.dead_letters',
      'AFTER DELETE ON mirror.staged_pages',
      'AFTER DELETE ON mirror.staged_bad_records',
    ];
    turnstile = await placeStops(harness.database, stops);
    const before = await readAll();
    const night = harness.night('2025-01-02');
    const stoodAt = new Set<string>();
    while (stoodAt.size < stops.length) {
      const { stop } = await turnstile.arrival();
      stoodAt.add(stop);
      expect(await readAll(), stop).toBe(before);
      await turnstile.open(stop);
    }
    expect(await night).toMatchObject({
      state: 'certified',
      figures: { added: 1, changed: 1, counted: 2, withdrawn: 1, letters: 1 },
    });
    expect(await readAll()).not.toBe(before);
  });

  it('who reads without a pause meets two states, never a third', async () => {
    await prepareNight();
    const seen = [await readAll()];
    let isOver = false;
    const night = harness.night('2025-01-02').finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const state = await readAll();
      if (state !== seen.at(-1)) seen.push(state);
    }
    await night;
    expect(await readAll()).toBe(seen.at(-1));
    expect(seen).toHaveLength(2);
  });
});
