import { expect } from 'vitest';
import { commandsOf, fencedBlocks, readPage } from '../docs/markdown.ts';
import { docker, type Printed } from '../support/docker.ts';
import type { Stack } from './stack.ts';

/** A command of a page that runs Docker Compose. */
export interface PageCommand {
  /** What stands after `docker compose`, without the files: those are the stack's. */
  readonly args: readonly string[];
  /** Whether it did what the page says of it. */
  check(stack: Stack, printed: Printed): Promise<void>;
}

const workersAre = (count: number) => async (stack: Stack) => {
  await stack.untilHealthy('worker');
  expect(await stack.containers('worker')).toHaveLength(count);
};

/** The names of what is left of a stack. */
async function leftOf({ project }: Stack, what: 'container' | 'network' | 'volume'): Promise<readonly string[]> {
  const label = `label=com.docker.compose.project=${project}`;
  const all = what === 'container' ? ['--all'] : [];
  const names = await docker(what, 'ls', ...all, '--quiet', '--filter', label);
  return names.split('\n').filter((name) => name !== '');
}

/** One rule for each command: the first that fits. */
const RULES: readonly (Pick<PageCommand, 'check'> & { readonly command: RegExp })[] = [
  { command: /^up --build --detach --wait$/, check: workersAre(1) },
  { command: /^up --detach --scale worker=3$/, check: workersAre(3) },
  { command: /^up --detach --scale worker=1$/, check: workersAre(1) },
  {
    command: /^logs worker$/,
    check: async (_, { stdout }) => {
      expect(stdout).toMatch(/worker ready on redis: 2 listings of acme and globex/);
    },
  },
  {
    command: /^exec worker catalog-mirror runs list$/,
    check: async (_, { stdout }) => {
      expect(stdout).toMatch(/acme .* certified/);
    },
  },
  {
    command: /^exec postgres psql -U catalog_mirror -c select \* from report\.coverage$/,
    check: async (_, { stdout }) => {
      expect(stdout).toMatch(/models +\| acme +\| \d{4}-\d\d-\d\d \| t /);
    },
  },
  {
    command: /^stop$/,
    check: async (stack) => {
      const workers = await stack.containers('worker');
      expect(workers.map(({ State }) => [State.Status, State.ExitCode])).toEqual([['exited', 0]]);
      const { stdout } = await stack.compose(['logs', 'worker']);
      expect(stdout.trimEnd()).toMatch(/Z stopped$/);
    },
  },
  {
    command: /^down$/,
    check: async (stack) => {
      expect(await leftOf(stack, 'container')).toEqual([]);
      expect(await leftOf(stack, 'network')).toEqual([]);
      expect(await leftOf(stack, 'volume')).toHaveLength(2);
    },
  },
  {
    command: /^down --volumes$/,
    check: async (stack) => {
      expect(await leftOf(stack, 'volume')).toEqual([]);
    },
  },
];

/**
 * Every `docker compose …` of README.md and docs/production.md, in their order.
 *
 * @throws where no rule says what one of them has to do
 */
export async function pageCommands(): Promise<readonly PageCommand[]> {
  const commands: PageCommand[] = [];
  for (const path of ['README.md', 'docs/production.md']) {
    const lines = fencedBlocks(await readPage(path))
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf);
    for (const line of lines) {
      if (!line.startsWith('docker compose ')) continue;
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
      const args = words.slice(2).filter((word, index, all) => word !== '-f' && all[index - 1] !== '-f');
      const rule = RULES.find(({ command }) => command.test(args.join(' ')));
      if (rule === undefined) throw new Error(`no rule of this test runs ${line} of ${path}`);
      commands.push({ args, check: rule.check });
    }
  }
  return commands;
}
