/**
 * How fast the mirror is, against what else could be done and against the limits, in one run: `npm run bench`.
 * Exit code 2 for wrong usage; a goal that is not met is told and is no failure, because machines are noisy.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { packageRoot } from '../src/package-root.ts';
import { formatCount } from '../src/terminal/format.ts';
import { type BuiltProgram, buildProgram } from '../test/support/built-program.ts';
import { goalsOfExports, measureExports } from './speed/cases/exports.ts';
import { goalsOfHistory, measureHistory } from './speed/cases/history.ts';
import { goalsOfLatency, measureLatency } from './speed/cases/latency.ts';
import { measureNights } from './speed/cases/nights.ts';
import { goalsOfNights, ratesOfNights } from './speed/cases/nights-figures.ts';
import { goalsOfOrganizations, measureOrganizations } from './speed/cases/organizations.ts';
import { goalsOfSizes, measureSizes } from './speed/cases/sizes.ts';
import { goalsOfStart, measureStart } from './speed/cases/start.ts';
import type { Goal } from './speed/goals.ts';
import type { Shape } from './speed/pages.ts';
import { renderGoals, renderRates } from './speed/render.ts';
import { openPostgres } from './speed/servers.ts';

const CASES = ['nights', 'sizes', 'start', 'latency', 'history', 'exports', 'organizations'] as const;
type Case = (typeof CASES)[number];

const USAGE = `npm run bench -- [CASE…] [options]

  nights          a first load, an unchanged night and one with 5 % changed, beside page-by-page Drizzle and the limits
  sizes           memory and time at five times as many artifacts
  start           a sync that has nothing to do
  latency         1,000 slow pages, 8 at once
  history         the views of schema report over 1,000 artifacts x 365 nights and 100,000 x 30
  exports         report.daily_downloads in every format, 100,000 rows and 1,000,000
  organizations   many organizations of 10 artifacts each
  (all of them where none is named)

  --artifacts N      of the one organization, default 200000
  --organizations N  default 10000
  --latency MS       of each page in the case latency, default 100
  --page-size N      in the case latency, default 200
  --rounds N         each measures every tool once, default 3; one more comes before them to warm up
  --output FILE      where the figures of each round go as JSON, default bench-speed.json in the folder for
                     temporary files

DATABASE_URL is used where it is set: a server whose user may make databases and CHECKPOINT; else the embedded one.
`;

const whole = (least: number, otherwise: string) => z.coerce.number<string>().int().min(least).prefault(otherwise);
const options = z.object({
  cases: z.array(z.enum(CASES)),
  artifacts: whole(1, '200000'),
  organizations: whole(1, '10000'),
  latency: whole(1, '100'),
  'page-size': whole(1, '200'),
  rounds: whole(1, '3'),
  output: z.string().min(1).prefault(join(tmpdir(), 'bench-speed.json')),
});
type Options = z.output<typeof options>;

const PAGE_SIZE = 200;
/** Enough to load every program and to have PostgreSQL's files made. */
const WARM_UP_ARTIFACTS = 5_000;

function readOptions(): Options | null {
  const type = 'string' as const;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        artifacts: { type },
        organizations: { type },
        latency: { type },
        'page-size': { type },
        rounds: { type },
        output: { type },
      },
    });
    return options.parse({ ...values, cases: positionals });
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    process.stderr.write(`${reason}\n\n${USAGE}`);
    return null;
  }
}

/** What a case came to, as it is printed and as it is kept. */
interface Measured {
  readonly goals: readonly Goal[];
  readonly rates?: string;
  readonly rounds: readonly unknown[];
}

interface Ground {
  readonly program: BuiltProgram;
  readonly adminUrl: string;
  readonly chosen: Options;
  readonly say: (line: string) => void;
}

async function inRounds<R>(
  { chosen, say }: Ground,
  measure: (say: Ground['say']) => Promise<R>,
): Promise<readonly R[]> {
  const rounds: R[] = [];
  for (let round = 1; round <= chosen.rounds; round += 1)
    rounds.push(await measure((line) => say(`round ${round}: ${line}`)));
  return rounds;
}

async function measureCase(name: Case, ground: Ground): Promise<Measured> {
  const { program, adminUrl, chosen } = ground;
  const shape: Shape = { organizations: 1, artifacts: chosen.artifacts, pageSize: PAGE_SIZE };
  switch (name) {
    case 'nights': {
      await measureNights(program, adminUrl, { ...shape, artifacts: WARM_UP_ARTIFACTS }, () => {});
      const rounds = await inRounds(ground, (say) => measureNights(program, adminUrl, shape, say));
      return { rounds, goals: goalsOfNights(rounds), rates: renderRates(ratesOfNights(rounds, shape)) };
    }
    case 'sizes': {
      const rounds = await inRounds(ground, (say) => measureSizes(program, adminUrl, shape, say));
      return { rounds, goals: goalsOfSizes(rounds, shape) };
    }
    case 'start': {
      const rounds = await inRounds(ground, () => measureStart(program, adminUrl));
      return { rounds, goals: goalsOfStart(rounds) };
    }
    case 'latency': {
      const pages = { latencyMs: chosen.latency, pageSize: chosen['page-size'] };
      const rounds = await inRounds(ground, () => measureLatency(program, adminUrl, pages));
      return { rounds, goals: goalsOfLatency(rounds, pages.pageSize) };
    }
    case 'history': {
      const rounds = await inRounds(ground, (say) => measureHistory(adminUrl, say));
      return { rounds, goals: goalsOfHistory(rounds) };
    }
    case 'exports': {
      const rounds = await inRounds(ground, (say) => measureExports(program, adminUrl, say));
      return { rounds, goals: goalsOfExports(rounds) };
    }
    case 'organizations': {
      const rounds = await inRounds(ground, () => measureOrganizations(program, adminUrl, chosen.organizations));
      return { rounds, goals: goalsOfOrganizations(rounds, chosen.organizations) };
    }
  }
}

async function measure(chosen: Options): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const program = await buildProgram(join(packageRoot(), 'src', 'cli', 'main.ts'));
  const postgres = await openPostgres(process.env['DATABASE_URL']);
  const machine = { node: process.version, cpus: cpus().length, postgres: postgres.description };
  say(`${formatCount(chosen.artifacts)} artifacts in pages of ${PAGE_SIZE}; ${JSON.stringify(machine)}`);
  const figures: Record<string, Measured> = {};
  try {
    for (const name of chosen.cases.length === 0 ? CASES : chosen.cases) {
      say(`case ${name}`);
      const measured = await measureCase(name, { program, adminUrl: postgres.url, chosen, say });
      process.stdout.write(`\n${name}\n${measured.rates ?? ''}\n${renderGoals(measured.goals)}`);
      figures[name] = measured;
      // After each, so that one that fails does not take the others with it.
      await writeFile(chosen.output, `${JSON.stringify({ ...machine, ...chosen, figures }, null, 2)}\n`);
    }
    say(`\nthe figures of each round: ${chosen.output}`);
  } finally {
    await postgres.stop();
    await program.remove();
  }
}

const chosen = readOptions();
if (chosen === null) process.exitCode = 2;
else await measure(chosen);
