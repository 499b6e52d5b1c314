import { SCENARIOS, type Scenario, scenarioByName } from '../../fake/adversary/scenarios.ts';
import { type Adversary, startAdversary } from '../../fake/adversary/start-adversary.ts';
import { countOf, formatCount } from '../../terminal/format.ts';
import { wrapToWidth } from '../../terminal/width.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

export interface FakeCatalogChoice {
  readonly scenario?: string;
  readonly seed: number;
  readonly organization: string;
  /** Models in the beginning. */
  readonly size: number;
  /** 0 for a free one. */
  readonly port: number;
  /** Only list the scenarios. */
  readonly list: boolean;
}

/** `fake-catalog`: serves a list that moves while it is read, until it is told to stop. */
export async function fakeCatalog(context: Context, choice: FakeCatalogChoice): Promise<ExitCode> {
  if (choice.list) {
    listScenarios(context);
    return EXIT.ok;
  }
  const scenario = chosenScenario(choice.scenario);
  const adversary = await start(scenario, choice);
  try {
    announce(context, adversary, scenario, choice);
    await stopped(context.signal);
    context.say(`stopped after ${countOf(adversary.list.reads, 'read')}`);
    return EXIT.ok;
  } finally {
    await adversary.close();
  }
}

function chosenScenario(name: string | undefined): Scenario {
  const scenario = name === undefined ? undefined : scenarioByName(name);
  if (scenario !== undefined) return scenario;
  const known = SCENARIOS.map((one) => one.name).join(', ');
  throw new UsageError(
    name === undefined ? 'fake-catalog needs a --scenario.' : `There is no scenario "${name}".`,
    `The scenarios are: ${known}. \`catalog-mirror fake-catalog --list\` says what each does.`,
  );
}

async function start(scenario: Scenario, { seed, organization, size, port }: FakeCatalogChoice): Promise<Adversary> {
  try {
    return await startAdversary({ scenario, seed, organization, size, port });
  } catch (error) {
    if (error instanceof RangeError || !(error instanceof Error && 'code' in error)) throw error;
    throw new UsageError(
      `The fake catalog cannot listen on port ${port} of 127.0.0.1: ${error.message}.`,
      'Choose another --port, or leave it out for a free one.',
    );
  }
}

function listScenarios({ output, print, printJson }: Context): void {
  if (output.json) {
    printJson(SCENARIOS.map(({ name, sentence, provable }) => ({ name, sentence, provable })));
    return;
  }
  const indent = Math.max(...SCENARIOS.map(({ name }) => name.length)) + 2;
  const width = Math.max(20, Math.min(output.stdout.columns, 100) - indent);
  for (const { name, sentence } of SCENARIOS) {
    const [first = '', ...more] = wrapToWidth(sentence, width);
    print(`${name.padEnd(indent)}${first}\n${more.map((line) => `${' '.repeat(indent)}${line}\n`).join('')}`);
  }
}

function announce(
  { output, print, say }: Context,
  { url }: Adversary,
  { name, sentence }: Scenario,
  { seed, organization, size }: FakeCatalogChoice,
): void {
  if (output.json) {
    print(`${JSON.stringify({ url, scenario: name, seed, organization })}\n`);
    return;
  }
  print(`${url}\n`);
  const lines = [
    `${formatCount(size)} models of ${organization}, scenario ${name}, seed ${seed}. ${sentence}`,
    '',
    'Point a mirror at it, with a database of its own:',
    `  export CATALOG_URL=${url} CATALOG_ORGANIZATIONS=${organization} CATALOG_MIRROR_HOME=.catalog-mirror-fake`,
    '  npx catalog-mirror sync',
    'The truth, and a list that stands still or moves again:',
    `  curl ${url}/adversary`,
    `  curl -X POST ${url}/adversary/rest`,
    `  curl -X POST ${url}/adversary/move`,
    'Ctrl-C stops it.',
  ];
  for (const line of lines) say(line);
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
