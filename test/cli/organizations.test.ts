import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openRunSession } from '../../src/store/run-session.ts';
import { artifactId, artifacts } from '../mirror/harness.ts';
import { identity } from '../store/ground.ts';
import { postgresAvailable } from '../support/database.ts';
import { useCommands } from './ground.ts';
import { STACK, tooWide } from './terminal.ts';

const LISTS = {
  acme: artifacts(1, 3),
  globex: artifacts(1, 2, 'globex'),
  solo: artifacts(1, 2, 'solo').map((one) => ({ ...one, is_public: true })),
};
const GUESTS = { CATALOG_ORGANIZATIONS: 'acme,globex', CATALOG_INCLUDE_PUBLIC: 'true' };
const WITHOUT_ACME = { CATALOG_ORGANIZATIONS: 'globex', CATALOG_INCLUDE_PUBLIC: 'true' };
const TERMINAL = { columns: 80 };
const PLAIN = { NO_COLOR: '1' };

const ground = useCommands(LISTS);
const current = async (): Promise<unknown> =>
  (
    await ground.rows(
      `SELECT coalesce(jsonb_object_agg(mirrored_by, artifacts), '{}') AS current
       FROM (SELECT mirrored_by, count(*) AS artifacts FROM mirror.artifacts WHERE ended_at IS NULL GROUP BY 1) AS each`,
    )
  )[0]?.['current'];
const BEFORE = { acme: 5, globex: 2 };

/** Acme, which came first, speaks for what solo shares. */
async function mirrorBoth(): Promise<void> {
  await ground.run(['sync', 'acme'], GUESTS);
  await ground.run(['sync', 'globex'], GUESTS);
}

describe.skipIf(!postgresAvailable)('organizations list', () => {
  it('shows what the mirror knows and what the settings name, within 80 columns', async () => {
    await mirrorBoth();
    const told = await ground.run(
      ['organizations', 'list'],
      { ...PLAIN, CATALOG_ORGANIZATIONS: 'globex,umbrella' },
      TERMINAL,
    );
    expect(told.code).toBe(0);
    expect(tooWide(told.out)).toEqual([]);
    const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
    const [header = '', , ...rows] = told.out.trimEnd().split('\n');
    expect([header, ...rows].map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['organization', 'in settings', 'own', 'guests', 'last run', 'state', 'last complete'],
      ['acme', 'no', '3', '2', day, 'certified', day],
      ['globex', 'yes', '2', '0', day, 'certified', day],
      ['umbrella', 'yes', '0', '0', '–', '–', '–'],
    ]);
  });

  it('gives the same as data, with the last complete day though a later run failed', async () => {
    await mirrorBoth();
    await ground.rows("UPDATE mirror.runs SET day = '2025-01-01' WHERE id = 1");
    ground.catalog.removeOrganization('acme');
    await ground.run(['sync', 'acme'], GUESTS);
    const listings = (await ground.run(['organizations', 'list', '--json'], GUESTS)).json();
    expect(listings).toMatchObject([
      {
        organization: 'acme',
        kind: 'models',
        inSettings: true,
        own: 3,
        guests: 2,
        outOfScope: 0,
        openLetters: 1,
        lastRun: { runId: '3', state: 'failed' },
        lastCompleteDay: '2025-01-01',
      },
      { organization: 'globex', own: 2, guests: 0, openLetters: 0, lastRun: { runId: '2', state: 'certified' } },
    ]);
  });

  it('says before anything is mirrored that there is none, also without a catalog', async () => {
    const { code, out, err } = await ground.run(['organizations', 'list'], {
      CATALOG_URL: undefined,
      CATALOG_ORGANIZATIONS: undefined,
    });
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('No organization is mirrored yet');
  });
});

describe.skipIf(!postgresAvailable)('organizations retire', () => {
  it('ends what the organization speaks for and says how much, with --yes', async () => {
    await mirrorBoth();
    const { code, out, err } = await ground.run(['organizations', 'retire', 'acme', '--yes'], WITHOUT_ACME);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: 'acme is retired: 5 current artifacts (3 of its own and 2 guests) ended as out_of_scope.\n',
      err: '',
    });
    expect(await current()).toEqual({ globex: 2 });
    const list = await ground.run(['organizations', 'list', '--json'], WITHOUT_ACME);
    expect(list.json()).toMatchObject([
      { organization: 'acme', inSettings: false, own: 0, guests: 0, outOfScope: 5 },
      { organization: 'globex', inSettings: true, own: 2 },
    ]);
  });

  it('says the second time that nothing is left, without asking', async () => {
    await mirrorBoth();
    await ground.run(['organizations', 'retire', 'acme', '--yes'], WITHOUT_ACME);
    expect(await ground.run(['organizations', 'retire', 'acme'], WITHOUT_ACME)).toMatchObject({
      code: 0,
      out: 'Nothing is left to retire: acme speaks for no current artifact.\n',
    });
    expect((await ground.run(['organizations', 'retire', 'acme', '--json'], WITHOUT_ACME)).json()).toEqual({
      organization: 'acme',
      ended: [],
      openLetters: 0,
    });
  });

  it('is undone by the next run of whoever lists it', async () => {
    await mirrorBoth();
    await ground.run(['organizations', 'retire', 'acme', '--yes'], WITHOUT_ACME);
    await ground.run(['sync', 'globex'], WITHOUT_ACME);
    expect(await current()).toEqual({ globex: 4 });
    await ground.run(['sync', 'acme'], GUESTS);
    expect(await current()).toEqual({ acme: 3, globex: 4 });
  });

  it('leaves open letters as they are, and says how many', async () => {
    ground.catalog.update('acme', artifactId(2), { download_count: -1 });
    await mirrorBoth();
    const told = await ground.run(['organizations', 'retire', 'acme', '--yes'], WITHOUT_ACME);
    expect(told.code).toBe(0);
    expect(told.err).toContain('1 letter of it stays open: `catalog-mirror dead-letters list --organization acme`.');
    expect(await ground.rows('SELECT organization, state FROM mirror.dead_letters')).toEqual([
      { organization: 'acme', state: 'open' },
    ]);
  });

  it('prints with --json what it ended, kind by kind', async () => {
    await mirrorBoth();
    await ground.rows("UPDATE mirror.artifacts SET kind = 'datasets' WHERE owner = 'solo'");
    expect((await ground.run(['organizations', 'retire', 'acme', '--yes', '--json'], WITHOUT_ACME)).json()).toEqual({
      organization: 'acme',
      ended: [
        { kind: 'datasets', own: 0, guests: 2 },
        { kind: 'models', own: 3, guests: 0 },
      ],
      openLetters: 0,
    });
  });
});

describe.skipIf(!postgresAvailable)('organizations retire without --yes', () => {
  it.each(['y\n', 'YES\n'])('asks on a terminal, and does it after %j', async (answer) => {
    await mirrorBoth();
    const more = { ...TERMINAL, typed: Readable.from([answer]) };
    const { code, err } = await ground.run(['organizations', 'retire', 'acme'], { ...PLAIN, ...WITHOUT_ACME }, more);
    expect(code).toBe(0);
    expect(err.replaceAll('\n', ' ')).toContain(
      'acme speaks for 5 current artifacts (3 of its own and 2 guests). They end as out_of_scope: ',
    );
    expect(tooWide(err)).toEqual([]);
    expect(err).toMatch(/^Retire acme\? \[y\/N\] $/m);
    expect(await current()).toEqual({ globex: 2 });
  });

  it.each([
    ['no', ['n\n']],
    ['an empty line', ['\n']],
    ['anything else', ['yellow\n']],
    ['the end of the input', []],
  ])('changes nothing after %s, and exits 2', async (_, typed) => {
    await mirrorBoth();
    const more = { ...TERMINAL, typed: Readable.from(typed) };
    const { code, out, err } = await ground.run(['organizations', 'retire', 'acme'], WITHOUT_ACME, more);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Nothing was changed.');
    expect(await current()).toEqual(BEFORE);
  });

  it('changes nothing where Ctrl-C is the answer', async () => {
    await mirrorBoth();
    const command = ground.start(['organizations', 'retire', 'acme'], WITHOUT_ACME, {
      ...TERMINAL,
      typed: new PassThrough(),
    });
    await command.said('Retire acme? [y/N] ');
    command.signal('SIGINT');
    expect((await command.ended).code).toBe(130);
    expect(await current()).toEqual(BEFORE);
  });

  it.each([
    ['in a pipe', [], {}],
    ['where input alone is a terminal', [], { typed: Readable.from(['y\n']) }],
    ['with --json on a terminal', ['--json'], { ...TERMINAL, typed: Readable.from(['y\n']) }],
  ])('asks nobody %s: says to add --yes and exits 2', async (_, options, more) => {
    await mirrorBoth();
    const { code, out, err } = await ground.run(['organizations', 'retire', 'acme', ...options], WITHOUT_ACME, more);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('5 current artifacts (3 of its own and 2 guests)');
    expect(err).toContain('Add --yes');
    expect(await current()).toEqual(BEFORE);
  });
});

describe.skipIf(!postgresAvailable)('organizations retire is refused, and changes nothing,', () => {
  it.each<[string, string, Record<string, string | undefined>, string, string]>([
    ['while the settings name it', 'acme', GUESTS, 'The settings still name acme', 'CATALOG_ORGANIZATIONS'],
    ['for one that is not known', 'acne', WITHOUT_ACME, 'It knows acme and globex.', 'organizations list'],
    [
      'without a catalog, whose settings would say what is still mirrored',
      'acme',
      { CATALOG_URL: undefined },
      'No catalog is configured.',
      'CATALOG_URL',
    ],
  ])('%s', async (_, organization, env, says, advises) => {
    await mirrorBoth();
    const { code, out, err } = await ground.run(['organizations', 'retire', organization, '--yes'], env);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err).toContain(advises);
    expect(err).not.toMatch(STACK);
    expect(await current()).toEqual(BEFORE);
  });

  it('while a run of it is under way, which it names', async () => {
    await mirrorBoth();
    const opened = await openRunSession(ground.database.pool, identity(), {
      trigger: 'manual',
      startedAt: new Date(),
      resumeMinutes: 60,
    });
    const { code, err } = await ground.run(['organizations', 'retire', 'acme', '--yes'], WITHOUT_ACME);
    expect(code).toBe(2);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(
      'could not retire an organization (acme) run 3, of its models, is under way.',
    );
    expect(err).toContain('catalog-mirror runs list --organization acme');
    expect(await current()).toEqual(BEFORE);
    if (opened.status === 'open') await opened.session.close();
  });
});
