import { join } from 'node:path';
import type pg from 'pg';
import { packageRoot } from '../../../src/package-root.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { atMost, type Goal, told } from '../goals.ts';
import { inDatabase } from '../servers.ts';

/** So many artifacts whose counters moved in each of so many nights. */
export interface History {
  readonly artifacts: number;
  readonly nights: number;
}

const SMALL: History = { artifacts: 1_000, nights: 365 };
/** The small one a quarter as long: what the length of history costs. */
const SHORT: History = { artifacts: 1_000, nights: 91 };
const LARGE: History = { artifacts: 100_000, nights: 30 };
/** One of two organizations that have half of the artifacts each. */
const ORGANIZATION = 'org-1';
const VIEWS = [
  'daily_downloads',
  'organization_daily_downloads',
  'coverage',
  'models',
  'artifacts',
  'run_history',
  'movers',
  'changes',
  'failures',
] as const;
type View = (typeof VIEWS)[number];
const WITHOUT_DAYS: readonly View[] = ['models', 'artifacts', 'movers'];
const MONTH_DAYS = 30;
/** A view that takes longer is not waited for. */
const LONGEST_MS = 60_000;

/** In milliseconds; LONGEST_MS where it took longer. */
interface Read {
  readonly firstRowMs: number;
  /** Until PostgreSQL has made every row; how long a reader takes to receive 3,000,000 of them is the reader's. */
  readonly wholeMs: number;
}

type Reads = Readonly<Record<View, Read>>;

export interface HistoryRound {
  /** One organization's month in the small history, and the whole mirror's in the large one. */
  readonly oneOrganization: Reads;
  /** The same where the small history is a quarter as long. */
  readonly oneOrganizationEarly: Reads;
  readonly wholeMirror: Reads;
}

/** What the views of schema report take over long and over wide history. */
export async function measureHistory(adminUrl: string, say: (line: string) => void): Promise<HistoryRound> {
  const measure = (history: History, filter: string): Promise<Reads> =>
    inDatabase(adminUrl, async (_, pool) => {
      say(`history of ${history.artifacts} artifacts over ${history.nights} nights`);
      await fillHistory(pool, history);
      const reads: [View, Read][] = [];
      for (const view of VIEWS) {
        const days = WITHOUT_DAYS.includes(view) ? 'true' : `day > '${lastDay(history)}'::date - ${MONTH_DAYS}`;
        reads.push([view, await measureRead(pool, `SELECT * FROM report.${view} WHERE ${days} AND ${filter}`)]);
      }
      return Object.fromEntries(reads) as Reads;
    });
  return {
    oneOrganization: await measure(SMALL, `organization = '${ORGANIZATION}'`),
    oneOrganizationEarly: await measure(SHORT, `organization = '${ORGANIZATION}'`),
    wholeMirror: await measure(LARGE, 'true'),
  };
}

const FIRST_DAY = '2024-01-01';
const lastDay = ({ nights }: History): string =>
  new Date(Date.parse(FIRST_DAY) + (nights - 1) * 86_400_000).toISOString().slice(0, 10);

/** What so many nights would have written, at once. */
export async function fillHistory(pool: pg.Pool, { artifacts, nights }: History): Promise<void> {
  await migrate(pool, { folder: join(packageRoot(), 'drizzle'), now: () => new Date() });
  await pool.query(`
    INSERT INTO mirror.runs (organization, kind, include_public, trigger, day, state, started_at, finished_at, time_zone,
                             catalog_url, page_size, lease_expires_at)
    SELECT 'org-' || organization, 'models', false, 'schedule', date '${FIRST_DAY}' + night, 'certified',
           timestamptz '${FIRST_DAY} 03:00Z' + night * interval '1 day',
           timestamptz '${FIRST_DAY} 03:01Z' + night * interval '1 day', 'UTC', 'http://bench', 200, now()
    FROM generate_series(0, ${nights - 1}) AS night
    CROSS JOIN generate_series(1, 2) AS organization
    ORDER BY night, organization;
    INSERT INTO mirror.artifacts (id, kind, name, owner, mirrored_by, version, framework, is_public, download_count,
                                  created_at, first_seen_at, changed_at, first_run_id, run_order)
    SELECT md5(number::text)::uuid, 'models', 'org-' || organization || '/model-' || number, 'org-' || organization,
           'org-' || organization, '1.0.0', 'pytorch', true, number * 10 + ${nights},
           timestamptz '2023-01-01Z' + number * interval '1 minute', timestamptz '${FIRST_DAY} 03:00Z',
           timestamptz '${FIRST_DAY} 03:00Z', organization, organization
    FROM generate_series(1, ${artifacts}) AS number
    CROSS JOIN LATERAL (SELECT 1 + number % 2 AS organization) AS owner;
    INSERT INTO mirror.download_observations (artifact_id, observed_at, run_id, download_count)
    SELECT artifact.id, run.started_at, run.id, artifact.download_count - ${nights} + run.id / 2
    FROM mirror.runs AS run
    JOIN mirror.artifacts AS artifact ON artifact.mirrored_by = run.organization
    ORDER BY run.id, artifact.created_at`);
  await pool.query('SELECT mirror.rebuild_daily()');
  await pool.query('VACUUM ANALYZE');
}

async function measureRead(pool: pg.Pool, query: string): Promise<Read> {
  const client = await pool.connect();
  const time = async (statement: string): Promise<number> => {
    const begunAt = performance.now();
    await client.query(statement);
    return performance.now() - begunAt;
  };
  try {
    await client.query(`SET statement_timeout = ${LONGEST_MS}`);
    await client.query('BEGIN');
    const firstRowMs = (await time(`DECLARE reader CURSOR FOR ${query}`)) + (await time('FETCH 1 FROM reader'));
    await client.query('ROLLBACK');
    return { firstRowMs, wholeMs: await time(`EXPLAIN (ANALYZE, TIMING OFF) ${query}`) };
  } catch {
    await client.query('ROLLBACK');
    return { firstRowMs: LONGEST_MS, wholeMs: LONGEST_MS };
  } finally {
    client.release();
  }
}

export function goalsOfHistory(rounds: readonly HistoryRound[]): readonly Goal[] {
  return VIEWS.flatMap((view) => [
    told(
      rounds,
      `${view}: one organization's month, first row`,
      'ms',
      (round) => round.oneOrganization[view].firstRowMs,
    ),
    atMost(
      rounds,
      `${view}: one organization's month, whole`,
      [100, 'ms'],
      (round) => round.oneOrganization[view].wholeMs,
    ),
    told(
      rounds,
      `${view}: one organization's month, in ${SMALL.nights} nights against ${SHORT.nights}`,
      'times',
      (round) => round.oneOrganization[view].wholeMs / round.oneOrganizationEarly[view].wholeMs,
    ),
    told(rounds, `${view}: the whole mirror's month, first row`, 'ms', (round) => round.wholeMirror[view].firstRowMs),
    atMost(
      rounds,
      `${view}: the whole mirror's month, whole`,
      [2_000, 'ms'],
      (round) => round.wholeMirror[view].wholeMs,
    ),
  ]);
}
