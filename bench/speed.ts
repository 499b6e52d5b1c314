/**
 * How fast the mirror is, against what else could be done and against the limits, in one run: `npm run bench`.
 * Exit code 2 for wrong usage; a goal that is not met is told and is no failure, because machines are noisy.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { packageRoot } from '../src/package-root.ts';
import { formatCount } from '../src/terminal/format.ts';
import { buildProgram } from '../test/support/built-program.ts';
import { goalsOfNights, ratesOfNights } from './speed/goals.ts';
import { measureNights, type NightsRound } from './speed/nights.ts';
import { renderGoals, renderRates } from './speed/render.ts';
import { openPostgres } from './speed/servers.ts';

const USAGE = `npm run bench -- [options]

  --artifacts N   of the one organization, default 200000
  --rounds N      each measures every tool once, default 3; one more comes before them to warm up
  --output FILE   writes the figures of each round as JSON

DATABASE_URL is used where it is set: a server whose user may make databases and CHECKPOINT; else the embedded one.
`;

const options = z.object({
  artifacts: z.coerce.number<string>().int().min(1).prefault('200000'),
  rounds: z.coerce.number<string>().int().min(1).prefault('3'),
  output: z.string().min(1).optional(),
});
type Options = z.output<typeof options>;

const PAGE_SIZE = 200;
/** Enough to load every program and to have PostgreSQL's files made. */
const WARM_UP_ARTIFACTS = 5_000;

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: { artifacts: { type: 'string' }, rounds: { type: 'string' }, output: { type: 'string' } },
    });
    return options.parse(values);
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    process.stderr.write(`${reason}\n\n${USAGE}`);
    return null;
  }
}

async function measure({ artifacts, rounds, output }: Options): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const shape = { organizations: 1, artifacts, pageSize: PAGE_SIZE };
  const program = await buildProgram(join(packageRoot(), 'src', 'cli', 'main.ts'));
  const postgres = await openPostgres(process.env['DATABASE_URL']);
  const machine = { node: process.version, cpus: cpus().length, postgres: postgres.description };
  say(`${formatCount(artifacts)} artifacts in pages of ${PAGE_SIZE}; ${JSON.stringify(machine)}`);
  try {
    await measureNights(program, postgres.url, { ...shape, artifacts: WARM_UP_ARTIFACTS }, () => {});
    const done: NightsRound[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      done.push(await measureNights(program, postgres.url, shape, (what) => say(`round ${round}: ${what}`)));
      // After each, so that one that fails does not take the others with it.
      if (output !== undefined) {
        await writeFile(output, `${JSON.stringify({ ...machine, artifacts, rounds: done }, null, 2)}\n`);
      }
    }
    process.stdout.write(`${renderRates(ratesOfNights(done, shape))}\n${renderGoals(goalsOfNights(done))}`);
  } finally {
    await postgres.stop();
    await program.remove();
  }
}

const chosen = readOptions();
if (chosen === null) process.exitCode = 2;
else await measure(chosen);
