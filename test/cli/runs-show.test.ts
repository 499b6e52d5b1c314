import { afterEach, describe, expect, it } from 'vitest';
import { MovingList } from '../../src/fake/adversary/moving-list.ts';
import { SCENARIOS } from '../../src/fake/adversary/scenarios.ts';
import { readRun } from '../../src/store/read-runs.ts';
import { artifact, artifactId, artifacts, type Harness, openHarness } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { rowsUnder, show, shown, under } from './shown.ts';

let harness: Harness;
afterEach(() => harness.close());

/** Sixty artifacts on six pages, mirrored once: run 1. */
async function mirrored(): Promise<void> {
  harness = await openHarness({ lists: { acme: artifacts(1, 60) } });
  await harness.night('2025-01-14');
}
const remove = (from: number, to: number): void => {
  for (let n = from; n <= to; n++) harness.catalog.remove('acme', artifactId(n));
};

describe.skipIf(!postgresAvailable)('runs show of a certified run', () => {
  it('is short after a quiet night: what has nothing to say is left out', async () => {
    await mirrored();
    await harness.night('2025-01-15');
    expect(await shown(harness, 2)).toBe(`\
run        2, models of acme
state      certified
day        2025-01-15 (UTC)
started    2025-01-15 03:00:00 UTC
took       0 ms
asked by   manual
scope      its own artifacts
listed     60 artifacts of 60 that the catalog announced
read       6 pages of 10 in 1 pass, 6 requests
stored     0 added, 0 changed, 0 counted

proved by  one pass: all that was current before is listed, so there is no
           absence to prove
the list   stood still: total was 60 all the time, and as many artifacts were
           listed
seams      5 between pages; nothing slipped over one, as the list stood still
`);
  });

  it('shows what was withdrawn and what was superseded, each with the page that proves it', async () => {
    await mirrored();
    remove(7, 7);
    remove(9, 9);
    harness.catalog.put('acme', artifact(70, { name: 'acme/model-9', version: '2.0.0' }));
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'ended')).toBe('1 superseded and 1 withdrawn');
    expect(under(text, 'proved by')).toBe(
      'witnesses: for each artifact that is not listed there is a page that would show it, and does not',
    );
    expect(under(text, 'extra reads')).toBe('1 of the end of the list, for what arrived meanwhile');
    expect(text).toMatch(/^read +6 pages of 10 in 1 pass, 1 extra read, 7 requests$/m);
    expect(text.slice(text.indexOf('Proved absent'))).toBe(`\
Proved absent: 2 artifacts
name          version  ended as    witness (UTC)
────────────  ───────  ──────────  ──────────────────────────────
acme/model-7  1.0.0    withdrawn   page 1 of 10 items at 03:00:00
acme/model-9  1.0.0    superseded  page 1 of 10 items at 03:00:00
`);
  });

  it('says what was read besides to find the page that proves an absence on a seam', async () => {
    await mirrored();
    remove(11, 11);
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'extra reads')).toMatch(/^1 for the places of what was not listed; 1 of the end of the list/);
    for (const [, , , witness] of rowsUnder(text, 'Proved absent')) expect(witness).not.toContain('of 10 items');
  });

  it('goes on to say how an artifact ended that has come back since', async () => {
    await mirrored();
    remove(7, 7);
    await harness.night('2025-01-15');
    harness.catalog.put('acme', artifact(7));
    await harness.night('2025-01-16');
    expect(rowsUnder(await shown(harness, 2), 'Proved absent')).toMatchObject([
      ['acme/model-7', '1.0.0', 'withdrawn', {}],
    ]);
    const text = await shown(harness, 3);
    expect(under(text, 'restored')).toBe('1 artifact that had ended');
    expect(text).not.toContain('Proved absent');
  });

  it('says of a list on one page that one read is all of it, and needs no seams and no witness', async () => {
    harness = await openHarness({ lists: { acme: artifacts(1, 5) } });
    await harness.night('2025-01-14');
    remove(3, 3);
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'proved by')).toBe('one read: the list fits on one page, and that answer is all of it');
    expect(text).not.toMatch(/^(seams|the list) /m);
    expect(rowsUnder(text, 'Proved absent')).toEqual([['acme/model-3', '1.0.0', 'withdrawn']]);
  });

  it('says that two equal readings are the proof where the server does not sort, and which page shows that', async () => {
    await mirrored();
    harness.catalog.script(() => ({ act: 'list', list: (sorted) => sorted.toReversed() }));
    remove(7, 7);
    await harness.night('2025-01-15');
    const text = await shown(harness, 2);
    expect(under(text, 'state')).toBe('certified');
    expect(under(text, 'proved by')).toMatch(
      /^two passes: .* the same artifacts in the same order, none of them twice/,
    );
    expect(under(text, 'its order')).toMatch(/^page \d is out of order: the server does not sort by created_at/);
    expect(text).not.toMatch(/^seams /m);
    expect(rowsUnder(text, 'Proved absent')).toEqual([['acme/model-7', '1.0.0', 'withdrawn']]);
  });

  it('says how each seam is sound where the list moved while it was read, with the figures of the proof', async () => {
    const busy = SCENARIOS.find(({ name }) => name === 'busy');
    if (busy === undefined) throw new Error('there is no scenario busy');
    const list = new MovingList(busy, 7, { size: 600 });
    harness = await openHarness({
      lists: {},
      organizations: [{ organization: 'acme', kinds: ['models'], includePublic: false, timeZone: 'UTC' }],
    });
    harness.catalog.setMovingList('acme', list);
    // One page after the other: the same seed then always gives the same night.
    harness.configure({ pageConcurrency: 1 });
    list.rest();
    await harness.night('2025-01-14');
    list.move();
    await harness.night('2025-01-15');
    const run = await readRun(harness.database.pool, '2');
    expect(run).toMatchObject({ state: 'certified', proof: { moved: true, seams: { open: 0 } } });
    const proof = run?.proof;
    if (proof == null) throw new Error('run 2 has no proof');
    expect((await show(harness, ['2', '--json'])).json()).toMatchObject({ proof });
    const text = await shown(harness, 2);
    const { least, most } = proof.totals;
    expect(under(text, 'the list')).toBe(`moved while it was read: total was between ${least} and ${most}`);
    expect(under(text, 'listed')).toMatch(/^\d+ artifacts over all reads; the catalog announced \d+ at last$/);
    const seams = under(text, 'seams');
    expect(seams).toContain(
      `${proof.seams.count} between pages, where an item can slip by unread while the list moves:`,
    );
    expect(seams).toContain(`${proof.seams.fromTheRight} read from the right: sound, whatever was removed meanwhile`);
    expect(proof.seams.readAgain).toBeGreaterThan(0);
    expect(seams).toContain(`${proof.seams.readAgain} whose left page was read again behind the right one: sound`);
    expect(seams).not.toContain('open');
    expect(under(text, 'extra reads')).toContain(`${proof.extraReads.seams} at seams`);
  });
});

describe.skipIf(!postgresAvailable)('runs show of many absences', () => {
  it('shows the first --limit, says how many more there are, and keeps the data to the same', async () => {
    await mirrored();
    remove(12, 15);
    await harness.night('2025-01-15');
    const text = await shown(harness, 2, '--limit', '3');
    const names = rowsUnder(text, 'Proved absent: 4 artifacts').map(([name]) => name);
    expect(names).toEqual(['acme/model-12', 'acme/model-13', 'acme/model-14']);
    expect(text).toMatch(/^and 1 more: --limit 4$/m);
    expect(await shown(harness, 2)).not.toContain('more: --limit');
    expect((await show(harness, ['2', '--json', '--limit', '1'])).json()).toMatchObject({
      runId: '2',
      proof: { by: 'witnesses', reason: null, unlisted: 4, unproved: 0 },
      findings: { absent: 4, unproved: 0 },
      absences: [
        {
          artifactId: artifactId(12),
          name: 'acme/model-12',
          version: '1.0.0',
          createdAt: '2024-01-01T00:00:12.000000Z',
          finding: 'absent',
          ending: 'withdrawn',
          witness: { page: 2, limit: 10, at: '2025-01-15T03:00:00.000Z' },
        },
      ],
    });
    expect((await show(harness, ['2', '--json'])).json()).toMatchObject({ absences: [{}, {}, {}, {}] });
  });

  it('shows the ids where there is room, and says where they are where there is none', async () => {
    await mirrored();
    remove(7, 7);
    await harness.night('2025-01-15');
    const narrow = await show(harness, ['2'], { columns: 119 });
    expect(narrow.out).not.toContain(artifactId(7));
    expect(narrow.err).toContain('--json, shows the ids as well');
    for (const more of [{ columns: 120 }, {}]) {
      const wide = await show(harness, ['2'], more);
      expect(wide.out).toMatch(new RegExp(` ${artifactId(7)}$`, 'm'));
      expect(wide.err).toBe('');
    }
  });

  it('colours on a terminal alone, and never as the catalog would have it', async () => {
    harness = await openHarness({ lists: { acme: [artifact(1), artifact(2, { name: 'acme/\u001b[31mred' })] } });
    await harness.night('2025-01-14');
    remove(2, 2);
    await harness.night('2025-01-15');
    const env = { NO_COLOR: undefined, TERM: 'xterm' };
    const coloured = await show(harness, ['2'], { columns: 80, env });
    expect(coloured.out).toContain('\u001b[38;5;28mcertified\u001b[39m');
    expect(coloured.out).toContain('acme/\\u001b[31mred');
    expect((await show(harness, ['2'], { env })).out).not.toContain('\u001b');
  });
});
