import type pg from 'pg';
import type { TestDatabase } from '../support/database.ts';
import { type Decision, openDatabaseGate } from './database-gate.ts';
import type { NightGround } from './nights.ts';
import type { BuiltProgram, EndedSync, SyncProcess } from './processes.ts';

/** The parts of a night's work: before its first request, until its pages are staged, and the rest. */
export type Part = 'claim' | 'walk' | 'apply';

/** When a `sync` is struck. Numbers count from 1. */
export type Moment =
  /** When the catalog has got its n-th request, before it answers. */
  | { readonly by: 'request'; readonly number: number }
  /** At the n-th statement within a part of the work, which PostgreSQL then does unheard (`pass`) or never gets (`lose`). */
  | { readonly by: 'statement'; readonly part: Part; readonly number: number; readonly decision: Decision }
  /** At the COMMIT of its apply. */
  | { readonly by: 'commit'; readonly decision: Decision }
  /** At the first statement with these words. */
  | { readonly by: 'words'; readonly words: string; readonly decision: Decision }
  /** So long after its first statement. */
  | { readonly by: 'time'; readonly milliseconds: number };

/** How much work a night is. */
export interface Work {
  readonly requests: number;
  readonly statements: Readonly<Record<Part, number>>;
  readonly milliseconds: number;
}

export interface GatedSync extends EndedSync {
  /** Whether its moment came before it was done. */
  readonly wasStruck: boolean;
  readonly work: Work;
}

/** What befalls a `sync`. `again` strikes it at its next statement as well. */
export type Strike = (sync: SyncProcess) => Promise<'once' | 'again'>;

const COMMIT = /\bcommit\b/i;
/** From when all is staged: it is counted, and then applied. */
const APPLY = /\benable_sort\b|\bbegin isolation level\b|\bpg_advisory_xact_lock_shared\b/i;
const CLOSES_RUN = 'finished_at = greatest';

/**
 * Runs one `sync` through a gate until it ends, and strikes it at its moment, if there is one.
 *
 * @param options.strike default: kill -9. The statement that it is struck at waits until it is over
 * @param options.onNews called whenever it asks the catalog or PostgreSQL for anything
 */
export async function syncOnce(
  program: BuiltProgram,
  ground: NightGround,
  database: TestDatabase,
  options: {
    readonly moment: Moment | null;
    readonly strike?: Strike;
    readonly onNews?: () => void;
    /** Default `sync`. A worker ends only where it is struck; what it is to work is on the queue already. */
    readonly command?: 'sync' | 'worker';
  },
): Promise<GatedSync> {
  const { moment, strike = kill, onNews = () => {}, command = 'sync' } = options;
  const progress: Progress = { requests: 0, isApplying: false, isClosing: false };
  const statements: Progress[] = [];
  let begunAt: number | null = null;
  let struck: 'not yet' | 'once' | 'again' = 'not yet';
  let timer: NodeJS.Timeout | null = null;
  const strikeNow = async (): Promise<void> => {
    if (sync.process.exitCode !== null) return;
    struck = 'once';
    struck = await strike(sync);
  };
  const forget = ground.catalog.script(() => {
    progress.requests += 1;
    onNews();
    if (moment?.by === 'request' && progress.requests === moment.number) void strikeNow();
    return undefined;
  });
  const begin = (): void => {
    begunAt = performance.now();
    if (moment?.by === 'time') timer = setTimeout(() => void strikeNow(), moment.milliseconds);
  };
  const isNow = (statement: string, isCommit: boolean): boolean => {
    if (struck !== 'not yet') return struck === 'again';
    if (moment?.by === 'words') return statement.includes(moment.words);
    if (moment?.by === 'commit') return isCommit && progress.isClosing;
    if (moment?.by !== 'statement' || partOf(progress) !== moment.part) return false;
    return countByPart(statements)[moment.part] === moment.number;
  };
  const gate = await openDatabaseGate(database.connectionString, async (statement) => {
    if (begunAt === null) begin();
    onNews();
    progress.isApplying ||= APPLY.test(statement);
    progress.isClosing ||= statement.includes(CLOSES_RUN);
    statements.push({ ...progress });
    if (!isNow(statement, COMMIT.test(statement))) return 'pass';
    await strikeNow();
    return moment !== null && 'decision' in moment ? moment.decision : 'pass';
  });
  const start = command === 'sync' ? program.startSync : program.startWorker;
  const sync = start(ground.night.moment, ground.settings(gate.connectionString));
  const ended = await sync.ended;
  const milliseconds = performance.now() - (begunAt ?? performance.now());
  if (timer !== null) clearTimeout(timer);
  forget();
  await gate.close();
  await untilNobodyIsConnected(database.pool);
  const work = { requests: progress.requests, statements: countByPart(statements), milliseconds };
  return { ...ended, wasStruck: struck !== 'not yet', work };
}

/** How far a `sync` is when it says a statement. */
interface Progress {
  requests: number;
  isApplying: boolean;
  isClosing: boolean;
}

async function kill(sync: SyncProcess): Promise<'once'> {
  await sync.kill();
  return 'once';
}

function partOf({ requests, isApplying }: Progress): Part {
  if (requests === 0) return 'claim';
  return isApplying ? 'apply' : 'walk';
}

function countByPart(statements: readonly Progress[]): Readonly<Record<Part, number>> {
  const counts = { claim: 0, walk: 0, apply: 0 };
  for (const progress of statements) counts[partOf(progress)] += 1;
  return counts;
}

/**
 * Earlier than this moment: a process that was done before its moment came shows nothing.
 *
 * @throws where the moment is words that no statement has, or a COMMIT that never comes
 */
export function earlier(moment: Moment): Moment {
  if (moment.by === 'words') throw new Error(`no statement says "${moment.words}"`);
  if (moment.by === 'commit') throw new Error('the night was never committed');
  if (moment.by === 'time') return { ...moment, milliseconds: moment.milliseconds / 2 };
  return { ...moment, number: Math.ceil(moment.number / 2) };
}

/** What a killed process said last is done before its connections are gone. */
async function untilNobodyIsConnected(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'catalog-mirror'",
    );
    if (rowCount === 0) return;
  }
}

/** A number from 1 to `count`, as far along as `place` says (0 to 1). */
export function within(count: number, place: number): number {
  return Math.min(count, 1 + Math.floor(place * count));
}
