import pg from 'pg';
import { EXIT } from '../src/cli/exit-codes.ts';
import { createSystemClock } from '../src/clock.ts';
import { openQueueBackend, type QueueBackend } from '../src/queue/backend.ts';
import type { BuiltProgram } from '../test/support/built-program.ts';
import { LISTINGS, type SoakCatalog, startSoakCatalog, TOKENS } from './catalog/soak-catalog.ts';
import type { Check } from './checks/check.ts';
import { checkObservations, checkSums } from './checks/history.ts';
import { answersByRun, checkLetterBooks, checkLettersAgainstFaults, readLetters } from './checks/letters.ts';
import { checkJobs, checkLetterQueues } from './checks/queue.ts';
import { checkEndings, checkRows } from './checks/rows.ts';
import { checkLeftovers, checkOverlaps } from './checks/runs.ts';
import { checkWorkers } from './checks/workers.ts';
import { Fleet } from './fleet.ts';
import { classFigures, faultFigures, runsByState, type SoakOutcome } from './outcome.ts';
import { planFaults } from './plan.ts';
import { type QuietNight, untilQuietNight } from './quiet-night.ts';
import { type GivenFault, runFaults } from './run-faults.ts';
import { type SoakServer, startPostgres, startRedis } from './servers.ts';
import { makeTrail, readLetterTrail, readRunTrail } from './trail.ts';
import { type Programs, preparePrograms } from './workers.ts';

const WORKERS = 3;
const DAY_MS = 24 * 60 * 60 * 1_000;

export interface SoakRequest {
  readonly queue: 'postgres' | 'redis';
  readonly seed: number;
  readonly minutes: number;
  /** soak/command.ts, built. */
  readonly program: BuiltProgram;
  /** Told what happens, a line each. */
  readonly log: (line: string) => void;
  /** Ends the faults early; the checks are made all the same. */
  readonly signal: AbortSignal;
}

/** All that one soak works with. */
interface Scene {
  readonly catalog: SoakCatalog;
  readonly postgres: SoakServer;
  readonly redis: SoakServer | null;
  readonly pool: pg.Pool;
  readonly programs: Programs;
  readonly fleet: Fleet;
}

/** What happened until the last night was over. */
interface Story {
  readonly faults: readonly GivenFault[];
  readonly quiet: QuietNight;
  readonly checks: readonly Check[];
}

/**
 * A night of yesterday, some workers under faults today, a quiet night, and a night of tomorrow; then the checks.
 *
 * @returns the outcome, and every line that the workers wrote
 * @throws where the soak itself fails: a container that does not start, a fault that cannot be given
 */
export async function runSoak(request: SoakRequest): Promise<{ outcome: SoakOutcome; lines: readonly string[] }> {
  const startedAt = Date.now();
  const { queue, seed, program, log } = request;
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const catalog = await startSoakCatalog(seed);
    closing.push(() => catalog.close());
    const postgres = await startPostgres();
    closing.push(() => postgres.close());
    const redis = queue === 'redis' ? await startRedis() : null;
    if (redis !== null) closing.push(() => redis.close());
    const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
    // PostgreSQL is restarted under it, on purpose.
    pool.on('error', () => {});
    closing.push(() => pool.end());
    const programs = await preparePrograms(program, {
      catalogUrl: catalog.url,
      databaseUrl: postgres.network.url,
      redisUrl: redis?.network.url ?? null,
    });
    const fleet = new Fleet(WORKERS, () => programs.worker(), log);
    closing.push(() => fleet.destroy());
    const scene = { catalog, postgres, redis, pool, programs, fleet };
    const story = await play(request, scene);
    const outcome = await judge(request, scene, story);
    return { outcome: { ...outcome, seconds: (Date.now() - startedAt) / 1_000 }, lines: fleet.lines };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function play({ queue, seed, minutes, log, signal }: SoakRequest, scene: Scene): Promise<Story> {
  const { catalog, pool, programs, fleet, redis, postgres } = scene;
  await runCommand(programs, ['migrate'], null, EXIT.ok);
  await makeTrail(pool);
  log('a night of yesterday');
  await runCommand(programs, ['sync'], new Date(Date.now() - DAY_MS), EXIT.runFailed);
  const plan = planFaults(seed, minutes * 60, queue);
  log(`${plan.length} faults in ${minutes} min, on ${fleet.alive + WORKERS} workers, seed ${seed}`);
  catalog.live();
  fleet.fill();
  const stopProgress = reportProgress(pool, fleet, minutes, log);
  const faults = await runFaults(plan, scene, { log, signal });
  log('the faults are over');
  catalog.rest();
  const since = Date.now();
  const quiet = await untilQuietNight(
    pool,
    LISTINGS,
    since,
    async () => {
      await programs.run(['dead-letters', 'replay', '--class', 'suspicious_removal'], null);
    },
    log,
  );
  const backend = await openQueueBackend(
    redis === null ? { store: 'postgres', databaseUrl: postgres.url } : { store: 'redis', redisUrl: redis.url },
    { clock: createSystemClock(), log },
  );
  try {
    const jobs = await checkJobs(backend, since);
    const letters = await checkLetterQueues(backend, pool);
    stopProgress();
    await fleet.close();
    log('a night of tomorrow');
    for (const shelf of catalog.shelves) shelf.everyCounterRises();
    await runCommand(programs, ['sync'], new Date(Date.now() + DAY_MS), EXIT.runFailed);
    return { faults, quiet, checks: [quiet.check, jobs, await lettersAgain(backend, pool, letters)] };
  } finally {
    stopProgress();
    await backend.close();
  }
}

/** The queues of the letters are looked at twice, while workers live and after the last `sync`. */
async function lettersAgain(backend: QueueBackend, pool: pg.Pool, before: Check): Promise<Check> {
  const after = await checkLetterQueues(backend, pool);
  return {
    ...after,
    lookedAt: `${before.lookedAt} while workers ran, ${after.lookedAt} after the last sync`,
    problems: [...before.problems, ...after.problems],
  };
}

/** `nowhere` fails for good: a night as it should be ends with that. */
async function runCommand(
  programs: Programs,
  args: readonly string[],
  moment: Date | null,
  code: number,
): Promise<void> {
  const ended = await programs.run(args, moment);
  if (ended.code === code) return;
  throw new Error(`catalog-mirror ${args.join(' ')} ended with ${ended.code} instead of ${code}: ${ended.err}`);
}

async function judge(
  { queue, seed, minutes }: SoakRequest,
  { catalog, pool, fleet }: Scene,
  { faults, quiet, checks }: Story,
): Promise<SoakOutcome> {
  const expected = catalog.expected();
  catalog.tellHistory();
  const runs = await readRunTrail(pool);
  const filed = await readLetterTrail(pool);
  const letters = await readLetters(pool);
  const answers = answersByRun(catalog.ledger, runs);
  return {
    queue,
    seed,
    minutes,
    seconds: 0,
    quietAfter: quiet.after,
    requests: catalog.requests,
    runs: runsByState(runs),
    takenUp: runs.filter(({ takenUp }) => takenUp > 0).length,
    workers: { started: fleet.started, startedInVain: fleet.startedInVain },
    faults: faultFigures(faults, runs),
    classes: classFigures(runs, answers, catalog.ledger.answers, filed, letters),
    checks: [
      await checkRows(pool, expected),
      await checkSums(pool),
      await checkObservations(pool, catalog.ledger),
      await checkEndings(pool, catalog.ledger),
      checkOverlaps(runs),
      await checkLeftovers(pool, runs),
      checkLettersAgainstFaults(runs, answers, filed),
      checkLetterBooks(runs, filed, letters),
      ...checks,
      checkWorkers(fleet, Object.values(TOKENS)),
    ],
  };
}

const PROGRESS_EVERY_MS = 10_000;

function reportProgress(pool: pg.Pool, fleet: Fleet, minutes: number, log: (line: string) => void): () => void {
  const startedAt = Date.now();
  const look = async (): Promise<void> => {
    const { rows } = await pool.query<{ state: string; runs: number }>(
      'SELECT state, count(*)::integer AS runs FROM mirror.runs GROUP BY state ORDER BY runs DESC',
    );
    const share = Math.min(100, Math.round((Date.now() - startedAt) / (minutes * 600)));
    const states = rows.map(({ state, runs }) => `${runs} ${state}`).join(', ');
    log(`${share} % · ${fleet.alive} workers · runs: ${states}`);
  };
  // Where PostgreSQL is away just now, the next look tells.
  const timer = setInterval(() => void look().catch(() => {}), PROGRESS_EVERY_MS);
  return () => clearInterval(timer);
}
