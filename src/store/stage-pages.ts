import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BadRecord, CatalogPage, PageItem } from '../catalog/page.ts';
import { cutPayload } from '../catalog/payload.ts';
import { coverOf } from '../walk/cover.ts';
import type { PageSummary } from '../walk/page-summary.ts';
import { arrayText } from './array-text.ts';
import type { ClaimedRun } from './claim-run.ts';
import { inTransaction } from './connection.ts';
import { findSettled } from './find-settled.ts';
import { FIELD_COLUMNS, type OwnerOf, type StagedItem, stagedItem } from './staged-item.ts';

/** What is decided of an item while it is staged, by rules that are not the store's. */
export interface StagedNaming {
  readonly owner: OwnerOf;
  /** What makes a bad record the same one tomorrow (design section 5). */
  readonly identity: (record: BadRecord) => string;
}

/** One answer of the catalog and what the walk remembers of it. */
export interface Answer {
  readonly summary: PageSummary;
  readonly answer: CatalogPage;
}

/** How many items were staged, and how many of them stand in the mirror just as they are listed. */
export interface Staged {
  readonly items: number;
  readonly settled: number;
}

/** An answer, with its items as they go into the staging. */
interface Page extends Answer {
  readonly items: readonly StagedItem[];
}

/**
 * Stages answers and enters them in the ledger with what they cover, in one transaction: each is staged as a whole or not
 * at all. Of an item that stands in the mirror just as it is listed only the id is kept, in the ledger; the others are
 * staged with all their fields, by COPY. The same page may be staged once for each time it was asked for.
 *
 * On a night when nothing changed, that spares PostgreSQL 200,000 rows and their removal: one statement a page took 0.6 ms,
 * staging its 200 items 1.2 ms, and the apply had to join them all.
 *
 * @param looksForSettled whether the mirror is asked at all; in vain where most items are new
 * @returns null where the run was taken over or closed meanwhile: nothing was written, and the caller must stop
 */
export async function stagePages(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly Answer[],
  naming: StagedNaming,
  looksForSettled = true,
): Promise<Staged | null> {
  const pages = answers.map((one) => ({
    ...one,
    items: one.answer.items.map((item) => stagedItem(item, naming.owner)),
  }));
  const items = pages.flatMap((page) => page.items);
  const settled = looksForSettled ? await findSettled(client, run.runId, items) : new Set<StagedItem>();
  const isRest = (item: StagedItem): boolean => !settled.has(item);
  const stage = async (): Promise<boolean> => {
    if (!(await enterInLedger(client, run, pages, settled))) return false;
    const lines = pages.map(({ summary, answer, items: listed }) =>
      linesOf({ runId: run.runId, asked: summary.asked, arrivedAt: answer.arrivedAt }, listed, isRest),
    );
    await copyLines(client, lines.join(''));
    await stageBadRecords(client, run.runId, answers, naming.identity);
    return true;
  };
  // Alone in its transaction, the ledger's statement needs no BEGIN and no COMMIT.
  const isStaged = items.some(isRest) ? await inTransaction(client, stage) : await stage();
  return isStaged ? { items: items.length, settled: settled.size } : null;
}

async function enterInLedger(
  client: pg.PoolClient,
  run: ClaimedRun,
  pages: readonly Page[],
  settled: ReadonlySet<StagedItem>,
): Promise<boolean> {
  const covers = pages.map(({ summary }) => coverOf(summary));
  const figures = <K extends 'asked' | 'pass' | 'page' | 'limit'>(key: K) => pages.map(({ summary }) => summary[key]);
  const { rowCount } = await client.query(
    // Losing the last staged pages to a crash of the server costs a second reading, which a crash costs anyway.
    `INSERT INTO mirror.staged_pages
       (run_id, asked, pass, page, page_limit, arrived_at, covers, summary, settled)
     SELECT run.id, asked, pass, page, page_limit, arrived_at, CASE WHEN is_cover THEN tstzrange(after, before, '()') END,
            summary, settled::uuid[]
     FROM (
       SELECT id, set_config('synchronous_commit', 'off', true)
       FROM mirror.runs WHERE id = $1 AND fencing_token = $2 AND state = 'running' FOR SHARE
     ) AS run
     CROSS JOIN unnest($3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::timestamptz[], $8::boolean[],
                       $9::timestamptz[], $10::timestamptz[], $11::jsonb[], $12::text[])
       AS answer (asked, pass, page, page_limit, arrived_at, is_cover, after, before, summary, settled)`,
    [
      run.runId,
      run.fencingToken,
      figures('asked'),
      figures('pass'),
      figures('page'),
      figures('limit'),
      pages.map(({ answer }) => answer.arrivedAt),
      covers.map((cover) => cover !== null),
      covers.map((cover) => cover?.after ?? null),
      covers.map((cover) => cover?.before ?? null),
      pages.map(({ summary }) => JSON.stringify(summary)),
      pages.map(({ items }) => arrayText(items.flatMap((item) => (item.good && settled.has(item) ? [item.id] : [])))),
    ],
  );
  return rowCount === pages.length;
}

/** Where a line of the staging comes from. */
interface LinePlace {
  readonly runId: string;
  readonly asked: number;
  readonly arrivedAt: Date;
}

/** Stages the items of one answer with all their fields, without an entry in the ledger. */
export async function stageItems(
  client: pg.PoolClient,
  place: LinePlace,
  items: readonly PageItem[],
  owner: OwnerOf,
): Promise<void> {
  const staged = items.map((item) => stagedItem(item, owner));
  await copyLines(
    client,
    linesOf(place, staged, () => true),
  );
}

const LINE_COLUMNS = `run_id, asked, position, arrived_at, good, id, download_count, digest, ${FIELD_COLUMNS}`;

function linesOf(
  { runId, asked, arrivedAt }: LinePlace,
  items: readonly StagedItem[],
  isMeant: (item: StagedItem) => boolean,
): string {
  const moment = arrivedAt.toISOString();
  let lines = '';
  for (const [position, item] of items.entries()) {
    if (!isMeant(item)) continue;
    const { good, id, downloadCount, digest, fields } = item;
    const own = `${good ? 't' : 'f'}\t${id ?? '\\N'}\t${downloadCount ?? '\\N'}\t${digest ?? '\\N'}`;
    lines += `${runId}\t${asked}\t${position}\t${moment}\t${own}\t${fields}\n`;
  }
  return lines;
}

async function copyLines(client: pg.PoolClient, lines: string): Promise<void> {
  if (lines === '') return;
  // One chunk for all: a stream takes longer over 200 chunks than PostgreSQL over their rows.
  await pipeline([lines], client.query(copyFrom(`COPY mirror.staged_artifacts (${LINE_COLUMNS}) FROM STDIN`)));
}

/** Bad records are few: one statement for those of all answers. Their identity is that of the whole text, before the cut. */
async function stageBadRecords(
  client: pg.PoolClient,
  runId: string,
  answers: readonly Answer[],
  identity: (record: BadRecord) => string,
): Promise<void> {
  const bad = answers.flatMap(({ summary, answer }) =>
    answer.items.flatMap((item, position) =>
      item.ok
        ? []
        : [{ asked: summary.asked, page: summary.page, arrivedAt: answer.arrivedAt, position, record: item.bad }],
    ),
  );
  if (bad.length === 0) return;
  await client.query(
    `INSERT INTO mirror.staged_bad_records (run_id, asked, page, arrived_at, position, artifact_id, identity, detail,
                                            source)
     SELECT $1, * FROM unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::integer[], $6::uuid[], $7::text[],
                              $8::text[], $9::text[])`,
    [
      runId,
      bad.map(({ asked }) => asked),
      bad.map(({ page }) => page),
      bad.map(({ arrivedAt }) => arrivedAt),
      bad.map(({ position }) => position),
      bad.map(({ record }) => record.id),
      bad.map(({ record }) => identity(record)),
      bad.map(({ record }) => record.problems.map(({ field, reason }) => `${field} ${reason}`).join('; ')),
      bad.map(({ record }) => cutPayload(record.source)),
    ],
  );
}
