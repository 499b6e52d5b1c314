import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/package-root.ts';
import { SETTING_NAMES } from '../../src/settings/table.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { runCommand } from './terminal.ts';

const nowhere = { env: {}, cwd: '/' };
const COMMANDS = [
  ['demo'],
  ['start'],
  ['sync'],
  ['worker'],
  ['schedule'],
  ['schedule', 'list'],
  ['schedule', 'run'],
  ['status'],
  ['runs'],
  ['runs', 'list'],
  ['runs', 'show'],
  ['dead-letters'],
  ['dead-letters', 'list'],
  ['dead-letters', 'show'],
  ['dead-letters', 'replay'],
  ['dead-letters', 'discard'],
  ['organizations'],
  ['organizations', 'list'],
  ['organizations', 'retire'],
  ['list'],
  ['report'],
  ['export'],
  ['psql'],
  ['migrate'],
  ['doctor'],
  ['fake-catalog'],
];

/** The commands that a help text lists. */
function listed(help: string): string[] {
  const section = /\nCommands:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? '';
  return [...section.matchAll(/^ {2}([a-z-]+)/gm)].map((match) => match[1] ?? '').filter((name) => name !== 'help');
}

describe('--help', () => {
  it('shows what the program is for, examples, and every setting with its default', async () => {
    const { code, out, err } = await runCommand(['--help'], nowhere);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Examples:\n');
    for (const name of SETTING_NAMES) expect(out).toMatch(new RegExp(`^  ${name}$`, 'm'));
    expect(out).toContain('Default: 0 3 * * *.');
    expect(out).toContain('CATALOG_TOKEN_FILE');
  });

  it('knows every command that these tests know, and no other', async () => {
    const top = listed((await runCommand(['--help'], nowhere)).out);
    const found = await Promise.all(
      top.map(async (name) => [
        [name],
        ...listed((await runCommand([name, '--help'], nowhere)).out).map((sub) => [name, sub]),
      ]),
    );
    expect(found.flat().sort()).toEqual([...COMMANDS].sort());
  });

  it.each(COMMANDS.map((command) => [command.join(' '), command] as const))(
    'of %s exits 0, says what it does, shows an example that names it, and fits 80 columns',
    async (name, command) => {
      const { code, out, err } = await runCommand([...command, '--help'], { ...nowhere, columns: 80 });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^Usage: catalog-mirror ${name} `));
      expect(out).toMatch(new RegExp(`^Examples?:\\n(  .*\\n)*  (\\S+='[^']*' )?catalog-mirror ${name}`, 'm'));
      const wide = out.split('\n').filter((line) => displayWidth(line) > 80 && !line.startsWith('  catalog-mirror '));
      expect(wide).toEqual([]);
    },
  );
});

describe('the command line', () => {
  it('says its version', async () => {
    expect(await runCommand(['--version'], nowhere)).toMatchObject({ code: 0, out: `${packageVersion()}\n`, err: '' });
  });

  it.each([
    [['snyc'], "unknown command 'snyc'", 'Did you mean sync?'],
    [['runs', 'lits'], "unknown command 'lits'", 'Did you mean list?'],
    [['dead-letter', 'list'], "unknown command 'dead-letter'", 'Did you mean dead-letters?'],
    [['sync', '--jsn'], "unknown option '--jsn'", 'Did you mean --json?'],
    [['runs', 'list', '--orgnization', 'acme'], "unknown option '--orgnization'", 'Did you mean --organization?'],
  ])('%j exits 2 and suggests what may have been meant', async (args, problem, suggestion) => {
    const { code, out, err } = await runCommand(args, nowhere);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
    expect(err).toContain(suggestion);
  });

  it.each([
    [['list'], "missing required argument 'organization'"],
    [['runs', 'show'], "missing required argument 'id'"],
    [['list', 'acme', '--page', '0'], 'Write a whole number from 1.'],
    [['list', 'acme', '--limit', '201'], 'Write a whole number from 1 to 200.'],
    [['list', 'acme', '--sort-by', 'size'], 'Allowed choices are name, created_at, updated_at, file_size_bytes.'],
    [['list', 'acme', '--sort-dir', 'up'], 'Allowed choices are asc, desc.'],
    [['runs', 'list', '--limit', '-1'], 'Write a whole number from 1.'],
    [['runs', 'list', '--limit', '1e3'], 'Write a whole number from 1.'],
    [['worker', 'now'], 'too many arguments'],
  ])('%j exits 2 and says how to write it', async (args, problem) => {
    const { code, out, err } = await runCommand(args, nowhere);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
  });

  it.each([[[]], [['runs']], [['schedule']], [['dead-letters']], [['organizations']]])(
    '%j alone shows the help and exits 2',
    async (args) => {
      const { code, out, err } = await runCommand(args, nowhere);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^Usage: catalog-mirror /);
    },
  );
});
