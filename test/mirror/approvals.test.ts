import { afterEach, describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { artifactId, artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

/** A mirror of 60 artifacts of which 15 are gone: run 2 is held, and page 2 cannot be read for the moment. */
async function heldWithBrokenPage(): Promise<() => void> {
  harness = await openHarness({ lists: { acme: artifacts(1, 60) } });
  await harness.night('2025-01-01');
  for (let n = 1; n <= 15; n++) harness.catalog.remove('acme', artifactId(n));
  expect(await harness.night('2025-01-02')).toMatchObject({ runId: '2', state: 'held' });
  return harness.catalog.script(({ query }) => (query['page'] === '2' ? { act: 'status', status: 500 } : undefined));
}

const REPLAY = { trigger: 'replay', approves: '2', lastAttempt: false } as const;
const SCHEDULED = { trigger: 'schedule', lastAttempt: false } as const;
const approved = () =>
  harness.rows('SELECT id::integer, approved_run_id::integer AS approved FROM mirror.runs ORDER BY id');

describe.skipIf(!postgresAvailable)('the approval of a held removal', () => {
  it('goes with the run that was asked for, also where a scheduled job takes it up', async () => {
    const mend = await heldWithBrokenPage();
    await expect(harness.attempt('acme', REPLAY)).rejects.toMatchObject({ class: 'server_error' });
    mend();
    const run = { runId: '3', state: 'certified', figures: { withdrawn: 15 } };
    expect(await harness.attempt('acme', SCHEDULED)).toMatchObject({ run });
    expect(await harness.attempt('acme', { ...REPLAY, runId: '3' })).toMatchObject({ run });
    expect(await approved()).toEqual([
      { id: 1, approved: null },
      { id: 2, approved: null },
      { id: 3, approved: 2 },
    ]);
  });

  it('is added to the run of a scheduled job that the replay takes up', async () => {
    const mend = await heldWithBrokenPage();
    await expect(harness.attempt('acme', SCHEDULED)).rejects.toMatchObject({ class: 'server_error' });
    await expect(harness.attempt('acme', REPLAY)).rejects.toMatchObject({ class: 'server_error' });
    mend();
    expect(await harness.attempt('acme', SCHEDULED)).toMatchObject({
      run: { runId: '3', state: 'certified', figures: { withdrawn: 15 } },
    });
  });

  it('is not what a run has that nobody asked for: it is held again', async () => {
    const mend = await heldWithBrokenPage();
    mend();
    expect(await harness.attempt('acme', SCHEDULED)).toMatchObject({ run: { runId: '3', state: 'held' } });
  });
});
