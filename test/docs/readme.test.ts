import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSystemClock } from '../../src/clock.ts';
import { joinEmbeddedServer } from '../../src/embedded/server.ts';
import type { EmbeddedServer } from '../../src/embedded/types.ts';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import { packageRoot } from '../../src/package-root.ts';
import { artifacts } from '../mirror/harness.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { postmasterPid } from '../support/embedded.ts';
import { redisAvailable, redisForTest } from '../support/redis.ts';
import { commandsOf, fencedBlocks, readPage } from './markdown.ts';
import { type CommandResult, openTerminalSession, type TerminalSession } from './terminal-session.ts';

/**
 * Every command and every query of README.md, run from top to bottom in one session, as a reader would. Where it names a
 * host that does not exist, a catalog, a PostgreSQL or a Redis of the test stands in.
 */
const README = await readPage('README.md');
const blocks = fencedBlocks(README);
const steps = blocks.flatMap((block) => {
  if (block.language === 'sh') return commandsOf(block).map((text) => ({ language: 'sh', text }));
  return block.language === 'sql' ? [block] : [];
});

let session: TerminalSession;
let catalog: FakeCatalog;
let database: TestDatabase | null = null;
const redisUrl = redisAvailable ? `${redisForTest().url}/9` : null;
/** What the demo printed when it was run here. */
let demoScreen = '';
/** Joined after the demo, so that the commands after it find the server running. */
let server: EmbeddedServer | null = null;
/** Why the commands from here on cannot be run, where this run has no PostgreSQL or no Redis. */
let missing: string | null = null;

beforeAll(async () => {
  session = await openTerminalSession();
  catalog = await startFakeCatalog({
    organizations: { acme: { models: artifacts(1, 12) }, umbrella: { models: artifacts(1, 3, 'umbrella') } },
    token: 'your-token',
  });
  if (postgresAvailable) database = await createTestDatabase({ empty: true });
});

afterAll(async () => {
  await server?.leave();
  await session.close();
  await catalog.close();
  await database?.drop();
  if (redisUrl !== null) await forgetQueue(redisUrl);
});

interface Rule {
  readonly command: RegExp;
  /** Resolves to why the command was not run; null where it was. */
  check(line: string): Promise<string | null>;
}

/** A command that ends by itself, and well. */
function runs(command: RegExp, check: (result: CommandResult) => void): Rule {
  return {
    command,
    async check(line) {
      if (missing !== null) return missing;
      const result = await session.run(line);
      expect(result.exitCode, result.stderr).toBe(0);
      check(result);
      return null;
    },
  };
}

/** `export NAME=…`, with what stands in for a host that does not exist. */
function exports(name: string, standIn: (written: string) => string | null = (written) => written): Rule {
  return {
    command: new RegExp(`^export ${name}=\\S+$`),
    async check(line) {
      const value = standIn(line.slice(line.indexOf('=') + 1));
      if (value === null) missing = `nothing stands in for ${name}`;
      else session.export(name, value);
      return null;
    },
  };
}

const listingsCertified = (count: number) => (result: CommandResult) => {
  expect(result.stdout.match(/\bcertified\b/g)).toHaveLength(count);
};

/** One rule for each command: the first that fits. A command without one fails. */
const RULES: readonly Rule[] = [
  {
    // `npm ci` is how this checkout came to be able to run tests; .ci/run begins with it, and runs both to the letter.
    command: /^npm ci && npm start$/,
    async check() {
      expect(await readPage('.ci/run')).toMatch(/\bnpm start$/m);
      expect(await scripts()).toMatchObject({ prepare: 'npm run build', start: 'node dist/src/cli/main.js start' });
      const result = await session.run('npx catalog-mirror start');
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stdout).toContain('140 certified');
      demoScreen = result.stdout;
      expect(await postmasterPid(session.home), 'a server that still runs').toBeNull();
      for (const command of nextSteps(demoScreen)) {
        const answer = await session.run(command);
        expect(answer.exitCode, answer.stderr).toBe(0);
        expect(answer.stdout, command).toContain('black-forest-labs/flux-1.1-pro');
      }
      return null;
    },
  },
  {
    command: /^npm ci && npm test$/,
    async check() {
      expect(await scripts()).toMatchObject({
        test: 'vitest run --mode quick',
        'test:slow': 'vitest run --mode slow',
      });
      expect(await readPage('.ci/run')).toMatch(/^npm ci && npm test\b.*^npm run test:slow\b/ms);
      return null;
    },
  },
  {
    command: /^npx catalog-mirror psql -c /,
    async check(line) {
      const hasPsql = spawnSync('psql', ['--version']).error === undefined;
      const result = await session.run(line, hasPsql ? {} : { stopAt: /press Ctrl-C/ });
      if (hasPsql) expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stdout).toMatch(hasPsql ? /2025-01-14.*\n\(5 rows\)/s : /^postgres(ql)?:\/\//);
      return null;
    },
  },
  runs(/^npx catalog-mirror report models --limit 10$/, (result) => {
    expect(result.stdout.match(/^.*lucataco +black-forest-labs/gm)?.length).toBeGreaterThan(0);
    expect(result.stdout.trimEnd().split('\n')).toHaveLength(12);
  }),
  {
    command: /^npx catalog-mirror export daily-downloads --since 2025-01-08 --output daily\.parquet$/,
    async check(line) {
      const file = join(packageRoot(), 'daily.parquet');
      try {
        const result = await session.run(line);
        expect(result.exitCode, result.stderr).toBe(0);
        expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1');
      } finally {
        await rm(file, { force: true });
      }
      return null;
    },
  },
  runs(/^npx catalog-mirror status$/, (result) => {
    expect(result.stdout).toMatch(/^.*fofr .*certified/m);
  }),
  runs(/^npx catalog-mirror runs list --organization fofr$/, (result) => {
    expect(result.stdout.match(/^.* fofr .* certified .*$/gm)).toHaveLength(20);
  }),
  runs(/^npx catalog-mirror runs list$/, listingsCertified(2)),
  runs(/^npx catalog-mirror dead-letters list$/, (result) => {
    expect(result.stderr).toContain('No such letters.');
  }),
  exports('CATALOG_URL', () => catalog.url),
  exports('CATALOG_TOKEN'),
  exports('CATALOG_ORGANIZATIONS'),
  runs(/^npx catalog-mirror list acme --limit 10$/, (result) => {
    expect(result.stdout.match(/^acme\/model-/gm)).toHaveLength(10);
    expect(result.stdout).toContain('page 1 of 2');
  }),
  runs(/^npx catalog-mirror sync$/, listingsCertified(2)),
  {
    command: /^MIRROR_CRON='0 3 \* \* \*' MIRROR_TIMEZONE=Europe\/Berlin npx catalog-mirror worker$/,
    async check(line) {
      const result = await session.run(line, { stopAt: /worker ready.*schedules:/s });
      expect(result.exitCode, result.stderr).toBe(0);
      expect(result.stderr).toMatch(/worker ready on postgres: 2 listings of acme and umbrella/);
      expect(result.stderr).toMatch(/schedules: 2 added.* stopped$/ms);
      return null;
    },
  },
  runs(/^npx catalog-mirror schedule list$/, (result) => {
    expect(result.stdout.match(/^(acme|umbrella) .* 0 3 \* \* \* .*Europe\/Berlin/gm)).toHaveLength(2);
  }),
  runs(/^npx catalog-mirror schedule run acme$/, (result) => {
    expect(result.stdout).toContain('1 job queued for acme');
  }),
  exports('DATABASE_URL', () => database?.connectionString ?? null),
  exports('REDIS_URL', () => redisUrl),
  runs(/^npx catalog-mirror migrate$/, (result) => {
    expect(result.stdout).toMatch(/^\d+ migrations applied: 0000_tables/);
  }),
  runs(/^npx catalog-mirror doctor$/, (result) => {
    expect(result.stdout).toContain('answers on redis');
    expect(result.stdout).toMatch(/models of umbrella +ok +3 items/);
  }),
  exports('POSTGRES_PASSWORD'),
  {
    // Starting the containers builds an image, which takes minutes: what is checked is that the file wants nothing else.
    command: /^docker compose up --build --detach --wait$/,
    async check() {
      const wanted = [...(await readPage('docker-compose.yml')).matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
      expect(wanted.length).toBeGreaterThan(0);
      for (const name of wanted) expect(README).toMatch(new RegExp(`^export ${name}=`, 'm'));
      const composing = ['docker compose', 'docker-compose'].find(
        (command) => spawnSync('bash', ['-c', `${command} version`]).status === 0,
      );
      if (composing === undefined) return 'no Docker Compose on this machine';
      const result = await session.run(`${composing} config --quiet`);
      expect(result.exitCode, result.stderr).toBe(0);
      return null;
    },
  },
  {
    command: /^docker compose logs worker$/,
    async check() {
      expect(await readPage('docker-compose.yml')).toMatch(/^ {2}worker:$/m);
      return null;
    },
  },
];

const titled = steps.map((step) => [step.text.replaceAll(/\s+/g, ' ').trim(), step] as const);

describe('README.md', () => {
  test.for(titled)('runs, as written: %s', { timeout: 150_000 }, async ([, { language, text }], { skip }) => {
    if (language === 'sql') {
      expect(await answerOf(text), 'rows').toBeGreaterThan(0);
      return;
    }
    const rule = RULES.find(({ command }) => command.test(text));
    if (rule === undefined) throw new Error(`no rule of this test runs ${text}`);
    const reason = await rule.check(text);
    if (reason !== null) skip(reason);
  });

  // The screen in the README is 80 columns wide, that of a pipe as wide as it likes: the words are the same.
  test('shows the screen that the demo ends with, but for how long it took', () => {
    const screen = blocks.find(({ language }) => language === 'text')?.text ?? '';
    expect(demoScreen).toContain('A recorded month');
    expect(wordsOf(screen)).toEqual(wordsOf(demoScreen));
  });

  test('lists under "does not do yet" no command that exists', async () => {
    const section = /^## What it does not do yet$(.*?)^## /ms.exec(README)?.[1] ?? '';
    const { stdout } = await session.run('npx catalog-mirror --help');
    const exists = (verb: string): boolean => new RegExp(`^ {2}${verb}\\b`, 'm').test(stdout);
    const named = ['report', 'export', 'serve', 'status', 'organizations'].filter((verb) =>
      section.includes(`\`${verb}\``),
    );
    expect(named).not.toEqual([]);
    expect(named.filter(exists)).toEqual([]);
    expect(exists('sync')).toBe(true);
  });
});

async function scripts(): Promise<unknown> {
  return JSON.parse(await readPage('package.json')).scripts;
}

/** How many rows a query gives on what the demo mirrored. */
async function answerOf(sql: string): Promise<number> {
  server ??= await joinEmbeddedServer({ home: session.home, clock: createSystemClock(), log: () => {} });
  const client = new pg.Client({ connectionString: server.connectionString('catalog_mirror_demo') });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** The commands that the demo's screen names and that end by themselves, without the file that one writes. */
function nextSteps(screen: string): readonly string[] {
  const commands = [...screen.matchAll(/^ {2}(npx catalog-mirror (?:report|export) \S+)/gm)].map(
    ([, command]) => command,
  );
  expect(commands).toHaveLength(2);
  return commands.filter((command) => command !== undefined);
}

/** The words of a screen in any order, without the rules of its tables and the seconds that it took. */
function wordsOf(text: string): readonly string[] {
  return text
    .replace(/mirrored\s+in\s+(?:\d+ min(?: \d+ s)?|[\d.]+ s)/, 'mirrored in')
    .split(/\s+/)
    .filter((word) => !/^─*$/.test(word))
    .sort();
}

/** The queue of the commands has a fixed prefix: it is taken away from a database of Redis that no other test uses. */
async function forgetQueue(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('catalog-mirror:*');
    if (keys.length > 0) await redis.del(keys);
  } finally {
    redis.disconnect();
  }
}
