import { describe, expect, it } from 'vitest';
import { artifact, artifactId, artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { type CommandGround, QUEUES, useCommands } from './ground.ts';
import { STACK } from './terminal.ts';

const LISTS = { acme: artifacts(1, 60), globex: artifacts(1, 3, 'globex') };
/** So that the list takes several pages, and absences need witnesses. */
const SMALL = { MIRROR_PAGE_SIZE: '10' };

function remove(ground: CommandGround, from: number, to: number, organization = 'acme'): void {
  for (let n = from; n <= to; n += 1) ground.catalog.remove(organization, artifactId(n, organization));
}

/** Mirrors acme, removes its first 15 artifacts, and mirrors it again: run 2 is held. */
async function holdFifteen(ground: CommandGround): Promise<void> {
  await ground.run(['sync', 'acme'], SMALL);
  remove(ground, 1, 15);
  expect((await ground.run(['sync', 'acme'], SMALL)).code).toBe(3);
}

/** Numbers of the artifacts of acme that have ended, in order. */
async function ended(ground: CommandGround): Promise<number[]> {
  const rows = await ground.rows<{ id: string }>(
    'SELECT id FROM mirror.artifacts WHERE ended_at IS NOT NULL ORDER BY id',
  );
  return rows.map(({ id }) => Number(id.slice(-12)));
}

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const letters = (ground: CommandGround) =>
  ground.rows(
    `SELECT error_class AS class, state, run_id::integer AS run, resolved_by_run_id::integer AS by
     FROM mirror.dead_letters ORDER BY id`,
  );
const runs = (ground: CommandGround) =>
  ground.rows('SELECT id::integer AS run, trigger, state FROM mirror.runs ORDER BY runs.id');

describe.each(QUEUES)('replaying the letter of a held run over $queue', ({ queue, available }) => {
  describe.skipIf(!available)('with a queue of its own', () => {
    const ground = useCommands(LISTS, { queue });

    it('ends what is absent by proof again and what little went besides, and resolves the letter, once', async () => {
      await holdFifteen(ground);
      const listed = await ground.run(['dead-letters', 'list']);
      expect(listed.out).toMatch(/^ *1 +suspicious_removal +organization +acme /m);
      ground.catalog.put('acme', artifact(1));
      remove(ground, 16, 17);

      const { code, out, err } = await ground.run(['dead-letters', 'replay', '1'], SMALL);
      expect(err).toBe(
        'Approving what run 2 proved absent in models of acme: 15 artifacts, ended where this run proves it again.\n',
      );
      expect(out).toMatch(/^acme +3 +certified +44 /m);
      expect(code).toBe(0);
      expect(await ended(ground)).toEqual(from(2, 17));
      expect(await ground.rows('SELECT id FROM mirror.artifacts WHERE absent_since IS NOT NULL')).toEqual([]);
      expect(await letters(ground)).toEqual([{ class: 'suspicious_removal', state: 'resolved', run: 2, by: 3 }]);
      expect(await runs(ground)).toEqual([
        { run: 1, trigger: 'manual', state: 'certified' },
        { run: 2, trigger: 'manual', state: 'held' },
        { run: 3, trigger: 'replay', state: 'certified' },
      ]);

      const again = await ground.run(['dead-letters', 'replay', '1'], SMALL);
      expect({ code: again.code, out: again.out }).toEqual({ code: 2, out: '' });
      expect(again.err).toContain('Letter 1 is resolved by run 3 and cannot be replayed.');
      expect(await runs(ground)).toHaveLength(3);
    });

    it('is held again where far more has gone since: it ends nothing, and the letter names the new run', async () => {
      await holdFifteen(ground);
      remove(ground, 16, 40);
      const { code, out } = await ground.run(['dead-letters', 'replay', '1'], SMALL);
      expect(out).toMatch(/^acme +3 +held +20 /m);
      expect(code).toBe(3);
      expect(await ended(ground)).toEqual([]);
      expect(await letters(ground)).toEqual([{ class: 'suspicious_removal', state: 'open', run: 3, by: null }]);

      expect((await ground.run(['dead-letters', 'replay', '1'], SMALL)).code).toBe(0);
      expect(await ended(ground)).toEqual(from(1, 40));
      expect(await letters(ground)).toEqual([{ class: 'suspicious_removal', state: 'resolved', run: 3, by: 4 }]);
    });

    it('waits for a run that is under way, and approves what the letter held when it was asked', async () => {
      await holdFifteen(ground);
      remove(ground, 16, 30);
      let isWaiting = false;
      // Told to wait, which costs no attempt, until the replay has asked.
      const free = ground.catalog.script(() => {
        isWaiting = true;
        return { act: 'status', status: 429, retryAfter: '1' };
      });
      const sync = ground.start(['sync', 'acme'], SMALL);
      await expect.poll(() => isWaiting, { timeout: 10_000 }).toBe(true);
      const replay = ground.start(['dead-letters', 'replay', '1'], SMALL);
      await replay.said('Approving what run 2 proved absent');
      free();
      expect((await sync.ended).code).toBe(3);
      // Run 3 was held for 30 by then; approved are the 15 of run 2, and the other 15 of 45 are too many.
      expect((await replay.ended).code).toBe(3);
      expect(await ended(ground)).toEqual([]);
      expect(await runs(ground)).toMatchObject([
        { state: 'certified' },
        { state: 'held' },
        { run: 3, trigger: 'manual', state: 'held' },
        { run: 4, trigger: 'replay', state: 'held' },
      ]);
    });

    it('keeps the approval where an attempt fails and the next one goes on', async () => {
      await holdFifteen(ground);
      let refusals = 7;
      ground.catalog.script(() => {
        if (refusals === 0) return undefined;
        refusals -= 1;
        return { act: 'status', status: 503 };
      });
      // Seven are more than one attempt of the job makes.
      expect((await ground.run(['dead-letters', 'replay', '1'], { ...SMALL, MIRROR_PAGE_CONCURRENCY: '1' })).code).toBe(
        0,
      );
      expect(refusals).toBe(0);
      expect(await ended(ground)).toEqual(from(1, 15));
    });

    it('takes the approval along where it takes up the open run of another command', async () => {
      await holdFifteen(ground);
      let isHanging = false;
      const free = ground.catalog.script(({ query }) => {
        if (query['page'] !== '2') return undefined;
        isHanging = true;
        return { act: 'hang' };
      });
      const sync = ground.start(['sync', 'acme'], SMALL);
      await expect.poll(() => isHanging, { timeout: 10_000 }).toBe(true);
      sync.signal('SIGINT');
      expect((await sync.ended).code).toBe(130);
      free();

      expect((await ground.run(['dead-letters', 'replay', '1'], SMALL)).code).toBe(0);
      expect(await ended(ground)).toEqual(from(1, 15));
      expect(await runs(ground)).toMatchObject([
        { state: 'certified' },
        { state: 'held' },
        { run: 3, trigger: 'manual', state: 'certified' },
      ]);
    }, 40_000);
  });
});

describe.skipIf(!postgresAvailable)('replaying the letter of a held run', () => {
  const ground = useCommands(LISTS);

  it('ends a list that is suddenly empty, which is held whatever its size', async () => {
    await ground.run(['sync', 'globex']);
    remove(ground, 1, 3, 'globex');
    expect((await ground.run(['sync', 'globex'])).code).toBe(3);
    expect(await ended(ground)).toEqual([]);
    expect((await ground.run(['dead-letters', 'replay', '1'])).code).toBe(0);
    expect(await ended(ground)).toEqual([1, 2, 3]);
    expect((await ground.run(['sync', 'globex'])).code).toBe(0);
  });

  it('ends nothing where the catalog no longer knows the organization, and leaves the letter open', async () => {
    await holdFifteen(ground);
    ground.catalog.removeOrganization('acme');
    const { code, out } = await ground.run(['dead-letters', 'replay', '1']);
    expect(code).toBe(4);
    expect(out).toContain('the catalog answered 404');
    expect(await ended(ground)).toEqual([]);
    expect(await letters(ground)).toEqual([
      { class: 'suspicious_removal', state: 'open', run: 2, by: null },
      { class: 'not_found', state: 'open', run: 3, by: null },
    ]);
  });

  it('ends nothing where the list cannot be proved: an approval is no proof', async () => {
    await holdFifteen(ground);
    ground.catalog.script(() => ({ act: 'change', change: (envelope) => ({ ...envelope, total: 46 }) }));
    const { code, out } = await ground.run(['dead-letters', 'replay', '1'], SMALL);
    expect(out).toMatch(/^acme +3 +inexact /m);
    expect(code).toBe(3);
    expect(await ended(ground)).toEqual([]);
    expect(await letters(ground)).toEqual([{ class: 'suspicious_removal', state: 'open', run: 2, by: null }]);
  });

  it('prints with --json what sync prints, and nothing else', async () => {
    await holdFifteen(ground);
    const replayed = await ground.run(['dead-letters', 'replay', '1', '--json'], SMALL);
    expect(replayed).toMatchObject({ code: 0, err: '' });
    expect(replayed.json()).toMatchObject([
      { runId: '3', organization: 'acme', kind: 'models', state: 'certified', figures: { withdrawn: 15 } },
    ]);
  });

  it('is what show names, with a query for the artifacts, while the letter is open', async () => {
    await holdFifteen(ground);
    const open = await ground.run(['dead-letters', 'show', '1']);
    expect(open.out).toMatch(/^approve +catalog-mirror dead-letters replay 1$/m);
    const query = /^which ones +catalog-mirror psql -c "(.*)"$/m.exec(open.out)?.[1] ?? '';
    const named = await ground.rows<{ name: string }>(query);
    expect(named.map(({ name }) => name).sort()).toEqual(
      from(1, 15)
        .map((n) => `acme/model-${n}`)
        .sort(),
    );

    await ground.run(['dead-letters', 'replay', '1'], SMALL);
    expect((await ground.run(['dead-letters', 'show', '1'])).out).not.toContain('dead-letters replay 1');
  });
});

describe.skipIf(!postgresAvailable)('replaying another letter', () => {
  const ground = useCommands(LISTS);

  it('of an organization mirrors that organization again and resolves the letter where the run is certified', async () => {
    ground.catalog.removeOrganization('globex');
    await ground.run(['sync']);
    expect((await ground.run(['dead-letters', 'replay', '1'])).code).toBe(4);
    ground.catalog.setOrganization('globex', { models: LISTS.globex });
    const { code, out, err } = await ground.run(['dead-letters', 'replay', '1']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^globex +4 +certified +3 /m);
    expect(out).not.toContain('acme');
    expect(await letters(ground)).toEqual([{ class: 'not_found', state: 'resolved', run: 3, by: 4 }]);
  });

  it('of a page approves nothing, though a removal of the same organization is held', async () => {
    await holdFifteen(ground);
    const free = ground.catalog.script(({ query }) =>
      query['page'] === '2' ? { act: 'status', status: 403 } : undefined,
    );
    expect((await ground.run(['sync', 'acme'], SMALL)).code).toBe(3);
    free();
    expect(await letters(ground)).toMatchObject([{ class: 'suspicious_removal' }, { class: 'forbidden', run: 3 }]);
    const { code, out } = await ground.run(['dead-letters', 'replay', '2'], SMALL);
    expect(code).toBe(3);
    expect(out).toMatch(/^acme +4 +held /m);
    expect(await ended(ground)).toEqual([]);
  });
});

describe.skipIf(!postgresAvailable)('dead-letters replay, before it reads anything, exits 2', () => {
  const ground = useCommands(LISTS);
  const fail = async (): Promise<void> => {
    ground.catalog.update('globex', artifactId(2, 'globex'), { download_count: -1 });
    ground.catalog.removeOrganization('acme');
    await ground.run(['sync', 'acme']);
    await ground.run(['sync', 'globex']);
  };

  it.each([
    ['for a letter that there is not', '41', {}, 'There is no letter 41.', 'dead-letters list'],
    ['for what cannot be an id', 'first', {}, '"first" is not the id of a letter.', 'dead-letters list'],
    [
      'for an organization that the settings no longer name',
      '1',
      { CATALOG_ORGANIZATIONS: 'globex' },
      'Letter 1 is about models of acme, which the settings do not name.',
      'CATALOG_ORGANIZATIONS',
    ],
    ['without a catalog', '1', { CATALOG_URL: undefined }, 'No catalog is configured.', 'CATALOG_URL'],
    [
      'for a database that mirrors another catalog',
      '1',
      { CATALOG_URL: 'https://other.example.com' },
      'This database mirrors another catalog',
      'doctor --accept-catalog',
    ],
  ])('%s', async (_, letter, env, says, advises) => {
    await fail();
    const requests = ground.catalog.requests.length;
    const { code, out, err } = await ground.run(['dead-letters', 'replay', letter], env);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${says}`);
    expect(err).toContain(advises);
    expect(err).not.toMatch(STACK);
    expect(ground.catalog.requests).toHaveLength(requests);
    expect(await runs(ground)).toHaveLength(2);
  });

  it('for a letter that a person discarded, as data with --json', async () => {
    await fail();
    await ground.run(['dead-letters', 'discard', '1', '--reason', 'known']);
    const { code, out, err } = await ground.run(['dead-letters', 'replay', '1', '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toMatchObject({
      error: { class: 'usage', detail: 'Letter 1 is discarded and cannot be replayed.' },
    });
  });
});

/** Letters 1 and 2: bad records of globex. Letter 3: nothing could be read of acme. */
async function failInThreeWays(ground: CommandGround): Promise<void> {
  for (const n of [1, 2]) ground.catalog.update('globex', artifactId(n, 'globex'), { version: n });
  await ground.run(['sync', 'globex']);
  ground.catalog.removeOrganization('acme');
  await ground.run(['sync', 'acme']);
}

/** What a version of the program with other rules would find good: the text that is stored is another one. */
async function mendText(ground: CommandGround, letter: number): Promise<void> {
  await ground.rows(
    `UPDATE mirror.dead_letters
     SET payload = (payload::jsonb || jsonb_build_object('version', payload::jsonb ->> 'version'))::text WHERE id = $1`,
    [letter],
  );
}

describe.each(QUEUES)('replaying the letter of a record over $queue', ({ queue, available }) => {
  describe.skipIf(!available)('with a queue of its own', () => {
    const ground = useCommands(LISTS, { queue });

    it('applies what is good now, and says of the rest which field is wrong and why, without a request', async () => {
      await failInThreeWays(ground);
      await mendText(ground, 1);
      const requests = ground.catalog.requests.length;
      const { code, out } = await ground.run(['dead-letters', 'replay', '--level', 'record']);
      expect(code).toBe(3);
      expect(out).toBe(
        'letter 1  resolved: its text is good now, and run 3 applied it\n' +
          'letter 2  stays open: its text is still bad: version is not text\n',
      );
      expect(ground.catalog.requests).toHaveLength(requests);
      const [added, ...others] = await ground.rows<{ name: string; version: string }>(
        'SELECT name, version FROM mirror.artifacts WHERE first_run_id = 3',
      );
      expect(others).toEqual([]);
      // Both are filed together, in no order that a test may count on.
      expect(added?.name).toBe(`globex/model-${added?.version}`);
      expect(await letters(ground)).toMatchObject([
        { state: 'resolved', by: 3 },
        { state: 'open', by: null },
        { state: 'open', by: null },
      ]);
    });

    it('exits 0 where every letter is done with, and prints with --json what became of each', async () => {
      await failInThreeWays(ground);
      await mendText(ground, 2);
      const ran = await ground.run(['dead-letters', 'replay', '2', '--json']);
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.json()).toEqual([
        {
          organization: 'globex',
          kind: 'models',
          status: 'replayed',
          records: [{ letterId: '2', outcome: 'applied', runId: '3', detail: null }],
        },
      ]);
    });

    it('waits for a run of the listing that is under way', async () => {
      await failInThreeWays(ground);
      await mendText(ground, 1);
      let isWaiting = false;
      const free = ground.catalog.script(({ organization }) => {
        if (organization !== 'globex') return undefined;
        isWaiting = true;
        return { act: 'status', status: 429, retryAfter: '1' };
      });
      const sync = ground.start(['sync', 'globex']);
      await expect.poll(() => isWaiting, { timeout: 10_000 }).toBe(true);
      const replay = ground.start(['dead-letters', 'replay', '1', '2']);
      free();
      await sync.ended;
      const { code, out } = await replay.ended;
      // Had it not waited, it would have applied the text that the run replaced when it met the record again.
      expect(out).toMatch(/^letter 1 {2}stays open: its text is still bad: version is not text$/m);
      expect(code).toBe(3);
    });
  });
});

describe.skipIf(!postgresAvailable)('replaying several letters', () => {
  const ground = useCommands(LISTS);

  it('mirrors each listing once, and leaves alone what the options do not fit', async () => {
    await failInThreeWays(ground);
    ground.catalog.removeOrganization('globex');
    await ground.run(['sync', 'globex']);
    ground.catalog.setOrganization('acme', { models: LISTS.acme });
    ground.catalog.setOrganization('globex', { models: LISTS.globex });
    const before = await runs(ground);
    const { code, out } = await ground.run(['dead-letters', 'replay', '--class', 'not_found']);
    expect(code).toBe(0);
    expect(out).toMatch(/^acme +\d+ +certified +60 /m);
    expect(out).toMatch(/^globex +\d+ +certified +3 /m);
    expect((await runs(ground)).slice(before.length)).toMatchObject([{ trigger: 'replay' }, { trigger: 'replay' }]);
    // The records of globex were read anew with its listing.
    expect(await letters(ground)).toEqual((await letters(ground)).map((letter) => ({ ...letter, state: 'resolved' })));
  });

  it('of an organization approves no removal, and says how that is done', async () => {
    await holdFifteen(ground);
    const all = await ground.run(['dead-letters', 'replay', '--organization', 'acme'], SMALL);
    expect(all.err).toContain('Letter 1, a removal of acme that was held, is not approved by this');
    expect(all.code).toBe(3);
    expect(await ended(ground)).toEqual([]);

    const named = await ground.run(['dead-letters', 'replay', '--class', 'suspicious_removal'], SMALL);
    expect(named.err).toContain('Approving what run 3 proved absent in models of acme: 15 artifacts');
    expect(named.code).toBe(0);
    expect(await ended(ground)).toEqual(from(1, 15));
  });

  it('passes over listings that the settings no longer name, and says so', async () => {
    await failInThreeWays(ground);
    const env = { CATALOG_ORGANIZATIONS: 'acme' };
    const { code, err } = await ground.run(['dead-letters', 'replay', '--class', 'invalid_record'], env);
    expect(code).toBe(0);
    expect(err).toContain('the settings do not name their listings: letters 1 and 2.');
    expect(err).toContain('No such letters are open that could be replayed.');
    expect((await ground.run(['dead-letters', 'replay', '--class', 'invalid_record', '--json'], env)).json()).toEqual(
      [],
    );
  });

  it('replays none of them where one of the ids cannot be replayed', async () => {
    await failInThreeWays(ground);
    await ground.run(['dead-letters', 'discard', '3', '--reason', 'known']);
    const before = await runs(ground);
    const { code, err } = await ground.run(['dead-letters', 'replay', '1', '3']);
    expect(code).toBe(2);
    expect(err).toContain('Letter 3 is discarded and cannot be replayed.');
    expect(await runs(ground)).toEqual(before);
  });

  it.each([
    [[], 'Which letters to replay is not said.'],
    [['1', '--class', 'timeout'], 'Ids and filters are given'],
    [['--class', 'http_404'], 'There is no class "http_404".'],
  ])('with %j exits 2 and says how to choose', async (args, says) => {
    const { code, err } = await ground.run(['dead-letters', 'replay', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
