import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { z } from 'zod';
import { packageRoot } from '../../src/package-root.ts';
import type { BenchDatabase } from '../parts/database.ts';
import { createPages, organizationName, type Shape } from './pages.ts';
import { copyRow } from './ready-line.ts';
import { type Measured, runProcess } from './run-process.ts';
import type { BenchCatalog } from './servers.ts';

const PARSE = fileURLToPath(new URL('./parse-process.ts', import.meta.url));
const DRIZZLE = fileURLToPath(new URL('./drizzle-process.ts', import.meta.url));

function pagesOf({ artifacts, pageSize }: Shape): string {
  return String(Math.ceil(artifacts / pageSize));
}

/** Fetch and JSON.parse alone, 8 at once. */
export function parseAlone(shape: Shape, catalog: BenchCatalog): Promise<Measured> {
  return runPeer(PARSE, shape, [catalog.url, organizationName(0), pagesOf(shape), String(shape.pageSize)]);
}

/** One night of a page-by-page upsert through Drizzle with a snapshot row for each artifact. */
export function drizzleNight(
  shape: Shape,
  catalog: BenchCatalog,
  database: BenchDatabase,
  day: string,
): Promise<Measured> {
  const args = [catalog.url, organizationName(0), pagesOf(shape), String(shape.pageSize), database.url, day];
  return runPeer(DRIZZLE, shape, args);
}

const answerSchema = z.object({ ms: z.number(), items: z.number() });

/** Its own time alone, in its favour: not that of starting the process and loading what it needs. */
async function runPeer(script: string, { artifacts }: Shape, args: readonly string[]): Promise<Measured> {
  const measured = await runProcess(['--import', 'tsx', script, ...args], { cwd: packageRoot(), env: {} });
  const { ms, items } = answerSchema.parse(JSON.parse(measured.out));
  if (items !== artifacts) throw new Error(`${script} has met ${items} items of ${artifacts}`);
  return { ...measured, ms };
}

/** Both in milliseconds. */
export interface CopyLimit {
  /** COPY of ready lines into a table with a primary key and one index. */
  readonly copyMs: number;
  /** A history row for each by INSERT … SELECT. */
  readonly historyMs: number;
}

/** What PostgreSQL itself takes for the rows of a first load, made ready before. */
export async function copyLimit(shape: Shape, pool: pg.Pool): Promise<CopyLimit> {
  const lines = readyLines(shape);
  await pool.query(`
    CREATE TABLE ready (
      id uuid PRIMARY KEY, name text NOT NULL, version text NOT NULL, framework text NOT NULL,
      is_public boolean NOT NULL, download_count bigint NOT NULL, origin jsonb, created_at timestamptz NOT NULL,
      extra jsonb NOT NULL
    );
    CREATE INDEX ON ready (name);
    CREATE TABLE history (
      artifact_id uuid, run_id bigint, observed_at timestamptz NOT NULL, download_count bigint,
      PRIMARY KEY (artifact_id, run_id)
    );
    CHECKPOINT`);
  const client = await pool.connect();
  try {
    const begunAt = performance.now();
    await pipeline(
      lines,
      client.query(
        copyFrom(
          'COPY ready (id, name, version, framework, is_public, download_count, origin, created_at, extra) FROM STDIN',
        ),
      ),
    );
    const copiedAt = performance.now();
    await client.query('INSERT INTO history SELECT id, 1, now(), download_count FROM ready');
    return { copyMs: copiedAt - begunAt, historyMs: performance.now() - copiedAt };
  } finally {
    client.release();
  }
}

/** A page of lines each. */
function readyLines(shape: Shape): readonly Buffer[] {
  const pages = createPages(shape);
  return Array.from({ length: Math.ceil(shape.artifacts / shape.pageSize) }, (_, at) => {
    const body = pages.answer(organizationName(0), at + 1, shape.pageSize);
    const { models }: { models: Record<string, unknown>[] } = JSON.parse(body?.toString() ?? '{"models":[]}');
    return Buffer.from(models.map(lineOf).join(''));
  });
}

function lineOf(model: Record<string, unknown>): string {
  const { id, name, version, framework, is_public, download_count, origin, created_at, ...extra } = model;
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return copyRow([
    String(id),
    String(name),
    String(version),
    String(framework),
    is_public === true,
    Number(download_count),
    json(origin),
    String(created_at),
    json(extra),
  ]);
}
