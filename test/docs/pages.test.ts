import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { createSystemClock } from '../../src/clock.ts';
import { packageRoot } from '../../src/package-root.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { commandsOf, fencedBlocks, readPage } from './markdown.ts';

const docs = (await readdir(join(packageRoot(), 'docs'))).filter((name) => name.endsWith('.md'));
const paths = ['README.md', 'CHANGELOG.md', 'data/README.md', ...docs.map((name) => `docs/${name}`)];
const pages = new Map(await Promise.all(paths.map(async (path) => [path, await readPage(path)] as const)));
const queries = docs.flatMap((name) =>
  fencedBlocks(pages.get(`docs/${name}`) ?? '')
    .filter(({ language }) => language === 'sql')
    .map(({ text }) => [`docs/${name}`, text.replaceAll(/\s+/g, ' ').trim()] as const),
);

/** What a heading is called in a link to it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

describe('links', () => {
  test.each(paths)('in %s lead somewhere', (path) => {
    const links = [...(pages.get(path) ?? '').matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !target.startsWith('https://'))) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      expect(existsSync(join(packageRoot(), target)), `${link} in ${path}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(pages.get(target) ?? ''), `${link} in ${path}`).toContain(anchor);
    }
  });
});

describe.skipIf(!postgresAvailable)('queries', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test.each(queries)('in %s are understood: %s', async (_, sql) => {
    await database.pool.query(`SET search_path = report, mirror, public; ${sql}`);
  });
});

describe('commands', () => {
  const help = new Map<string, string>();
  async function helpOf(...verbs: readonly string[]): Promise<string> {
    const name = verbs.join(' ');
    const known = help.get(name);
    if (known !== undefined) return known;
    let said = '';
    const stream = {
      on: () => undefined,
      write: (text: string) => {
        said += text;
        return true;
      },
    };
    const quiet = {
      env: {},
      stdout: stream,
      stderr: stream,
      cwd: () => '',
      on: () => {},
      off: () => {},
      exit: () => {},
    };
    expect(await runProgram([...verbs, '--help'], { process: quiet, clock: createSystemClock() }), said).toBe(0);
    help.set(name, said);
    return said;
  }

  const written = [...pages].flatMap(([path, page]) => [
    ...fencedBlocks(page)
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf)
      .map((command) => [path, command] as const),
    ...[...page.matchAll(/`((?:npx )?catalog-mirror [^`]+)`/g)].map(([, command = '']) => [path, command] as const),
  ]);
  const ours = written.flatMap(([path, command]) => {
    const [, args] = /\bcatalog-mirror ([a-z-].*)$/.exec(command) ?? [];
    return args === undefined ? [] : [[path, args] as const];
  });

  test('in every page are verbs with options that exist', async () => {
    expect(ours.length).toBeGreaterThan(10);
    for (const [path, args] of ours) {
      const verb = /^([a-z-]+)/.exec(args)?.[1] ?? '';
      const where = `catalog-mirror ${args} in ${path}`;
      if (!verb.startsWith('-')) expect(await helpOf(), where).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'));
      const second = /^(?:schedule|runs|dead-letters|organizations) ([a-z]+)/.exec(args)?.[1];
      if (second !== undefined) expect(await helpOf(verb), where).toMatch(new RegExp(`^ {2}${second}\\b`, 'm'));
      if (verb === 'psql') continue;
      for (const [option] of args.matchAll(/--[a-z-]+/g)) {
        expect(await helpOf(...(second === undefined ? [verb] : [verb, second])), where).toContain(option);
      }
    }
  });
});
