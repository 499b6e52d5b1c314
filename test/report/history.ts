import type pg from 'pg';
import type { RunState } from '../../src/store/run.ts';

/** One run of a hand-made history. Its id is its place in the list, from 1 on: that is run order. */
export interface HistoryRun {
  /** `YYYY-MM-DD`; the run starts at 03:00 UTC of it unless `startedAt` says otherwise. */
  readonly day: string;
  /** Default `certified`. */
  readonly state?: RunState;
  /** Default `acme`. */
  readonly organization?: string;
  readonly includePublic?: boolean;
  readonly startedAt?: string;
  /** Default: a minute after the start, null where the run is not over. */
  readonly finishedAt?: string;
  readonly kind?: string;
  readonly error?: string;
  readonly errorClass?: string;
}

export interface HistoryArtifact {
  /** Default `acme/model`, its version `1.0.0`. */
  readonly name?: string;
  readonly version?: string;
  /** Default: what `name` says, else `acme`. */
  readonly owner?: string;
  /** Default: the organization of the last run that observed it. */
  readonly mirroredBy?: string;
  readonly kind?: string;
  readonly isPublic?: boolean;
  /** Default: long before any run. */
  readonly createdAt?: string;
  /** The counter by the run that observed it; null where it could not be read. Runs that are not named saw no change. */
  readonly counts: Readonly<Record<number, number | bigint | null>>;
  /** What runs said about it, in the order in which it happened. */
  readonly events?: readonly HistoryEvent[];
  readonly ending?: 'superseded' | 'withdrawn' | 'out_of_scope';
}

export interface HistoryEvent {
  /** The run that the event belongs to; for `out_of_scope`, the first one that it stands before. */
  readonly run: number;
  readonly event: 'changed' | 'superseded' | 'withdrawn' | 'out_of_scope' | 'restored' | 'absent' | 'returned';
  readonly changes?: Readonly<Record<string, readonly [unknown, unknown]>>;
}

export interface History {
  readonly runs: readonly HistoryRun[];
  readonly artifacts: readonly HistoryArtifact[];
}

/** The id of the n-th artifact of a history, from 1 on. */
export function idOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** Runs of `acme`, certified, one a day; a day that is left out has none. */
export function nights(...days: readonly string[]): HistoryRun[] {
  return days.map((day) => ({ day }));
}

/**
 * Writes a history straight into the tables of schema `mirror`, as the runs it names would have left it, and works out
 * its days.
 */
export async function writeHistory(db: pg.Pool | pg.PoolClient, { runs, artifacts }: History): Promise<void> {
  await insert(db, 'runs', runs.map(runRow));
  await insert(
    db,
    'artifacts',
    artifacts.map((artifact, index) => artifactRow(artifact, index, runs)),
  );
  await insert(
    db,
    'download_observations',
    artifacts.flatMap(({ counts }, index) =>
      Object.entries(counts).map(([run, count]) => ({
        artifact_id: idOf(index + 1),
        run_id: run,
        observed_at: startOf(runs[Number(run) - 1]),
        download_count: count,
      })),
    ),
  );
  await insert(
    db,
    'artifact_events',
    artifacts.flatMap(({ events = [] }, index) => events.map((event) => eventRow(event, idOf(index + 1), runs))),
  );
  await db.query('SELECT mirror.rebuild_daily()');
}

function runRow(run: HistoryRun, index: number) {
  const startedAt = startOf(run);
  const finishedAt = run.finishedAt ?? new Date(Date.parse(startedAt) + 60_000).toISOString();
  return {
    id: index + 1,
    organization: run.organization ?? 'acme',
    kind: run.kind ?? 'models',
    include_public: run.includePublic ?? false,
    trigger: 'schedule',
    day: run.day,
    state: run.state ?? 'certified',
    started_at: startedAt,
    finished_at: run.state === 'running' ? null : finishedAt,
    error: run.error ?? null,
    error_class: run.errorClass ?? null,
    time_zone: 'UTC',
    catalog_url: 'https://catalog.example/api/v1',
    page_size: 200,
    lease_expires_at: finishedAt,
  };
}

function artifactRow(artifact: HistoryArtifact, index: number, runs: readonly HistoryRun[]) {
  const name = artifact.name ?? 'acme/model';
  const observers = Object.keys(artifact.counts).map(Number);
  const first = runs[Math.min(...observers) - 1];
  const last = runs[Math.max(...observers) - 1];
  const endedBy = artifact.ending === undefined ? undefined : runs[(artifact.events?.at(-1)?.run ?? 0) - 1];
  return {
    id: idOf(index + 1),
    extra: {},
    kind: artifact.kind ?? 'models',
    name,
    owner: artifact.owner ?? (name.includes('/') ? name.slice(0, name.indexOf('/')) : 'acme'),
    mirrored_by: artifact.mirroredBy ?? last?.organization ?? 'acme',
    version: artifact.version ?? '1.0.0',
    framework: 'safetensors',
    is_public: artifact.isPublic ?? true,
    download_count: artifact.counts[Math.max(...observers)] ?? null,
    created_at: artifact.createdAt ?? '2020-01-01T00:00:00Z',
    first_seen_at: startOf(first),
    changed_at: startOf(first),
    ended_at: artifact.ending === undefined ? null : startOf(endedBy ?? last),
    ending: artifact.ending ?? null,
    first_run_id: Math.min(...observers),
    changed_run_id: Math.min(...observers),
    run_order: Math.max(...observers),
  };
}

function eventRow({ run, event, changes }: HistoryEvent, artifactId: string, runs: readonly HistoryRun[]) {
  const at = runs[run - 1] ?? runs.at(-1);
  return {
    artifact_id: artifactId,
    run_id: event === 'out_of_scope' ? null : run,
    run_order: run,
    at: startOf(at),
    day: at?.day ?? null,
    event,
    changes: changes === undefined ? null : changes,
  };
}

function startOf(run: HistoryRun | undefined): string {
  if (run === undefined) throw new Error('a history names a run that it does not have');
  return run.startedAt ?? `${run.day}T03:00:00.000Z`;
}

/** One statement for all rows, whatever their number. */
async function insert(
  db: pg.Pool | pg.PoolClient,
  table: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first).join(', ');
  const text = JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  await db.query(
    `INSERT INTO mirror.${table} (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${columns} FROM jsonb_populate_recordset(NULL::mirror.${table}, $1)`,
    [text],
  );
}
