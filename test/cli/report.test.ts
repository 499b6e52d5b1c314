import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/terminal/width.ts';
import { artifact, artifacts } from '../mirror/harness.ts';
import { type History, writeHistory } from '../report/history.ts';
import { postgresAvailable } from '../support/database.ts';
import { useCommands } from './ground.ts';
import type { Ran } from './terminal.ts';

/** Everything at once: colour, a cleared screen, text that runs backwards, a hidden sign, a C1 control, a new line. */
const HOSTILE = 'globex/\u001b[2J\u001b[31mred\u202egnirts\u200b\u009b1mbold\nnew\u2028line';
/** What of it a terminal would obey or hide. */
const ACTING = /[\p{Cc}\u202e\u200b\u2028]/u;

const acme = { name: 'acme/model', counts: { 1: 10, 2: 15, 3: 21 } };

describe.skipIf(!postgresAvailable)('report', () => {
  const ground = useCommands({ acme: artifacts(1, 5), globex: artifacts(1, 3, 'globex') });
  /** On a terminal of 80 columns without colours; what it says on stderr on one line. */
  const report = async (...args: readonly string[]): Promise<Ran> => {
    const ran = await ground.run(['report', ...args], { NO_COLOR: '1' }, { columns: 80 });
    return { ...ran, err: ran.err.replaceAll(/\s+/g, ' ').trim() };
  };
  const history = (written: History): Promise<void> => writeHistory(ground.database.pool, written);

  it('shows a view in its order within 80 columns, narrowed as asked, and says where there is more', async () => {
    await ground.run(['sync']);
    const { code, out, err } = await report('models', '--organization', 'acme', '--limit', '2');
    expect(code).toBe(0);
    const [header = '', , ...rows] = out.trimEnd().split('\n');
    expect(header).toMatch(/^organization.* name +version .*download count/);
    expect(rows.map((row) => /acme\/model-\d/.exec(row)?.[0])).toEqual(['acme/model-5', 'acme/model-4']);
    expect(out.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect(err).toContain('--limit');
  });

  it('answers the same as data, hyphens or underscores alike', async () => {
    await ground.run(['sync']);
    const hyphens = await ground.run(['report', 'run-history', '--json']);
    const underscores = await ground.run(['report', 'run_history', '--json']);
    expect(hyphens.json()).toEqual(underscores.json());
    expect(hyphens).toMatchObject({ err: '' });
    expect(hyphens.json()).toMatchObject([
      { organization: expect.any(String), certified: true },
      { organization: expect.any(String), certified: true },
    ]);
  });

  it('says without a name which reports there are, and of a misspelt one which was meant', async () => {
    const all = await report();
    expect(all).toMatchObject({ code: 0, out: expect.stringMatching(/^models +the models over all their versions/m) });
    const names = (await ground.run(['report', '--json'])).json() as { name: string }[];
    expect(names.map(({ name }) => name)).toContain('organization-daily-downloads');
    expect(await report('model')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('Did you mean models?'),
    });
    const unknown = await report('nonsense');
    expect(unknown).toMatchObject({ code: 2, out: '', err: expect.stringContaining('organization-daily-downloads') });
    expect(unknown.err).not.toContain('Did you mean');
  });

  it('says what is wrong with a filter', async () => {
    const { code, out, err } = await report('coverage', '--since', 'yesterday');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('2025-01-31');
  });

  it('draws the last days beside a model, a gap where a day is not covered', async () => {
    await history({ runs: [{ day: '2025-01-01' }, { day: '2025-01-02' }, { day: '2025-01-04' }], artifacts: [acme] });
    const { out } = await ground.run(['report', 'models'], { NO_COLOR: '1' }, { columns: 160 });
    expect(out).toContain('28 days to 2025-01-04');
    // Nothing before the first day; 5 on the second; none on the third; 6 in two days.
    expect(out).toMatch(/ ·{25}█·▅\n/);
  });

  it('keeps rows alone on stdout: what they cover is told on stderr', async () => {
    await history({
      runs: [{ day: '2025-01-01' }, { day: '2025-01-02' }],
      artifacts: [{ ...acme, counts: { 1: 10, 2: 15 } }],
    });
    const { out, err } = await ground.run(['report', 'daily-downloads']);
    expect(out.trimEnd().split('\n')).toHaveLength(4);
    expect(err).toBe('All 2 days are covered.\n');
  });

  it('tells how many of the days asked for are covered, which not, and why', async () => {
    await history({
      runs: [
        { day: '2025-01-01' },
        { day: '2025-01-02', state: 'failed', error: 'the catalog answered 503', errorClass: 'unavailable' },
        { day: '2025-01-03', state: 'failed', error: 'the catalog answered 503', errorClass: 'unavailable' },
        { day: '2025-01-05' },
        { day: '2025-01-01', organization: 'globex' },
        { day: '2025-01-05', organization: 'globex', state: 'partial', error: 'page 3 failed' },
      ],
      artifacts: [{ ...acme, counts: { 1: 10, 4: 15 } }],
    });
    expect((await report('daily-downloads', '--organization', 'acme')).err).toBe(
      '2 of 5 days are covered. Not covered: 2025-01-02 to 2025-01-03 (failed: the catalog answered 503); 2025-01-04 (no run).',
    );
    const all = await report('daily-downloads', '--since', '2025-01-04', '--until', '2025-02-01');
    expect(all.err).toBe(
      'None of the 2 days asked for is covered. Not covered: 2025-01-04 (no run); 2025-01-05 of globex (partial: page 3 failed). ' +
        'The first run is of 2025-01-01, the last of 2025-01-05: nothing is known of other days.',
    );
    const outside = await report('daily-downloads', '--since', '2026-01-01');
    expect(outside).toMatchObject({ code: 0, out: '' });
    expect(outside.err).toContain('No day asked for is between the first run (2025-01-01) and the last (2025-01-05).');
    const uncovered = await report('daily-downloads', '--since', '2025-01-04', '--until', '2025-01-04');
    expect(uncovered.err).toBe('No such rows. The day asked for is not covered: 2025-01-04 (no run).');
  });

  it('says of which day the current rows are, and whose are older and why', async () => {
    await history({
      runs: [
        { day: '2025-01-01', organization: 'globex' },
        { day: '2025-01-02' },
        { day: '2025-01-02', organization: 'globex', state: 'inexact', error: 'the list would not stand still' },
      ],
      artifacts: [{ ...acme, counts: { 2: 10 } }],
    });
    expect((await report('models')).err).toBe(
      'globex is as of 2025-01-01: its last run, of 2025-01-02, is inexact: the list would not stand still.',
    );
    expect((await report('models', '--organization', 'acme')).err).toBe(
      'As of 2025-01-02, the day of the last complete run.',
    );
  });

  describe('where there are no rows', () => {
    it('says that nothing is mirrored yet, and how to begin', async () => {
      expect(await report('models')).toMatchObject({
        code: 0,
        out: '',
        err: 'Nothing is mirrored yet: run `catalog-mirror sync`.',
      });
      expect((await report('models', '--organization', 'acme')).err).toBe(
        'acme was never mirrored: run `catalog-mirror sync acme`.',
      );
      expect((await ground.run(['report', 'models', '--json'])).json()).toEqual([]);
    });

    it('says what the last run met, and what to do, where none was ever complete', async () => {
      ground.catalog.removeOrganization('globex');
      await ground.run(['sync']);
      const { code, err } = await report('daily-downloads', '--organization', 'globex');
      expect(code).toBe(0);
      expect(err).toMatch(
        /No run of globex was ever complete\. Its last, run \d+ of [\d-]+, failed: .*404[^;]*\. Check the organization/,
      );
      expect(err).toContain('`catalog-mirror sync globex`');
    });

    it('says that an organization is empty, or that all it had has ended', async () => {
      await history({
        runs: [{ day: '2025-01-01' }, { day: '2025-01-02' }],
        artifacts: [{ ...acme, counts: { 1: 10 }, ending: 'withdrawn', events: [{ run: 2, event: 'withdrawn' }] }],
      });
      expect((await report('models', '--organization', 'acme')).err).toBe(
        'acme has nothing current: what it had has ended, or its listing is empty. ' +
          'As of 2025-01-02, the day of the last complete run.',
      );
    });

    it('does not know an organization that neither the mirror nor the settings name', async () => {
      await history({
        runs: [{ day: '2025-01-01', includePublic: true }],
        artifacts: [{ name: 'initech/model', mirroredBy: 'acme', counts: { 1: 10 } }],
      });
      const misspelt = await report('models', '--organization', 'glubex');
      expect(misspelt).toMatchObject({ code: 2, out: '' });
      expect(misspelt.err).toContain('Did you mean globex? Those known are: acme and globex.');
      const guest = await report('models', '--organization', 'initech', '--json');
      expect(guest).toMatchObject({ code: 2, out: '' });
      expect(guest.err).toContain('It owns models that acme mirrors');
    });
  });

  it('shows what a catalog sends as what it is, in rows, in messages and as data', async () => {
    ground.catalog.put('globex', { ...artifact(9, {}, 'globex'), name: HOSTILE, framework: '\u202exela' });
    await ground.run(['sync']);
    const { out } = await ground.run(['report', 'artifacts'], { FORCE_COLOR: '0' }, { columns: 400 });
    expect(out.replaceAll('\n', '')).not.toMatch(ACTING);
    expect(out).toContain('globex/\\u001b[2J\\u001b[31mred\\u202egnirts\\u200b\\u009b1mbold\\nnew\\u2028line');
    expect(out).toContain('\\u202exela');

    const data = await ground.run(['report', 'artifacts', '--json']);
    expect(data.out.replaceAll('\n', '')).not.toMatch(ACTING);
    expect(data.json()).toEqual(expect.arrayContaining([expect.objectContaining({ name: HOSTILE })]));

    const message = await ground.run(['report', 'models', '--organization', 'ac\u202eme\u001b[2J']);
    expect(message.err.replaceAll('\n', '')).not.toMatch(ACTING);
    const asJson = await ground.run(['report', 'models', '--organization', 'ac\u202eme\u009b2J', '--json']);
    expect(asJson.err.replaceAll('\n', '')).not.toMatch(ACTING);
  });
});
