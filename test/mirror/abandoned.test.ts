import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifactId, artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

const letters = () =>
  harness.rows(
    `SELECT error_class AS class, level, run_id::integer AS run, state, occurrences, detail FROM mirror.dead_letters
     ORDER BY id`,
  );

/** An attempt of the evening that leaves its run open: page 2 cannot be read. */
async function leaveOpen(day: string): Promise<void> {
  harness.clock.set(`${day}T23:00:00Z`);
  await expect(harness.attempt('acme', { lastAttempt: false })).rejects.toMatchObject({ class: 'server_error' });
}

describe.skipIf(!postgresAvailable)('a run that nobody goes on with', () => {
  it('has a letter as soon as the next one takes its place, which that one resolves once it is certified', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    harness.catalog.update('acme', artifactId(1), { version: null });
    const mend = harness.catalog.script(({ query }) =>
      query['page'] === '2' ? { act: 'status', status: 500 } : undefined,
    );
    await leaveOpen('2025-01-01');
    await leaveOpen('2025-01-02');
    await leaveOpen('2025-01-03');
    expect(await letters()).toEqual([
      {
        class: 'internal',
        level: 'organization',
        run: 2,
        state: 'open',
        occurrences: 2,
        detail: expect.stringMatching(/^could not mirror the listing \(models of acme\): .* run of 2025-01-02 .*log/),
      },
    ]);
    expect(await harness.rows('SELECT id::integer, state, letters FROM mirror.runs ORDER BY id')).toEqual([
      { id: 1, state: 'abandoned', letters: 1 },
      { id: 2, state: 'abandoned', letters: 1 },
      { id: 3, state: 'running', letters: 0 },
    ]);
    mend();
    expect(await harness.night('2025-01-04')).toMatchObject({
      runId: '4',
      state: 'certified',
      figures: { letters: 1 },
    });
    expect(await letters()).toMatchObject([
      { class: 'internal', run: 3, state: 'resolved', occurrences: 3 },
      { class: 'invalid_record', run: 4, state: 'open' },
    ]);
  });

  it('keeps its letter where the next run is not certified', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 35) } });
    harness.catalog.script(({ query }) => (query['page'] === '2' ? { act: 'status', status: 500 } : undefined));
    await leaveOpen('2025-01-01');
    expect(await harness.night('2025-01-02')).toMatchObject({ state: 'partial' });
    expect(await letters()).toMatchObject([
      { class: 'internal', run: 1, state: 'open' },
      { class: 'server_error', run: 2, state: 'open' },
    ]);
  });
});
