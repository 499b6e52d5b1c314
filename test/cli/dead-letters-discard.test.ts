import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { artifactId, artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { type CommandGround, useCommands } from './ground.ts';
import { STACK } from './terminal.ts';

const LISTS = { acme: artifacts(1, 5), globex: artifacts(1, 3, 'globex') };
const REASON = ['--reason', 'known, and harmless'];

/** Letter 1: nothing could be read of acme. Letters 2 and 3: bad records of globex. */
async function fail(ground: CommandGround): Promise<void> {
  ground.catalog.removeOrganization('acme');
  await ground.run(['sync', 'acme']);
  for (const n of [1, 2]) ground.catalog.update('globex', artifactId(n, 'globex'), { download_count: -1 });
  await ground.run(['sync', 'globex']);
}

const letters = (ground: CommandGround) =>
  ground.rows(
    'SELECT id::integer AS letter, state, discard_reason AS because FROM mirror.dead_letters ORDER BY dead_letters.id',
  );
const open = async (ground: CommandGround) =>
  (await letters(ground)).filter(({ state }) => state === 'open').map(({ letter }) => letter);

describe.skipIf(!postgresAvailable)('dead-letters discard', () => {
  const ground = useCommands(LISTS);

  it('discards the letters of the ids, keeps the reason, and shows it', async () => {
    await fail(ground);
    const { code, out } = await ground.run(['dead-letters', 'discard', '3', '1', '3', ...REASON]);
    expect({ code, out }).toEqual({ code: 0, out: '2 letters discarded: 1 and 3.\n' });
    expect(await letters(ground)).toEqual([
      { letter: 1, state: 'discarded', because: 'known, and harmless' },
      { letter: 2, state: 'open', because: null },
      { letter: 3, state: 'discarded', because: 'known, and harmless' },
    ]);
    const shown = await ground.run(['dead-letters', 'show', '1']);
    expect(shown.out).toMatch(/^letter +1, discarded$/m);
    expect(shown.out).toMatch(/^discarded because +known, and harmless$/m);
    expect(shown.out).toMatch(/^closed +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m);
  });

  it('lets the same failure be a new letter in the next night', async () => {
    await fail(ground);
    await ground.run(['dead-letters', 'discard', '1', ...REASON]);
    await ground.run(['sync', 'acme']);
    expect(await letters(ground)).toMatchObject([
      { letter: 1, state: 'discarded' },
      { letter: 2 },
      { letter: 3 },
      { letter: 4, state: 'open', because: null },
    ]);
  });

  it.each([
    [['--class', 'invalid_record'], [1]],
    [
      ['--organization', 'acme'],
      [2, 3],
    ],
    [
      ['--level', 'record', '--organization', 'acme'],
      [1, 2, 3],
    ],
    [['--since', '1h'], []],
  ])('with %j and --yes discards all open ones that fit', async (options, left) => {
    await fail(ground);
    const { code } = await ground.run(['dead-letters', 'discard', ...options, '--yes', ...REASON]);
    expect(code).toBe(0);
    expect(await open(ground)).toEqual(left);
  });

  it('asks at a terminal where options choose the letters, and takes no for an answer', async () => {
    await fail(ground);
    const args = ['dead-letters', 'discard', '--class', 'invalid_record', ...REASON];
    const no = await ground.run(args, {}, { columns: 80, typed: Readable.from(['n\n']) });
    expect(no.code).toBe(2);
    expect(no.err).toMatch(/2 open letters: 2 and 3\..*\nDiscard them\? \[y\/N\] Nothing was changed\./s);
    expect(await open(ground)).toEqual([1, 2, 3]);
    const yes = await ground.run(args, {}, { columns: 80, typed: Readable.from(['y\n']) });
    expect(yes).toMatchObject({ code: 0, out: '2 letters discarded: 2 and 3.\n' });
    expect(await open(ground)).toEqual([1]);
  });

  it('prints with --json which ones', async () => {
    await fail(ground);
    const ran = await ground.run([
      'dead-letters',
      'discard',
      '--class',
      'invalid_record',
      '--yes',
      '--json',
      ...REASON,
    ]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.json()).toEqual({ discarded: ['2', '3'], reason: 'known, and harmless' });
    const none = await ground.run(['dead-letters', 'discard', '--class', 'timeout', '--yes', '--json', ...REASON]);
    expect(none.json()).toEqual({ discarded: [], reason: 'known, and harmless' });
  });

  it.each([
    ['of one that is closed', ['1', '2'], REASON, 'Letter 1 is discarded already.', 'dead-letters list'],
    ['of one that there is not', ['2', '41'], REASON, 'There is no letter 41.', 'dead-letters list'],
    ['of what cannot be an id', ['2', 'first'], REASON, '"first" is not the id of a letter.', 'dead-letters list'],
    ['of none', [], REASON, 'Which letters to discard is not said.', '--class'],
    ['by ids and by options', ['2', '--class', 'timeout'], REASON, 'Ids and filters are given', '--class'],
    ['without a word', ['2'], ['--reason', '  '], 'A letter is not discarded without a reason.', '--reason'],
    ['with a speech', ['2'], ['--reason', 'x'.repeat(1001)], 'The reason is too long.', '1000 characters'],
    ['with nobody to ask', ['--level', 'record'], REASON, 'This would discard 2 open letters.', '--yes'],
  ])('refuses a discard %s with exit code 2, and discards none', async (_, which, reason, says, advises) => {
    await fail(ground);
    await ground.run(['dead-letters', 'discard', '1', ...REASON]);
    const { code, out, err } = await ground.run(['dead-letters', 'discard', ...which, ...reason]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${says}`);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(advises);
    expect(err).not.toMatch(STACK);
    expect(await open(ground)).toEqual([2, 3]);
  });

  it('wants a reason', async () => {
    const { code, err } = await ground.run(['dead-letters', 'discard', '1']);
    expect(code).toBe(2);
    expect(err).toContain("required option '--reason <text>' not specified");
  });
});
