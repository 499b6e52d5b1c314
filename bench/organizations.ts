/**
 * Many organizations whose schedules fire at one moment, on some workers, on both queues: `npm run bench:organizations`.
 * Exit code 1 where a demand is broken (bench/organizations/checks.ts), 2 for wrong usage.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createSystemClock } from '../src/clock.ts';
import { countOf } from '../src/terminal/format.ts';
import { type Cell, measureAll, type Plan, QUEUES } from './organizations/measure.ts';
import { openServers } from './organizations/servers.ts';
import { renderCells } from './organizations/table.ts';

const USAGE = `npm run bench:organizations -- [options]

  --organizations N      default 1000
  --artifacts N          of each organization, default 200
  --workers N,N          default 1,2,4
  --queue NAME           postgres or redis; default both
  --lead-seconds N       from the start of the workers to the fire, default 30; more where they are not ready by then
  --within-seconds N     from the fire to the end, at most, default 600
  --rss N                the most memory of one worker in MB, default 300
  --json                 print JSON in place of the table
  --output FILE          write the JSON to a file as well

DATABASE_URL and REDIS_URL are used where they are set, an empty Redis only; else containers are started.
`;

const whole = (least: number) => z.coerce.number<string>().int().min(least);

const options = z.object({
  organizations: whole(1).prefault('1000'),
  artifacts: whole(1).prefault('200'),
  workers: z
    .string()
    .prefault('1,2,4')
    .transform((text) => text.split(','))
    .pipe(z.array(whole(1)).min(1)),
  queue: z.enum(QUEUES).optional(),
  'lead-seconds': whole(1).prefault('30'),
  'within-seconds': whole(1).prefault('600'),
  rss: whole(1).prefault('300'),
  json: z.boolean().prefault(false),
  output: z.string().min(1).optional(),
});

type Options = z.output<typeof options>;

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        organizations: { type: 'string' },
        artifacts: { type: 'string' },
        workers: { type: 'string' },
        queue: { type: 'string' },
        'lead-seconds': { type: 'string' },
        'within-seconds': { type: 'string' },
        rss: { type: 'string' },
        json: { type: 'boolean' },
        output: { type: 'string' },
      },
    });
    return options.parse(values);
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    process.stderr.write(`${reason}\n\n${USAGE}`);
    return null;
  }
}

/** After each cell, so that one that fails does not take the others with it. */
async function keep(chosen: Options, cells: readonly Cell[]): Promise<void> {
  if (chosen.output !== undefined) await writeFile(chosen.output, jsonOf(chosen, cells));
}

function jsonOf({ organizations, artifacts }: Options, cells: readonly Cell[]): string {
  const machine = { node: process.version, cpus: cpus().length };
  return `${JSON.stringify({ ...machine, organizations, artifacts, cells }, null, 2)}\n`;
}

async function measure(chosen: Options): Promise<readonly Cell[]> {
  const plan: Plan = {
    ...chosen,
    queues: chosen.queue === undefined ? QUEUES : [chosen.queue],
    leadMs: chosen['lead-seconds'] * 1_000,
    withinMs: chosen['within-seconds'] * 1_000,
    rssMb: chosen.rss,
  };
  const given = { databaseUrl: process.env['DATABASE_URL'], redisUrl: process.env['REDIS_URL'] };
  const servers = await openServers(given, { withRedis: plan.queues.includes('redis') });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  say(
    `${plan.organizations} organizations of ${plan.artifacts} artifacts; ${servers.description}; ${cpus().length} CPUs`,
  );
  try {
    return await measureAll(plan, servers, {
      clock: createSystemClock(),
      say,
      onCell: (cells) => keep(chosen, cells),
    });
  } finally {
    await servers.stop();
  }
}

const chosen = readOptions();
if (chosen === null) {
  process.exitCode = 2;
} else {
  const cells = await measure(chosen);
  process.stdout.write(chosen.json ? jsonOf(chosen, cells) : renderCells(cells));
  for (const { queue, workers, broken, remarks } of cells) {
    for (const sentence of [...broken, ...remarks]) {
      process.stderr.write(`${queue}, ${countOf(workers, 'worker')}: ${sentence}\n`);
    }
  }
  if (cells.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}
