import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { kill, postmasterPid, query } from '../support/embedded.ts';

const PACKED = ['package.json', 'drizzle', 'data'];

describe('the built program, with nothing configured', () => {
  let folder: string;
  let home: string;

  beforeAll(async () => {
    // Not below a folder that others may not enter: as root the server runs as another user.
    folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-built-'));
    home = join(folder, 'home');
    const root = packageRoot();
    await Promise.all(PACKED.map((name) => cp(join(root, name), join(folder, name), { recursive: true })));
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    await promisify(execFile)(process.execPath, [
      compiler,
      ...['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')],
    ]);
  }, 60_000);

  afterAll(async () => {
    const postmaster = await postmasterPid(home);
    if (postmaster !== null) await kill(postmaster, 'SIGQUIT');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [join(folder, 'dist', 'src', 'cli', 'main.js'), ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, CATALOG_MIRROR_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      said.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said.err += chunk.toString();
    });
    const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({ code, signal, ...said }));
    return { child, ended };
  };

  it('mirrors the month after kill -9, a second demo and Ctrl-C in its middle, and leaves nothing running', async () => {
    const killed = start(['demo']);
    const first = await untilMirroring(home, killed.child, null);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    expect(await postmasterPid(home)).not.toBeNull();

    const interrupted = start(['demo', '--json']);
    await untilMirroring(home, interrupted.child, first);
    const second = await start(['demo']).ended;
    expect(second).toMatchObject({ code: 2, err: expect.stringContaining('Another demo is running in this folder') });
    interrupted.child.kill('SIGINT');
    expect(await interrupted.ended).toEqual({ code: 130, signal: null, out: '', err: '' });
    expect(await processesOf(folder)).toEqual([]);
    expect(await postmasterPid(home)).toBeNull();

    const whole = await start(['demo', '--json']).ended;
    expect({ code: whole.code, err: whole.err }).toEqual({ code: 0, err: '' });
    const summary: unknown = JSON.parse(whole.out);
    expect(summary).toMatchObject({
      firstDay: '2024-12-18',
      lastDay: '2025-01-15',
      nights: 28,
      runs: [{ state: 'certified', count: 140 }],
      artifacts: { current: 2139, withdrawn: expect.any(Number), restored: expect.any(Number), superseded: 0 },
      uncoveredDays: ['2025-01-14'],
    });
    expect(await processesOf(folder)).toEqual([]);
    expect(await postmasterPid(home)).toBeNull();
  }, 180_000);
});

/**
 * Resolves when the demo is some nights into its month; rejects where it ends first.
 *
 * @param earlier the database of the demo before, which this one makes anew
 * @returns what tells this demo's database from others
 */
async function untilMirroring(home: string, child: ChildProcess, earlier: string | null): Promise<string> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode} before it mirrored`);
    const now = await runsSoFar(home).catch(() => null);
    if (now !== null && now.runs > 10 && now.database !== earlier) return now.database;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function runsSoFar(home: string): Promise<{ database: string; runs: number } | null> {
  const own = join(home, 'postgresql');
  const [password, state] = await Promise.all(
    ['password', 'state.json'].map((name) => readFile(join(own, name), 'utf8')),
  );
  const { port } = JSON.parse(state ?? '');
  const rows = await query<{ database: string; runs: number }>(
    `postgres://catalog_mirror:${password?.trim()}@127.0.0.1:${port}/catalog_mirror_demo`,
    `SELECT (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database,
            (SELECT count(*)::int FROM mirror.runs WHERE state = 'certified') AS runs`,
  );
  return rows[0] ?? null;
}

/** The command lines of processes that name this folder; where /proc is missing, none are found. */
async function processesOf(folder: string): Promise<string[]> {
  const numbers = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(numbers.map((number) => readFile(`/proc/${number}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.replaceAll('\0', ' ')).filter((line) => line.includes(folder));
}
