import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifact, artifactId, artifacts } from '../mirror/harness.ts';
import { createTestDatabase, postgresAvailable } from '../support/database.ts';
import { type CommandGround, TOKEN, useCommands } from './ground.ts';
import { STACK, tooWide } from './terminal.ts';

const LISTS = { 'acme-with-a-long-name': artifacts(1, 5), globex: artifacts(1, 3, 'globex') };
const ACME = 'acme-with-a-long-name';
const HOSTILE = 'globex/\u001b[2J\u001b[31mred\u202egnirts\nnew line';

/** A terminal of 80 columns that is told to show no colours: whatever acts on it came from the catalog. */
const PLAIN = { NO_COLOR: '1' };
const NARROW = { columns: 80 };
const ACTING = /[\p{Cc}\u202e]/u;

async function expectMistake(ground: CommandGround, args: string[], says: string, advises: string): Promise<void> {
  const { code, out, err } = await ground.run(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(`error: ${says}`);
  expect(err).toContain(advises);
  expect(err).not.toMatch(STACK);
}

describe.skipIf(!postgresAvailable)('runs', () => {
  const ground = useCommands(LISTS);

  it('list shows the newest first, narrowed as asked, within 80 columns, and says where the reasons are', async () => {
    await ground.run(['sync']);
    ground.catalog.removeOrganization(ACME);
    await ground.run(['sync', ACME]);

    const all = await ground.run(['runs', 'list'], PLAIN, NARROW);
    expect(all.code).toBe(0);
    expect(tooWide(all.out)).toEqual([]);
    expect(all.out).toContain('acme-with-');
    const states = [...all.out.matchAll(/^ *(\d+) .* (certified|failed) /gm)].map(([, id, state]) => [id, state]);
    expect(states).toEqual([
      ['3', 'failed'],
      ['2', 'certified'],
      ['1', 'certified'],
    ]);
    expect(all.err).toContain('runs show ID');

    const piped = await ground.run(['runs', 'list', '--state', 'failed']);
    expect(piped.out).toContain('the catalog answered 404');
    const only = await ground.run(['runs', 'list', '--organization', 'globex', '--limit', '1', '--json']);
    expect(only.json()).toMatchObject([{ organization: 'globex', state: 'certified', trigger: 'manual' }]);
    expect(await ground.run(['runs', 'list', '--state', 'held'])).toMatchObject({ code: 0, out: '' });
    expect((await ground.run(['runs', 'list', '--state', 'held', '--json'])).json()).toEqual([]);
  });

  it('show tells one run in words, and the same as data', async () => {
    await ground.run(['sync', 'globex']);
    const told = await ground.run(['runs', 'show', '1'], PLAIN, NARROW);
    expect(told.code).toBe(0);
    expect(told.out).toMatch(/^run +1, models of globex$/m);
    expect(told.out).toMatch(/^state +certified$/m);
    expect(told.out).toMatch(/^listed +3 artifacts of 3 that the catalog announced$/m);
    expect(told.out).toMatch(/^asked by +manual$/m);
    expect((await ground.run(['runs', 'show', '1', '--json'])).json()).toMatchObject({
      runId: '1',
      figures: { listed: 3 },
    });
  });

  it('says before it is asked to mirror anything that there is nothing yet', async () => {
    expect(await ground.run(['runs', 'list'])).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('sync'),
    });
  });

  it.each([
    [['runs', 'show', '41'], 'There is no run 41.', 'runs list'],
    [['runs', 'show', '9223372036854775808'], '"9223372036854775808" is not the id of a run.', 'runs list'],
    [['runs', 'show', '0'], '"0" is not the id of a run.', 'runs list'],
    [['runs', 'show', "1'; drop table mirror.runs; --"], 'is not the id of a run.', 'runs list'],
    [['runs', 'list', '--state', 'done'], 'There is no run state "done".', 'certified'],
  ])('%j exits 2 with a sentence', async (args, says, advises) => {
    const { code, out, err } = await ground.run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
    expect(err).toContain(advises);
    expect(err).not.toMatch(STACK);
  });
});

describe.skipIf(!postgresAvailable)('dead-letters', () => {
  const ground = useCommands(LISTS);
  const fail = async (): Promise<void> => {
    ground.catalog.put('globex', { ...artifact(9, {}, 'globex'), name: HOSTILE, download_count: -4 });
    ground.catalog.removeOrganization(ACME);
    await ground.run(['sync']);
  };

  it('list shows what is open, narrowed as asked, within 80 columns', async () => {
    await fail();
    const all = await ground.run(['dead-letters', 'list'], PLAIN, NARROW);
    expect(all.code).toBe(0);
    expect(tooWide(all.out)).toEqual([]);
    expect(all.out).toMatch(/ not_found +organization +acme-/);
    expect(all.out).toMatch(/ invalid_record +record +globex /);
    expect(all.err).toContain('dead-letters show ID');

    type Listed = { counts: unknown; letters: { errorClass: string }[] };
    const list = async (...options: string[]): Promise<Listed> =>
      (await ground.run(['dead-letters', 'list', '--json', ...options])).json() as Listed;
    const classes = async (...options: string[]): Promise<string[]> =>
      (await list(...options)).letters.map(({ errorClass }) => errorClass).sort();
    expect(await classes()).toEqual(['invalid_record', 'not_found']);
    expect(await classes('--class', 'not_found')).toEqual(['not_found']);
    expect(await classes('--organization', 'globex')).toEqual(['invalid_record']);
    expect(await classes('--level', 'record')).toEqual(['invalid_record']);
    expect(await classes('--type', 'no_such_type')).toEqual([]);
    expect(await classes('--since', '1h')).toEqual(['invalid_record', 'not_found']);
    expect(await classes('--since', '2100-01-01')).toEqual([]);
    expect(await classes('--limit', '1')).toHaveLength(1);
    expect(await classes('--state', 'resolved')).toEqual([]);

    ground.catalog.setOrganization(ACME, { models: [] });
    await ground.run(['sync', ACME]);
    expect(await classes()).toEqual(['invalid_record']);
    expect(await classes('--state', 'all')).toEqual(['invalid_record', 'not_found']);
    expect((await list('--state', 'all', '--limit', '1')).counts).toEqual([
      { errorClass: 'invalid_record', letters: 1, open: 1, occurrences: 1 },
      { errorClass: 'not_found', letters: 1, open: 0, occurrences: 1 },
    ]);
  });

  it('list counts what fits by class before it shows the newest of it', async () => {
    await fail();
    await ground.run(['sync']);
    const { out } = await ground.run(['dead-letters', 'list', '--limit', '1'], PLAIN, NARROW);
    expect(out).toMatch(/^class +open +times\n[─ ]+\ninvalid_record +1 +2\nnot_found +1 +2\n\nThe newest first\n/);
    expect(out).toMatch(/\nand 1 more: --limit 2\n$/);

    ground.catalog.setOrganization(ACME, { models: [] });
    await ground.run(['sync', ACME]);
    const all = await ground.run(['dead-letters', 'list', '--state', 'all'], PLAIN, NARROW);
    expect(all.out).toMatch(/^class +open +closed +times\n[─ ]+\ninvalid_record +1 +0 +2\nnot_found +0 +1 +2\n/);
  });

  it('show gives the text as it was received, but nothing that acts on the terminal', async () => {
    await fail();
    const [letter] = await ground.rows<{ id: string }>("SELECT id FROM mirror.dead_letters WHERE level = 'record'");
    const shown = await ground.run(['dead-letters', 'show', letter?.id ?? ''], PLAIN, NARROW);
    expect(shown.code).toBe(0);
    expect(shown.out).toMatch(/^class +invalid_record$/m);
    expect(shown.out).toMatch(/^what +download_count is negative$/m);
    expect(shown.out).toContain('globex/\\u001b[2J');
    expect(shown.out.replaceAll('\n', '')).not.toMatch(ACTING);

    const data = (await ground.run(['dead-letters', 'show', letter?.id ?? '', '--json'])).json() as { payload: string };
    expect(JSON.parse(data.payload)).toMatchObject({ name: HOSTILE, download_count: -4 });
  });

  it.each([
    [['dead-letters', 'show', '41'], 'There is no letter 41.', 'dead-letters list'],
    [['dead-letters', 'show', 'first'], '"first" is not the id of a letter.', 'dead-letters list'],
    [['dead-letters', 'list', '--class', 'http_404'], 'There is no class "http_404".', 'not_found'],
    [['dead-letters', 'list', '--level', 'row'], 'There is no level "row".', 'organization, page, record'],
    [['dead-letters', 'list', '--since', 'monday'], '"monday" is neither a date nor an age.', '7d'],
    [
      ['dead-letters', 'list', '--state', 'closed'],
      'There is no letter state "closed".',
      'open, resolved, discarded, or all',
    ],
  ])('%j exits 2 with a sentence', async (args, says, advises) => {
    await expectMistake(ground, args, says, advises);
  });
});

describe.skipIf(!postgresAvailable)('list', () => {
  const ground = useCommands(LISTS);

  it('sends all five parameters as they are given, and the defaults of the contract where they are not', async () => {
    const all = ['--sort-by', 'name', '--sort-dir', 'asc', '--page', '2', '--limit', '2', '--include-public'];
    expect((await ground.run(['list', 'globex', ...all])).code).toBe(0);
    expect((await ground.run(['list', 'globex'])).code).toBe(0);
    expect((await ground.run(['list', 'globex', '--kind', 'datasets'])).code).toBe(0);
    expect(ground.catalog.requests.map(({ organization, kind, query }) => ({ organization, kind, query }))).toEqual([
      {
        organization: 'globex',
        kind: 'models',
        query: { sort_by: 'name', sort_dir: 'asc', page: '2', limit: '2', include_public: 'true' },
      },
      {
        organization: 'globex',
        kind: 'models',
        query: { sort_by: 'created_at', sort_dir: 'desc', page: '1', limit: '50', include_public: 'false' },
      },
      {
        organization: 'globex',
        kind: 'datasets',
        query: { sort_by: 'created_at', sort_dir: 'desc', page: '1', limit: '50', include_public: 'false' },
      },
    ]);
    expect(ground.catalog.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('needs no database and no organization in the settings, and stores nothing', async () => {
    const { code, out } = await ground.run(['list', 'globex', '--limit', '2'], {
      CATALOG_ORGANIZATIONS: undefined,
      DATABASE_URL: 'postgres://127.0.0.1:1/nowhere',
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^globex\/model-3 .*\nglobex\/model-2 .*\npage 1 of 2, 3 items in all; --page 2 follows\n/m);
    expect(await ground.rows('SELECT FROM mirror.artifacts')).toEqual([]);
  });

  it('shows bad records and hostile names as what they are, within 80 columns', async () => {
    ground.catalog.put('globex', { ...artifact(8, {}, 'globex'), name: HOSTILE });
    ground.catalog.put('globex', { ...artifact(9, {}, 'globex'), version: 7, download_count: -4 });
    const { code, out } = await ground.run(['list', 'globex'], PLAIN, NARROW);
    expect(code).toBe(0);
    expect(
      tooWide(
        out
          .split('\n')
          .filter((line) => !line.includes('bad record'))
          .join('\n'),
      ),
    ).toEqual([]);
    expect(out).toContain('globex/\\u001b[2J');
    expect(out.replaceAll('\n', '')).not.toMatch(ACTING);
    expect(out).toContain(`${artifactId(9, 'globex')}: `);
    expect(out).toMatch(/bad record.* version .*download_count is negative/);
  });

  it('prints with --json the page as it was read, bad records with their source', async () => {
    ground.catalog.put('globex', { ...artifact(9, {}, 'globex'), download_count: -4, novelty: { kept: true } });
    ground.catalog.put('globex', { ...artifact(8, {}, 'globex'), novelty: { kept: true } });
    const ran = await ground.run(['list', 'globex', '--limit', '2', '--json']);
    expect(ran.json()).toMatchObject({
      page: 1,
      limit: 2,
      total: 5,
      totalPages: 3,
      hasNext: true,
      items: [
        { ok: false, bad: { id: artifactId(9, 'globex'), source: expect.stringContaining('"download_count":-4') } },
        { ok: true, record: { name: 'globex/model-8', extra: { novelty: { kept: true } } } },
      ],
    });
  });

  it('says a mistake in a sentence', async () => {
    await expectMistake(
      ground,
      ['list', 'globex', '--kind', 'papers'],
      'There is no kind "papers".',
      'models, datasets',
    );
  });
});

describe.skipIf(!postgresAvailable)('migrate', () => {
  const ground = useCommands(LISTS);

  it('says what it did the first time, and that nothing is to do the second', async () => {
    const empty = await createTestDatabase({ empty: true });
    try {
      const env = { DATABASE_URL: empty.connectionString };
      const first = await ground.run(['migrate'], env);
      expect(first.code).toBe(0);
      expect(first.out).toMatch(/^\d+ migrations applied: 0000_\w+, .* and \d{4}_\w+\.\n/);
      expect(first.out).toContain('catalog_reader may read');
      const second = await ground.run(['migrate'], env);
      expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/^The database is up to date\.\n/) });
      expect((await ground.run(['migrate', '--json'], env)).json()).toEqual({
        applied: [],
        readerRole: { status: 'ready' },
      });
    } finally {
      await empty.drop();
    }
  });

  it('is done by every command: that the reader role was refused is said by the first, whatever it is', async () => {
    const empty = await createTestDatabase({ empty: true });
    try {
      await empty.pool.query(`
        CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql
          AS $$ BEGIN RAISE EXCEPTION 'grants are not for you'; END $$`);
      await empty.pool.query(
        "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('GRANT') EXECUTE FUNCTION refuse()",
      );
      const env = { DATABASE_URL: empty.connectionString };
      expect((await ground.run(['runs', 'list'], env)).err).toContain(
        'The role catalog_reader could not be set up: grants are not for you. `catalog-mirror migrate` says',
      );
      expect((await ground.run(['runs', 'list'], env)).err).not.toContain('catalog_reader');
    } finally {
      await empty.drop();
    }
  });

  it('goes on where the server refuses the reader role, and says what a DBA can run', async () => {
    const empty = await createTestDatabase({ empty: true });
    try {
      // Roles belong to the whole server, and other tests use them: only this database refuses.
      await empty.pool.query(`
        CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql
          AS $$ BEGIN RAISE EXCEPTION 'grants are not for you'; END $$`);
      await empty.pool.query(
        "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('GRANT') EXECUTE FUNCTION refuse()",
      );
      const { code, out } = await ground.run(['migrate'], { DATABASE_URL: empty.connectionString });
      expect(code).toBe(0);
      expect(out).toContain('The role catalog_reader could not be set up: grants are not for you.');
      expect(out).toMatch(
        /Let a DBA run:\n( {2}CREATE ROLE catalog_reader NOLOGIN;\n)? {2}GRANT USAGE ON SCHEMA mirror, report TO catalog_reader;\n/,
      );
      expect((await ground.run(['runs', 'list'], { DATABASE_URL: empty.connectionString })).code).toBe(0);
      const doctor = await ground.run(['doctor'], { DATABASE_URL: empty.connectionString });
      expect(doctor).toMatchObject({ code: 0, out: expect.stringContaining('catalog_reader could not be set up') });
    } finally {
      await empty.drop();
    }
  });
});

describe.skipIf(!postgresAvailable)('doctor', () => {
  const ground = useCommands(LISTS);

  it('finds every part well, on a terminal, in a pipe and as data', async () => {
    const told = await ground.run(['doctor'], PLAIN, NARROW);
    expect(told.code).toBe(0);
    expect(tooWide(told.out)).toEqual([]);
    const data = (await ground.run(['doctor', '--json'])).json();
    expect(data).toEqual({
      ok: true,
      findings: [
        {
          part: 'database',
          ok: true,
          detail: expect.stringMatching(/^PostgreSQL \d+.*, schema up to date$/),
          hint: null,
        },
        { part: 'queue', ok: true, detail: 'answers on postgres', hint: null },
        {
          part: 'secrets',
          ok: true,
          detail: 'set: CATALOG_TOKEN, DATABASE_URL; not set: CATALOG_API_KEY, REDIS_URL, SERVER_TOKEN',
          hint: null,
        },
        { part: 'catalog address', ok: true, detail: `${ground.catalog.url}/api/v1, nothing mirrored yet`, hint: null },
        { part: `models of ${ACME}`, ok: true, detail: '5 items', hint: null },
        { part: 'models of globex', ok: true, detail: '3 items', hint: null },
      ],
    });
  });

  it.each<[string, Record<string, string | undefined>, RegExp[]]>([
    [
      'the database',
      { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' },
      [
        /^database +not ok +could not connect to PostgreSQL .*ECONNREFUSED/m,
        /→ Check that the database server runs/,
        /^queue +not ok +not looked at/m,
        /^models of globex +ok +3 items/m,
      ],
    ],
    [
      'the queue',
      { REDIS_URL: 'redis://127.0.0.1:1' },
      [/^database +ok/m, /^queue +not ok +could not open the queue/m, /→ Check that Redis runs/],
    ],
    ['the token', { CATALOG_TOKEN: 'wrong' }, [/^models of globex +not ok +.* 401/m, /→ check CATALOG_TOKEN/]],
    [
      'a missing organization',
      { CATALOG_ORGANIZATIONS: 'globex,nobody' },
      [/^models of globex +ok/m, /^models of nobody +not ok +.* 404/m],
    ],
    ['no organization at all', { CATALOG_ORGANIZATIONS: undefined }, [/^organizations +not ok +none is configured/m]],
  ])('looks at the rest where %s is not well, says what to do and exits 1', async (_, env, lines) => {
    const { code, out, err } = await ground.run(['doctor'], env);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    for (const line of lines) expect(out).toMatch(line);
    expect(out).not.toMatch(STACK);
  });
});

describe.skipIf(!postgresAvailable)('psql', () => {
  const ground = useCommands(LISTS);

  /** A stand-in that writes down how it was called and ends with 7. */
  const standIn = async (): Promise<{ PATH: string; called: () => Promise<string> }> => {
    const bin = join(ground.folder, 'bin');
    const file = join(ground.folder, 'called');
    await mkdir(bin);
    await writeFile(join(bin, 'psql'), `#!/bin/sh\n{ printf '%s\\n' "$@"; env; } > '${file}'\nexit 7\n`);
    await chmod(join(bin, 'psql'), 0o755);
    return { PATH: `${bin}:${process.env['PATH']}`, called: () => readFile(file, 'utf8') };
  };

  it('passes its arguments on, puts the views on the search path and keeps the password out of the arguments', async () => {
    const { PATH, called } = await standIn();
    const { code } = await ground.run(['psql', '-c', 'select 1', '--csv', '-X'], { PATH, PGHOSTADDR: '10.0.0.1' });
    expect(code).toBe(7);
    const text = await called();
    const { hostname, port, username, password, pathname } = new URL(ground.database.connectionString);
    expect(text).toMatch(/^-c\nselect 1\n--csv\n-X\n/);
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        `PGHOST=${hostname}`,
        `PGPORT=${port}`,
        `PGUSER=${username}`,
        `PGPASSWORD=${password}`,
        `PGDATABASE=${pathname.slice(1)}`,
        'PGOPTIONS=-c search_path=report,mirror,public',
      ]),
    );
    expect(text).not.toContain('PGHOSTADDR');
    expect(text.slice(0, text.indexOf('PG'))).not.toContain(password);
  });

  it('prints the connection string where there is no psql', async () => {
    const { code, out, err } = await ground.run(['psql'], { PATH: join(ground.folder, 'empty') });
    expect({ code, out }).toEqual({ code: 0, out: `${ground.database.connectionString}\n` });
    expect(err).toContain('There is no psql on this machine.');
  });

  it('leaves Ctrl-C to psql', async () => {
    const bin = join(ground.folder, 'bin');
    const began = join(ground.folder, 'began');
    await mkdir(bin);
    await writeFile(join(bin, 'psql'), `#!/bin/sh\ntouch '${began}'\nsleep 1\nexit 0\n`);
    await chmod(join(bin, 'psql'), 0o755);
    const command = ground.start(['psql'], { PATH: `${bin}:${process.env['PATH']}` });
    await expect.poll(() => readFile(began, 'utf8').catch(() => null), { timeout: 10_000 }).toBe('');
    command.signal('SIGINT');
    command.signal('SIGINT');
    expect((await command.ended).code).toBe(0);
  });

  it('ends psql when it is told to end itself', async () => {
    const bin = join(ground.folder, 'bin');
    const began = join(ground.folder, 'began');
    await mkdir(bin);
    await writeFile(join(bin, 'psql'), `#!/bin/sh\ntouch '${began}'\nexec sleep 60\n`);
    await chmod(join(bin, 'psql'), 0o755);
    const command = ground.start(['psql'], { PATH: `${bin}:${process.env['PATH']}` });
    await expect.poll(() => readFile(began, 'utf8').catch(() => null), { timeout: 10_000 }).toBe('');
    command.signal('SIGTERM');
    expect((await command.ended).code).toBe(143);
  });
});

describe.skipIf(!postgresAvailable)('without a catalog in the settings', () => {
  const ground = useCommands(LISTS);

  it.each([
    [['sync']],
    [['worker']],
    [['schedule', 'list']],
    [['schedule', 'run', 'acme']],
    [['list', 'acme']],
    [['doctor', '--accept-catalog']],
  ])('%j exits 2 and says what to set, or to run the demo', async (args) => {
    const { code, out, err } = await ground.run(args, { CATALOG_URL: undefined });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('error: No catalog is configured.');
    expect(err.replaceAll(/\s+/g, ' ')).toContain('run `catalog-mirror demo` to see a recorded month.');
  });

  it('the reading commands work all the same', async () => {
    for (const args of [['runs', 'list'], ['dead-letters', 'list'], ['migrate']]) {
      expect((await ground.run(args, { CATALOG_URL: undefined })).code).toBe(0);
    }
  });
});
