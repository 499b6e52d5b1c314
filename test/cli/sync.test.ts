import { describe, expect, it } from 'vitest';
import { paceKey } from '../../src/catalog/pace-key.ts';
import { artifactId, artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { QUEUES, TOKEN, useCommands } from './ground.ts';
import { STACK } from './terminal.ts';

const LISTS = { acme: artifacts(1, 25), globex: artifacts(1, 3, 'globex') };

describe.each(QUEUES)('sync over $queue', ({ queue, available }) => {
  describe.skipIf(!available)('with a queue of its own', () => {
    const ground = useCommands(LISTS, { queue });

    it('mirrors every organization of the settings, says so in a line for each, and exits 0', async () => {
      const { code, out, err } = await ground.run(['sync']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(/^acme +\d+ +certified +25 +25 +25 /m);
      expect(out).toMatch(/^globex +\d+ +certified +3 +3 +3 /m);
      expect(
        await ground.rows('SELECT mirrored_by, count(*)::int FROM mirror.artifacts GROUP BY 1 ORDER BY 1'),
      ).toEqual([
        { mirrored_by: 'acme', count: 25 },
        { mirrored_by: 'globex', count: 3 },
      ]);
      expect(await ground.rows('SELECT DISTINCT trigger FROM mirror.runs')).toEqual([{ trigger: 'manual' }]);
    });

    it('mirrors only the organizations that are named', async () => {
      const { code } = await ground.run(['sync', 'globex']);
      expect(code).toBe(0);
      expect(await ground.rows('SELECT organization FROM mirror.runs')).toEqual([{ organization: 'globex' }]);
    });

    it('mirrors the others where one fails, exits 4 and says why and where to look', async () => {
      ground.catalog.removeOrganization('acme');
      const { code, out, err } = await ground.run(['sync']);
      expect(code).toBe(4);
      expect(out).toMatch(/^acme +\d+ +failed /m);
      expect(out).toMatch(/^globex +\d+ +certified +3 /m);
      expect(out).toContain(
        'acme: could not read page 1 (models of acme): the catalog answered 404: Organization acme not found;',
      );
      expect(err).toContain('dead-letters list');
      expect(out + err).not.toMatch(STACK);
    });

    it('tries again what another try can help, and is certified in the end', async () => {
      let refusals = 7;
      ground.catalog.script(({ organization }) => {
        if (organization !== 'acme' || refusals === 0) return undefined;
        refusals -= 1;
        return { act: 'status', status: 503 };
      });
      const { code } = await ground.run(['sync', 'acme', '--json']);
      // Seven are more than one attempt of the job makes: it takes the run up again.
      expect({ code, refusals }).toEqual({ code: 0, refusals: 0 });
      expect(await ground.rows('SELECT state, retries FROM mirror.runs')).toEqual([{ state: 'certified', retries: 6 }]);
    });

    it('never lets the token out of its own header, though a catalog that refuses it repeats it', async () => {
      ground.catalog.script(({ number }) => ({
        act: 'status',
        // The first one leaves a trace where the token's pace is kept.
        status: number === 1 ? 429 : 401,
        retryAfter: '0.05',
        type: 'authentication_error',
        detail: `Token ${TOKEN} (${Buffer.from(TOKEN).toString('base64')}) is not known`,
      }));
      const results = [
        await ground.run(['sync']),
        await ground.run(['sync', '--json']),
        await ground.run(['runs', 'list']),
        await ground.run(['dead-letters', 'list', '--json']),
        await ground.run(['dead-letters', 'show', '1']),
        await ground.run(['list', 'acme']),
        await ground.run(['doctor', '--json']),
        await ground.run(['sync'], { DEBUG: 'catalog-mirror', CATALOG_URL: 'https://x.invalid/?no' }),
      ];
      expect(results.map(({ code }) => code)).toEqual([4, 4, 0, 0, 0, 4, 1, 2]);
      expect(ground.catalog.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
      const everything = [
        ...results.flatMap(({ out, err }) => [out, err]),
        await ground.dumpDatabase(),
        await ground.dumpRedis(),
      ].join('\n');
      // The letter and the pace are among what was searched.
      expect(everything).toContain('[redacted]');
      expect(everything).toContain(paceKey(new URL(`${ground.catalog.url}/api/v1`), { token: TOKEN }));
      for (const form of [TOKEN, Buffer.from(TOKEN).toString('base64'), encodeURIComponent(TOKEN)]) {
        expect(everything).not.toContain(form);
      }
    });
  });
});

describe.skipIf(!postgresAvailable)('the exit code of sync', () => {
  const ground = useCommands(LISTS);
  const SMALL = { MIRROR_PAGE_SIZE: '10' };

  it('is 3 where a run is held', async () => {
    await ground.run(['sync']);
    for (let n = 1; n <= 15; n += 1) ground.catalog.remove('acme', artifactId(n));
    const { code, out } = await ground.run(['sync']);
    expect(code).toBe(3);
    expect(out).toMatch(/^acme +\d+ +held +10 /m);
    expect(await ground.rows('SELECT count(*)::int FROM mirror.artifacts WHERE ended_at IS NOT NULL')).toEqual([
      { count: 0 },
    ]);
  });

  it('is 3 where nothing proves that the list was read whole', async () => {
    // It speaks of an item that no page shows, however often the list is read.
    ground.catalog.script(({ organization }) =>
      organization === 'acme' ? { act: 'change', change: (envelope) => ({ ...envelope, total: 26 }) } : undefined,
    );
    const { code, out } = await ground.run(['sync'], SMALL);
    expect(code).toBe(3);
    expect(out).toMatch(/^acme +\d+ +inexact /m);
    expect(out).toMatch(/^globex +\d+ +certified /m);
  });

  it('is 3 where a page fails for good, and the other pages are stored', async () => {
    ground.catalog.script(({ organization, query }) =>
      organization === 'acme' && query['page'] === '2' ? { act: 'status', status: 403 } : undefined,
    );
    const { code, out } = await ground.run(['sync'], SMALL);
    expect(code).toBe(3);
    expect(out).toMatch(/^acme +\d+ +partial +15 /m);
    expect(out).toContain('could not read page 2 (models of acme): the catalog answered 403');
  });

  it('is 4 where one is partial and another failed', async () => {
    ground.catalog.script(({ organization, query }) =>
      organization === 'acme' && query['page'] === '2' ? { act: 'status', status: 403 } : undefined,
    );
    ground.catalog.removeOrganization('globex');
    const { code } = await ground.run(['sync'], SMALL);
    expect(code).toBe(4);
  });

  it('is 0 where only a record is bad, and says that there is a letter', async () => {
    ground.catalog.update('globex', artifactId(2, 'globex'), { download_count: -1 });
    const { code, out, err } = await ground.run(['sync', 'globex']);
    expect(code).toBe(0);
    expect(out).toMatch(/^organization .* letters /m);
    expect(err).toContain('dead-letters list');
  });
});

describe.skipIf(!postgresAvailable)('sync --json', () => {
  const ground = useCommands(LISTS);

  it('prints the runs as JSON and nothing else, on a terminal as well', async () => {
    const ran = await ground.run(['sync', '--json'], { FORCE_COLOR: '1' }, { columns: 80 });
    expect(ran.out).toBe(`${JSON.stringify(ran.json(), null, 2)}\n`);
    expect(ran.json()).toMatchObject([
      { organization: 'acme', kind: 'models', state: 'certified', figures: { listed: 25, added: 25 }, error: null },
      { organization: 'globex', kind: 'models', state: 'certified', figures: { listed: 3, added: 3 }, error: null },
    ]);
    expect(ran.err).toBe('');
  });

  it('says of a failed run which class its failure is of', async () => {
    ground.catalog.removeOrganization('acme');
    const ran = await ground.run(['sync', '--json']);
    expect(ran.code).toBe(4);
    expect(ran.json()).toMatchObject([{ state: 'failed', errorClass: 'not_found' }, { state: 'certified' }]);
  });

  it('says a mistake as one line of JSON on stderr', async () => {
    const { code, out, err } = await ground.run(['sync', 'nobody', '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toMatchObject({ error: { class: 'usage', detail: expect.stringContaining('nobody') } });
  });
});

describe.skipIf(!postgresAvailable)('sync, before it reads anything, exits 2', () => {
  const ground = useCommands(LISTS);

  it.each([
    ['without a catalog', [], { CATALOG_URL: undefined }, 'No catalog is configured.', 'Set CATALOG_URL'],
    [
      'without organizations',
      [],
      { CATALOG_ORGANIZATIONS: ' ' },
      'No organization is configured',
      'CATALOG_ORGANIZATIONS=',
    ],
    [
      'for an organization that the settings do not name',
      ['acme', 'acne'],
      {},
      'do not name acne. They name: acme, globex.',
      'CATALOG_ORGANIZATIONS',
    ],
    [
      'for a catalog over plain http elsewhere',
      [],
      { CATALOG_URL: 'http://catalog.example.com' },
      'http, which would send the token unencrypted',
      'CATALOG_ALLOW_HTTP=true',
    ],
    [
      'for an address that holds a password',
      [],
      { CATALOG_URL: 'https://me:hunter2@catalog.example.com' },
      'it holds a user name or password',
      'CATALOG_TOKEN',
    ],
  ])('%s', async (_, args, env, what, hint) => {
    const { code, out, err } = await ground.run(['sync', ...args], env);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: /);
    expect(err).toContain(what);
    expect(err).toContain(hint);
    expect(err).not.toMatch(STACK);
    expect(err).not.toContain('hunter2');
    expect(ground.catalog.requests).toEqual([]);
    expect(await ground.rows('SELECT FROM mirror.runs UNION ALL SELECT FROM mirror.catalog')).toEqual([]);
  });

  it('names every setting that is wrong at once, each with how to write it', async () => {
    const { code, err } = await ground.run(['sync'], {
      MIRROR_PAGE_SIZE: '900',
      MIRROR_CRON: 'daily',
      MIRROR_TIMEZONE: 'Mars/Olympus',
      MIRROR_MAX_REMOVAL: '20%',
      CATALOG_TIMEOUT_SECONDS: '0',
      CATALOG_API_KEY: 'key-of-the-second-kind',
      CATALOG_ORGANIZATIONS: 'acme/x',
      DATABASE_URL: 'mysql://root:hunter2@localhost/x',
      REDIS_URL_FILE: 'no-such-file',
    });
    expect(code).toBe(2);
    expect(err).toMatch(/^error: 9 settings are wrong\n/);
    const wrong = err.split('\n').flatMap((line) => /^ {2}([A-Z_]+): /.exec(line)?.[1] ?? []);
    expect(wrong.sort()).toEqual([
      'CATALOG_ORGANIZATIONS',
      'CATALOG_TIMEOUT_SECONDS',
      'CATALOG_TOKEN',
      'DATABASE_URL',
      'MIRROR_CRON',
      'MIRROR_MAX_REMOVAL',
      'MIRROR_PAGE_SIZE',
      'MIRROR_TIMEZONE',
      'REDIS_URL_FILE',
    ]);
    expect(err.match(/^ {2}→ [A-Z].*\.$/gm)).toHaveLength(9);
    expect(err).not.toMatch(/hunter2|key-of-the-second-kind|tok-/);
  });

  it('warns of a variable that is most likely a slip, and goes on', async () => {
    const { code, err } = await ground.run(['sync', 'globex'], { CATALOG_ORGANISATIONS: 'acme' });
    expect(code).toBe(0);
    expect(err).toContain(
      'warning: CATALOG_ORGANISATIONS is no setting and does nothing; did you mean CATALOG_ORGANIZATIONS?',
    );
  });
});

describe.skipIf(!postgresAvailable)('the address of the catalog', () => {
  const ground = useCommands(LISTS);
  const elsewhere = () => ({ CATALOG_URL: ground.catalog.url.replace('127.0.0.1', 'localhost') });

  it('is kept with the mirror: another one is refused until a person accepts it', async () => {
    expect((await ground.run(['sync'])).code).toBe(0);
    const before = ground.catalog.requests.length;

    for (const command of ['sync', 'worker']) {
      const { code, err } = await ground.run([command], elsewhere());
      expect(code).toBe(2);
      expect(err).toContain(`This database mirrors another catalog: ${ground.catalog.url}/api/v1`);
      expect(err).toContain('doctor --accept-catalog');
    }
    expect(ground.catalog.requests).toHaveLength(before);
    expect((await ground.run(['doctor'], elsewhere())).code).toBe(1);

    const accepted = await ground.run(['doctor', '--accept-catalog'], elsewhere());
    expect(accepted.code).toBe(0);
    expect(accepted.out).toContain('from now on');
    expect((await ground.run(['sync'], elsewhere())).code).toBe(0);
    expect((await ground.run(['sync'])).code).toBe(2);
  });

  it('means the same with and without /api/v1 and a slash', async () => {
    await ground.run(['sync']);
    for (const ending of ['/', '/api/v1', '/api/v1/']) {
      expect((await ground.run(['sync'], { CATALOG_URL: ground.catalog.url + ending })).code).toBe(0);
    }
  });

  it('can simply be corrected while nothing was read from it', async () => {
    const wrong = await ground.run(['sync'], { CATALOG_URL: 'http://127.0.0.1:1' });
    expect(wrong.code).toBe(4);
    expect((await ground.run(['doctor'])).code).toBe(0);
    expect((await ground.run(['sync'])).code).toBe(0);
    expect((await ground.run(['sync'], elsewhere())).code).toBe(2);
  });
});

describe.skipIf(!postgresAvailable)('sync that is stopped', () => {
  const ground = useCommands(LISTS);

  it('by Ctrl-C takes back its jobs, leaves the mirror as it was and exits 130; the next one goes on', async () => {
    let isHanging = false;
    const free = ground.catalog.script(({ organization }) => {
      if (organization !== 'acme') return undefined;
      isHanging = true;
      return { act: 'hang' };
    });
    const command = ground.start(['sync', 'acme']);
    await expect.poll(() => isHanging, { timeout: 10_000 }).toBe(true);
    command.signal('SIGINT');
    const { code, out, err } = await command.ended;
    expect(code).toBe(130);
    expect({ out, err }).toEqual({ out: '', err: 'Stopping: what is being mirrored is finished or handed back.\n' });
    expect(await ground.rows('SELECT FROM mirror.artifacts')).toEqual([]);

    free();
    expect((await ground.run(['sync', 'acme'])).code).toBe(0);
    expect(await ground.rows('SELECT state FROM mirror.runs ORDER BY id')).toEqual([{ state: 'certified' }]);
  }, 40_000);
});
