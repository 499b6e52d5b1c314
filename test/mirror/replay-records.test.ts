import { afterEach, describe, expect, it } from 'vitest';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import type { RecordReplay } from '../../src/mirror/types.ts';
import { claimRun } from '../../src/store/claim-run.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

/** Mirrors five artifacts, and a night later the second is bad. Letter 1 is its. */
async function spoilSecond(fields: FakeArtifact = { version: 4, download_count: 'many' }): Promise<void> {
  harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
  await harness.night('2025-01-01');
  harness.catalog.update('acme', artifactId(2), fields);
  expect((await harness.night('2025-01-02')).figures.letters).toBe(1);
}

/** What a version of the program with other rules would find good: the text that is stored is another one. */
async function mendText(fields: FakeArtifact, n = 2): Promise<void> {
  await harness.rows('UPDATE mirror.dead_letters SET payload = $1', [
    JSON.stringify(artifact(n, { download_count: 55, ...fields })),
  ]);
}

async function replay(...letterIds: string[]): Promise<readonly RecordReplay[]> {
  const outcome = await harness.attempt('acme', { trigger: 'replay', records: letterIds });
  if (outcome.status !== 'replayed') throw new Error(`the replay is ${outcome.status}`);
  return outcome.records;
}

const letter = async () =>
  (
    await harness.rows(
      'SELECT state, resolved_by_run_id::integer AS by, closed_at AS at FROM mirror.dead_letters ORDER BY id LIMIT 1',
    )
  )[0];
const rowOf = async (n: number) =>
  (
    await harness.rows(
      `SELECT version, download_count::integer AS downloads, ended_at, run_order::integer AS run
       FROM mirror.artifacts WHERE id = $1`,
      [artifactId(n)],
    )
  )[0];
const observations = (n: number) =>
  harness.rows(
    `SELECT run_id::integer AS run, download_count::integer AS downloads, observed_at AS at
     FROM mirror.download_observations WHERE artifact_id = $1 ORDER BY run_id`,
    [artifactId(n)],
  );
const runs = () =>
  harness.rows('SELECT id::integer AS run, trigger, state, pages, listed, changed, added FROM mirror.runs ORDER BY id');

describe.skipIf(!postgresAvailable)('the replay of a bad record', () => {
  it('applies a text that is good now: fields, history and an event, by a run of its own', async () => {
    await spoilSecond();
    await mendText({ version: '4.0.0' });
    harness.clock.set('2025-01-02T09:00:00Z');
    expect(await replay('1')).toEqual([{ letterId: '1', outcome: 'applied', runId: '3', detail: null }]);

    expect(await rowOf(2)).toEqual({ version: '4.0.0', downloads: 55, ended_at: null, run: 3 });
    expect(await observations(2)).toEqual([
      { run: 1, downloads: 20, at: new Date('2025-01-01T03:00:00Z') },
      { run: 2, downloads: null, at: new Date('2025-01-02T03:00:00Z') },
      { run: 3, downloads: 55, at: new Date('2025-01-02T03:00:00Z') },
    ]);
    expect(
      await harness.rows('SELECT run_id::integer AS run, day::text, event, changes FROM mirror.artifact_events'),
    ).toEqual([{ run: 3, day: '2025-01-02', event: 'changed', changes: { version: ['1.0.0', '4.0.0'] } }]);
    expect(await letter()).toEqual({ state: 'resolved', by: 3, at: new Date('2025-01-02T09:00:00Z') });
    expect((await runs())[2]).toEqual({
      run: 3,
      trigger: 'replay',
      state: 'partial',
      pages: 0,
      listed: 1,
      changed: 1,
      added: 0,
    });
    expect(await harness.rows('SELECT FROM mirror.staged_artifacts')).toEqual([]);
  });

  it('adds an artifact that the mirror never had, with its baseline', async () => {
    harness = await openHarness({ lists: { acme: [...artifacts(1, 2), artifact(3, { version: 7 })] } });
    await harness.night('2025-01-01');
    await mendText({ version: '7' }, 3);
    expect(await replay('1')).toMatchObject([{ outcome: 'applied', runId: '2' }]);
    expect(await rowOf(3)).toEqual({ version: '7', downloads: 55, ended_at: null, run: 2 });
    expect(await observations(3)).toMatchObject([{ run: 2, downloads: 55 }]);
  });

  it('covers no day and ends nothing: the next night is as if it had read the record itself', async () => {
    await spoilSecond();
    await mendText({ version: '4.0.0' });
    await replay('1');
    const covered = await harness.rows('SELECT day::text, run_id::integer AS run FROM report.coverage ORDER BY day');
    expect(covered).toEqual([
      { day: '2025-01-01', run: 1 },
      { day: '2025-01-02', run: 2 },
    ]);
    harness.catalog.update('acme', artifactId(2), { version: '4.0.0', download_count: 60 });
    expect(await harness.night('2025-01-03')).toMatchObject({
      state: 'certified',
      figures: { changed: 0, withdrawn: 0 },
    });
    expect(
      await harness.rows(
        `SELECT day::text, downloads::integer, days_covered AS days FROM report.daily_downloads
         WHERE artifact_id = $1 ORDER BY day`,
        [artifactId(2)],
      ),
    ).toEqual([
      { day: '2025-01-01', downloads: null, days: null },
      { day: '2025-01-03', downloads: 40, days: 2 },
    ]);
  });

  it('resolves the letter as overtaken where a later run wrote something of the artifact, and applies nothing', async () => {
    await spoilSecond();
    await mendText({ version: '4.0.0' });
    // A page that fails leaves the run without its proof: it resolves no letter.
    harness.configure({ pageSize: 4 });
    harness.catalog.update('acme', artifactId(2), { version: '5.0.0', download_count: 70 });
    harness.catalog.script(({ query }) => (query['page'] === '2' ? { act: 'status', status: 403 } : undefined));
    expect((await harness.night('2025-01-03')).state).toBe('partial');
    expect(await replay('1')).toEqual([{ letterId: '1', outcome: 'overtaken', runId: '3', detail: null }]);
    expect(await rowOf(2)).toMatchObject({ version: '5.0.0', downloads: 70, run: 3 });
    expect(await letter()).toMatchObject({ state: 'resolved', by: 3 });
    expect(await runs()).toHaveLength(3);
  });

  it('resolves it as overtaken where a later run of the listing is complete, though held', async () => {
    await spoilSecond({ id: 'no uuid', created_at: 'yesterday' });
    harness.catalog.setOrganization('acme', { models: [] });
    expect((await harness.night('2025-01-03')).state).toBe('held');
    expect(await replay('1')).toMatchObject([{ outcome: 'overtaken', runId: '3' }]);
    expect(await letter()).toMatchObject({ state: 'resolved', by: 3 });
  });

  it('leaves it open where a later run that is not complete may have read the artifact as it stands', async () => {
    await spoilSecond({ version: 4 });
    await mendText({ version: '4.0.0' });
    harness.configure({ pageSize: 4 });
    harness.catalog.update('acme', artifactId(2), { version: '1.0.0' });
    const mend = harness.catalog.script(({ query }) =>
      query['page'] === '2' ? { act: 'status', status: 403 } : undefined,
    );
    expect((await harness.night('2025-01-03')).state).toBe('partial');
    expect(await replay('1')).toEqual([{ letterId: '1', outcome: 'unsure', runId: '3', detail: null }]);
    expect(await rowOf(2)).toMatchObject({ version: '1.0.0' });
    expect(await letter()).toMatchObject({ state: 'open', by: null, at: null });
    mend();
    await harness.night('2025-01-04');
    expect(await replay('1')).toMatchObject([{ outcome: 'closed' }]);
  });

  it('leaves it open where the text is still bad, and says which fields and why', async () => {
    await spoilSecond();
    expect(await replay('1')).toEqual([
      {
        letterId: '1',
        outcome: 'bad',
        runId: null,
        detail: 'version is not text; download_count is not a number',
      },
    ]);
    expect(await letter()).toMatchObject({ state: 'open' });
    expect(await runs()).toHaveLength(2);
  });

  it('does nothing a second time, nor to letters that are closed, of other listings or of none', async () => {
    await spoilSecond();
    await mendText({ version: '4.0.0' });
    await replay('1');
    const before = await runs();
    expect(await replay('1', '41')).toEqual([
      { letterId: '1', outcome: 'closed', runId: null, detail: null },
      { letterId: '41', outcome: 'closed', runId: null, detail: null },
    ]);
    expect(await runs()).toEqual(before);
    await harness.rows(
      "UPDATE mirror.dead_letters SET state = 'open', closed_at = NULL, resolved_by_run_id = NULL, organization = 'globex'",
    );
    expect(await replay('1')).toMatchObject([{ outcome: 'closed' }]);
  });

  it('takes many letters in one go, each by itself', async () => {
    harness = await openHarness({
      lists: { acme: [artifact(1, { version: 1 }), artifact(2, { version: 2 }), artifact(3)] },
    });
    await harness.night('2025-01-01');
    await harness.rows('UPDATE mirror.dead_letters SET payload = replace(payload, \'"version":1\', \'"version":"1"\')');
    expect((await replay('1', '2')).map(({ outcome }) => outcome).sort()).toEqual(['applied', 'bad']);
    expect(await harness.rows("SELECT FROM mirror.dead_letters WHERE state = 'open'")).toHaveLength(1);
  });

  it.each([
    ['is at work', false],
    ['was handed back, and will be taken up', true],
  ])('waits where a run of the listing %s, and leaves that run alone', async (_, isHandedBack) => {
    await spoilSecond();
    await mendText({ version: '4.0.0' });
    const client = await harness.database.pool.connect();
    try {
      const identity = {
        organization: 'acme',
        kind: 'models',
        day: '2025-01-02',
        timeZone: 'UTC',
        includePublic: false,
        pageSize: 10,
        catalogUrl: `${harness.catalog.url}/api/v1`,
      };
      await claimRun(client, identity, { trigger: 'manual', startedAt: harness.clock.now(), resumeMinutes: 60 });
      if (isHandedBack) await client.query("UPDATE mirror.runs SET lease_expires_at = now() WHERE state = 'running'");
      const before = await harness.rows("SELECT * FROM mirror.runs WHERE state = 'running'");
      expect(await harness.attempt('acme', { trigger: 'replay', records: ['1'] })).toEqual({
        status: 'busy',
        retryInMs: expect.any(Number),
      });
      expect(await harness.rows("SELECT * FROM mirror.runs WHERE state = 'running'")).toEqual(before);
      expect(await letter()).toMatchObject({ state: 'open' });
    } finally {
      client.release(true);
    }
  });
});
