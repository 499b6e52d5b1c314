import { afterEach, describe, expect, it } from 'vitest';
import type { MirrorDependencies } from '../../src/mirror/dependencies.ts';
import { openRunSession } from '../../src/store/run-session.ts';
import { artifactId, artifacts, type Harness, openHarness } from '../mirror/harness.ts';
import { identity } from '../store/ground.ts';
import { postgresAvailable } from '../support/database.ts';
import { rowsUnder, show, shown, under } from './shown.ts';

let harness: Harness;
afterEach(() => harness.close());

/** Sixty artifacts on six pages, mirrored once: run 1. Pages are read one after the other, always in the same order. */
async function mirrored(lists = artifacts(1, 60), settings: Partial<MirrorDependencies> = {}): Promise<void> {
  harness = await openHarness({ lists: { acme: lists }, maxLimit: 10 });
  harness.configure({ pageConcurrency: 1, ...settings });
  await harness.night('2025-01-14');
}
const remove = (from: number, to: number): void => {
  for (let n = from; n <= to; n++) harness.catalog.remove('acme', artifactId(n));
};

describe.skipIf(!postgresAvailable)('runs show of an inexact run', () => {
  it('says that the server does not sort, what is open, and what would help', async () => {
    await mirrored();
    remove(7, 7);
    // Another order at each read, and always one that is not sorted.
    harness.catalog.script(({ number }) => ({
      act: 'list',
      list: (sorted) => [...sorted.slice(number % 50), ...sorted.slice(0, number % 50)].toReversed(),
    }));
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'state')).toBe('inexact');
    expect(under(text, 'why')).toContain('out of order');
    expect(under(text, 'what to do')).toContain('MIRROR_CRON');
    expect(under(text, 'not listed')).toBe(
      '1 artifact that was current before; in this order no page proves an absence',
    );
    expect(text).not.toMatch(/^(proved by|its order|seams|Proved absent)/m);
  });

  it('shows what is not proved absent, with its place, and what is, without ending either', async () => {
    const moment = '2024-01-01T00:00:20.000Z';
    const tied = artifacts(1, 60).map((one, index) =>
      index >= 20 && index < 40 ? { ...one, created_at: moment } : one,
    );
    await mirrored(tied, { maxPasses: 1 });
    remove(7, 7);
    remove(30, 30);
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'what to do')).toContain('MIRROR_PAGE_SIZE');
    expect(under(text, 'not listed')).toBe(
      '2 artifacts that were current before; 1 proved absent, 1 not; nothing is ended',
    );
    expect(rowsUnder(text, 'Not listed and not proved absent: 1 artifact')).toEqual([
      ['acme/model-30', '1.0.0', '2024-01-01T00:00:20.000000Z'],
    ]);
    expect(rowsUnder(text, 'Proved absent, but not ended: 1 artifact')).toEqual([
      ['acme/model-7', '1.0.0', 'page 1 of 10 items at 03:00:00'],
    ]);
    expect((await show(harness, ['2', '--json'])).json()).toMatchObject({
      state: 'inexact',
      proof: { by: null, unlisted: 2, unproved: 1, unprovedPlaces: ['2024-01-01T00:00:20.000000Z'] },
      findings: { absent: 1, unproved: 1 },
      absences: [
        { name: 'acme/model-7', finding: 'absent', ending: null, witness: { page: 1 } },
        { name: 'acme/model-30', finding: 'unproved', ending: null, witness: null },
      ],
    });
  });
});

describe.skipIf(!postgresAvailable)('runs show of a run that could not read its list', () => {
  it('names the letters of the pages that were given up, and what to do', async () => {
    await mirrored();
    harness.catalog.script(({ query }) =>
      query['page'] === '2' ? { act: 'status', status: 403, detail: 'not for you' } : undefined,
    );
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'state')).toBe('partial');
    expect(under(text, 'why')).toContain('the catalog answered 403: not for you');
    expect(under(text, 'what to do')).toMatch(
      /^Ask the organization’s owner .*\. Only a run that reads every page is complete: `catalog-mirror sync acme`$/,
    );
    expect(under(text, 'not listed')).toMatch(/^10 artifacts that were current before; nothing is ended by a run that/);
    expect(rowsUnder(text, 'Letters: 1')).toEqual([['1', 'forbidden', 'page', '2', 'open']]);
    await harness.night('2025-01-16');
    expect(under(await shown(harness, 2), 'letters')).toBe('1 that later runs met again');
  });

  it('says of a failed one why, and nothing of what it did not store', async () => {
    await mirrored();
    harness.catalog.removeOrganization('acme');
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'why')).toContain('the catalog answered 404');
    expect(under(text, 'read')).toBe('nothing, 1 request');
    expect(text).not.toMatch(/^(listed|stored|proved by|the list) /m);
    expect(rowsUnder(text, 'Letters: 1')).toEqual([['1', 'not_found', 'organization', 'open']]);
  });

  it('says of one that is not over, or was abandoned, what becomes of it', async () => {
    await mirrored();
    const open = (day: string) =>
      openRunSession(harness.database.pool, identity({ day }), {
        trigger: 'schedule',
        startedAt: new Date(`${day}T03:00:00Z`),
        resumeMinutes: 60,
      });
    const first = await open('2025-01-15');
    const running = await shown(harness, 2);
    expect(under(running, 'took')).toBe('not over');
    expect(under(running, 'what to do')).toBe(
      'Wait for it. Where its process died, `catalog-mirror sync acme` takes it up or begins anew.',
    );
    if (first.status !== 'open') throw new Error('no run was opened');
    await first.session.close();
    const second = await open('2025-01-16');
    const abandoned = await shown(harness, 2);
    expect(under(abandoned, 'state')).toBe('abandoned');
    expect(under(abandoned, 'what to do')).toBe('Nothing of it was stored: `catalog-mirror sync acme` begins anew.');
    if (second.status === 'open') await second.session.close();
  });
});
