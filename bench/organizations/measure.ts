import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../src/clock.ts';
import { packageRoot } from '../../src/package-root.ts';
import { countOf } from '../../src/terminal/format.ts';
import { type BuiltProgram, buildProgram } from '../../test/support/built-program.ts';
import { type Child, startChild } from '../parts/child.ts';
import { brokenDemands } from './checks.ts';
import { type Fire, measureFire } from './fire.ts';
import { askedPages, measureLimit } from './limit.ts';
import { organizationNames } from './lists.ts';
import type { Servers } from './servers.ts';

export const QUEUES = ['postgres', 'redis'] as const;
export type Queue = (typeof QUEUES)[number];

export interface Plan {
  readonly organizations: number;
  /** Artifacts of each. */
  readonly artifacts: number;
  readonly workers: readonly number[];
  readonly queues: readonly Queue[];
  /** From the start of the workers to the fire, in milliseconds. */
  readonly leadMs: number;
  /** From the fire to the end of the last run, at most, in milliseconds. */
  readonly withinMs: number;
  /** The most memory of one worker, in MB. */
  readonly rssMb: number;
}

/** One cell: a queue and a number of workers. */
export interface Cell extends Fire {
  readonly queue: Queue;
  readonly workers: number;
  readonly organizationsPerSecond: number;
  readonly requestsPerSecond: number;
  /** What as many processes reach that read the same pages and keep nothing. */
  readonly limitRequestsPerSecond: number;
  readonly limitOrganizationsPerSecond: number;
  /** What was not kept, a sentence each. */
  readonly broken: readonly string[];
}

const PROGRAM = join(packageRoot(), 'src', 'cli', 'main.ts');
const CATALOG = fileURLToPath(new URL('./catalog-process.ts', import.meta.url));
const CATALOG_READY_MS = 60_000;

/**
 * Measures every cell of the plan, one after the other.
 *
 * @param options.onCell called with all cells so far whenever there is one more
 */
export async function measureAll(
  plan: Plan,
  servers: Servers,
  {
    clock,
    say,
    onCell,
  }: {
    readonly clock: Clock;
    readonly say: (line: string) => void;
    readonly onCell: (cells: readonly Cell[]) => Promise<void>;
  },
): Promise<readonly Cell[]> {
  const program = await buildProgram(PROGRAM);
  try {
    const cells: Cell[] = [];
    for (const workers of plan.workers) {
      for (const queue of plan.queues) {
        say(`${queue}, ${countOf(workers, 'worker')} …`);
        cells.push(await measureCell(plan, servers, { queue, workers, program, clock }));
        await onCell(cells);
      }
    }
    return cells;
  } finally {
    await program.remove();
  }
}

/** Each cell has a catalog, a database and a Redis that nothing was in before. */
async function measureCell(
  plan: Plan,
  servers: Servers,
  {
    queue,
    workers,
    program,
    clock,
  }: { readonly queue: Queue; readonly workers: number; readonly program: BuiltProgram; readonly clock: Clock },
): Promise<Cell> {
  const database = await servers.createDatabase();
  const catalog = startCatalog(plan);
  try {
    const catalogUrl = await catalog.said(/^http:/, CATALOG_READY_MS);
    const fire = await measureFire({
      program: program.script,
      folder: program.folder,
      catalogUrl,
      databaseUrl: database.url,
      redisUrl: queue === 'redis' ? servers.redisUrl : null,
      organizations: organizationNames(plan.organizations),
      workers,
      leadMs: plan.leadMs,
      withinMs: plan.withinMs,
      clock,
    });
    const pages = await askedPages(catalogUrl);
    const limitMs = await measureLimit(catalogUrl, pages, workers);
    const perSecond = (count: number, milliseconds: number): number => (count * 1_000) / milliseconds;
    return {
      queue,
      workers,
      ...fire,
      organizationsPerSecond: perSecond(plan.organizations, fire.wholeMs),
      requestsPerSecond: perSecond(pages.length, fire.wholeMs),
      limitRequestsPerSecond: perSecond(pages.length, limitMs),
      limitOrganizationsPerSecond: perSecond(plan.organizations, limitMs),
      broken: brokenDemands(fire, plan),
    };
  } finally {
    await catalog.stop();
    await database.drop();
    await servers.emptyRedis();
  }
}

function startCatalog({ organizations, artifacts }: Plan): Child {
  return startChild(['--import', 'tsx', CATALOG, String(organizations), String(artifacts)], { cwd: packageRoot() });
}
