import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { writeHistory } from '../report/history.ts';
import { type BuiltProgram, buildProgram } from '../support/built-program.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { STACK } from './terminal.ts';

/** More than a pipe holds, several times over. */
const ROWS = 5_000;
const WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
const READING = "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()";
/** Makes a report that is read only while nobody holds the lock. */
const WAITING_VIEW = `
  ALTER VIEW report.coverage RENAME TO coverage_at_once;
  CREATE VIEW report.coverage AS
  SELECT coverage_at_once.* FROM report.coverage_at_once, (SELECT pg_advisory_xact_lock_shared(7)) AS waiting`;

describe.skipIf(!postgresAvailable)('export as a process of its own', () => {
  let program: BuiltProgram;
  let database: TestDatabase;
  let folder: string;
  let output: string;
  let child: ChildProcess | null;

  beforeAll(async () => {
    [program, database, folder] = await Promise.all([
      buildProgram(join(packageRoot(), 'src', 'cli', 'main.ts')),
      createTestDatabase(),
      mkdtemp(join(tmpdir(), 'catalog-mirror-export-')),
    ]);
    await writeHistory(database.pool, {
      runs: [{ day: '2025-01-01' }],
      artifacts: Array.from({ length: ROWS }, (_, place) => ({ name: `acme/model-${place}`, counts: { 1: place } })),
    });
    await database.pool.query(WAITING_VIEW);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([program?.remove(), database?.drop(), rm(folder, { recursive: true, force: true })]);
  });
  beforeEach(async () => {
    child = null;
    const place = await mkdtemp(join(folder, 'place-'));
    output = join(place, 'out.csv');
    await writeFile(output, 'old');
  });
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  const node = [process.execPath, () => program.script] as const;
  const environment = () => ({
    PATH: process.env['PATH'],
    DATABASE_URL: database.connectionString,
    CATALOG_MIRROR_HOME: join(folder, 'home'),
  });
  const start = (args: readonly string[]) => {
    const started = spawn(node[0], [node[1](), 'export', ...args], { env: environment() });
    child = started;
    return { started, ended: once(started, 'close'), err: text(started.stderr) };
  };
  const shell = async (
    line: string,
  ): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> => {
    const started = spawn('bash', ['-o', 'pipefail', '-c', line], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment(), NODE: node[0], PROGRAM: node[1]() },
    });
    const [out, err, [code]] = await Promise.all([text(started.stdout), text(started.stderr), once(started, 'close')]);
    return { code, out, err };
  };
  const filesThere = async (): Promise<string[]> => (await readdir(join(output, '..'))).toSorted();
  const untilThereAre = (count: number, sql: string): Promise<void> =>
    expect.poll(async () => (await database.pool.query(sql)).rows.length, { timeout: 20_000 }).toBe(count);
  /** Does `work` while an export of `coverage` waits for a lock: it has begun, and not written all. */
  const inTheMiddle = async (args: readonly string[], work: (running: ReturnType<typeof start>) => Promise<void>) => {
    const other = await database.pool.connect();
    try {
      await other.query('BEGIN; SELECT pg_advisory_xact_lock(7)');
      const running = start(args);
      await untilThereAre(1, WAITING);
      await work(running);
    } finally {
      await other.query('ROLLBACK');
      other.release();
    }
  };

  it('ends well where a reader has seen enough', async () => {
    expect(await shell('"$NODE" "$PROGRAM" export artifacts | head -n 2 | cut -d, -f1')).toEqual({
      code: 0,
      out: 'kind\nmodels\n',
      err: '',
    });
  });

  it('waits for a reader that takes his time, and passes every byte on', async () => {
    const { started, ended } = start(['artifacts', '--format', 'ndjson']);
    await once(started.stdout, 'readable');
    const out = await text(started.stdout);
    expect((await ended)[0]).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(ROWS);
  });

  it.each(['csv', 'parquet'])('writes the same %s through a pipe as to a file', async (format) => {
    const file = join(output, '..', 'other');
    const line = `"$NODE" "$PROGRAM" export artifacts --format ${format}`;
    expect(await shell(`${line} --output '${file}' && ${line} | cat > '${output}'`)).toMatchObject({
      code: 0,
      err: '',
    });
    expect((await readFile(output)).equals(await readFile(file))).toBe(true);
  });

  it.skipIf(!existsSync('/dev/full'))('says in a sentence that the disk behind stdout is full', async () => {
    const { code, err } = await shell('"$NODE" "$PROGRAM" export artifacts > /dev/full');
    expect(code).toBe(2);
    expect(err).toContain('could not write to stdout: no space left on device');
    expect(err).not.toMatch(STACK);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves the old file and nothing else when it is ended by %s', async (signal, code) => {
    await inTheMiddle(['coverage', '--output', output], async ({ started, ended, err }) => {
      expect(await filesThere()).toHaveLength(2);
      started.kill(signal);
      expect((await ended)[0]).toBe(code);
      expect(await err).toBe('');
    });
    expect(await filesThere()).toEqual(['out.csv']);
    expect(await readFile(output, 'utf8')).toBe('old');
  });

  it('ends at SIGINT also where the reader of a pipe stands still', async () => {
    const { started, ended } = start(['artifacts', '--format', 'ndjson']);
    await once(started.stdout, 'readable');
    await untilThereAre(1, READING);
    started.kill('SIGINT');
    await untilThereAre(0, READING);
    started.stdout.destroy();
    expect((await ended)[0]).toBe(130);
  });

  it('leaves the old file as it was when it is killed', async () => {
    await inTheMiddle(['coverage', '--output', output], async ({ started, ended }) => {
      started.kill('SIGKILL');
      await ended;
    });
    expect(await readFile(output, 'utf8')).toBe('old');
    expect((await filesThere()).filter((name) => !/^\.out\.csv\.[0-9a-f]+\.part$/.test(name))).toEqual(['out.csv']);
    // The next one is not in its way.
    expect(await shell(`"$NODE" "$PROGRAM" export artifacts --output '${output}' --json`)).toMatchObject({ code: 0 });
  });
});
