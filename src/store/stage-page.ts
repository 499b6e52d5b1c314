import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BadRecord, CatalogPage, PageItem } from '../catalog/page.ts';
import { cutPayload } from '../catalog/payload.ts';
import { coverOf } from '../walk/cover.ts';
import type { PageSummary } from '../walk/page-summary.ts';
import type { ClaimedRun } from './claim-run.ts';
import { inTransaction } from './connection.ts';
import { copyRow } from './copy-text.ts';

const STAGED_COLUMNS =
  'run_id, asked, position, arrived_at, good, id, created_at, name, owner, version, framework, is_public, ' +
  'download_count, origin, extra';

/** What is decided of an item while it is staged, by rules that are not the store's. */
export interface StagedNaming {
  /** The owner that a name shows, null where it shows none (design section 2). */
  readonly owner: (name: string) => string | null;
  /** What makes a bad record the same one tomorrow (design section 5). */
  readonly identity: (record: BadRecord) => string;
}

/**
 * Stages one answer with COPY and enters it in the ledger with what it covers, in one transaction: an answer is staged as
 * a whole or not at all. The same page may be staged once for each time it was asked for.
 *
 * @returns false where the run was taken over or closed meanwhile: nothing was written, and the caller must stop
 */
export async function stagePage(
  client: pg.PoolClient,
  run: ClaimedRun,
  summary: PageSummary,
  answer: CatalogPage,
  naming: StagedNaming,
): Promise<boolean> {
  return inTransaction(client, async () => {
    if (!(await enterInLedger(client, run, summary, answer.arrivedAt))) return false;
    const place = { runId: run.runId, asked: summary.asked, arrivedAt: answer.arrivedAt };
    await stageItems(client, place, answer.items, naming.owner);
    await stageBadRecords(client, run.runId, summary, answer, naming.identity);
    // Losing the last staged pages to a crash of the server costs a second reading, which a crash costs anyway.
    await client.query('SET LOCAL synchronous_commit = off');
    return true;
  });
}

async function enterInLedger(
  client: pg.PoolClient,
  run: ClaimedRun,
  summary: PageSummary,
  arrivedAt: Date,
): Promise<boolean> {
  const cover = coverOf(summary);
  const { rowCount } = await client.query(
    `INSERT INTO mirror.staged_pages
       (run_id, asked, pass, page, page_limit, arrived_at, covers, summary)
     SELECT id, $3, $4, $5, $6, $7, CASE WHEN $8 THEN tstzrange($9, $10, '()') END, $11
     FROM mirror.runs WHERE id = $1 AND fencing_token = $2 AND state = 'running' FOR SHARE`,
    [
      run.runId,
      run.fencingToken,
      summary.asked,
      summary.pass,
      summary.page,
      summary.limit,
      arrivedAt,
      cover !== null,
      cover?.after,
      cover?.before,
      JSON.stringify(summary),
    ],
  );
  return rowCount === 1;
}

/** Stages the items of one answer, without an entry in the ledger. */
export async function stageItems(
  client: pg.PoolClient,
  place: { readonly runId: string; readonly asked: number; readonly arrivedAt: Date },
  items: readonly PageItem[],
  owner: StagedNaming['owner'],
): Promise<void> {
  if (items.length === 0) return;
  const arrivedAt = place.arrivedAt.toISOString();
  const rows = items.map((item, position) =>
    copyRow([place.runId, place.asked, position, arrivedAt, ...itemFields(item, owner)]),
  );
  // One chunk for all: a stream takes longer over 200 chunks than PostgreSQL over their rows.
  await pipeline(
    [rows.join('')],
    client.query(copyFrom(`COPY mirror.staged_artifacts (${STAGED_COLUMNS}) FROM STDIN`)),
  );
}

function itemFields(item: PageItem, owner: StagedNaming['owner']): readonly (string | number | boolean | null)[] {
  if (!item.ok) {
    const { id, createdAt, downloadCount } = item.bad;
    return [false, id, createdAt, null, null, null, null, null, downloadCount, null, null];
  }
  const { record } = item;
  return [
    true,
    record.id,
    record.createdAt,
    record.name,
    owner(record.name),
    record.version,
    record.framework,
    record.isPublic,
    record.downloadCount,
    record.origin === null ? null : JSON.stringify(record.origin),
    JSON.stringify(record.extra),
  ];
}

/** Bad records are few: one statement for those of a page. Their identity is that of the whole text, before the cut. */
async function stageBadRecords(
  client: pg.PoolClient,
  runId: string,
  summary: PageSummary,
  answer: CatalogPage,
  identity: (record: BadRecord) => string,
): Promise<void> {
  const bad = answer.items.flatMap((item, position) => (item.ok ? [] : [{ position, record: item.bad }]));
  if (bad.length === 0) return;
  await client.query(
    `INSERT INTO mirror.staged_bad_records (run_id, asked, page, arrived_at, position, artifact_id, identity, detail,
                                            source)
     SELECT $1, $2, $3, $4, * FROM unnest($5::integer[], $6::uuid[], $7::text[], $8::text[], $9::text[])`,
    [
      runId,
      summary.asked,
      summary.page,
      answer.arrivedAt,
      bad.map(({ position }) => position),
      bad.map(({ record }) => record.id),
      bad.map(({ record }) => identity(record)),
      bad.map(({ record }) => record.problems.map(({ field, reason }) => `${field} ${reason}`).join('; ')),
      bad.map(({ record }) => cutPayload(record.source)),
    ],
  );
}
