import type pg from 'pg';
import type { BadRecord, CatalogRecord } from '../catalog/page.ts';
import { cutPayload } from '../catalog/payload.ts';
import type { ClaimedRun } from './claim-run.ts';
import { inTransaction } from './connection.ts';
import { copyTogether } from './copy-together.ts';
import { type Answer, type Entry, enterAnswers } from './enter-answers.ts';
import { enterKnown } from './enter-known.ts';
import { allItems, badOf, itemAt, type OwnerOf, STAGED_ROWS, type StagedItem, stagedRows } from './staged-rows.ts';
import { uuidKey } from './uuid-bytes.ts';

/** What is decided of an item while it is staged, by rules that are not the store's. */
export interface StagedNaming {
  readonly owner: OwnerOf;
  /** What makes a bad record the same one tomorrow (design section 5). */
  readonly identity: (record: BadRecord) => string;
}

/** What most of some answers are expected to be: settled, settled but for some items, or new. */
export type Expected = 'settled' | 'mixed' | 'new';

/** How many items were staged, and how many of them stand in the mirror just as they are listed. */
export interface Staged {
  readonly items: number;
  readonly settled: number;
}

/** What is to be staged of an answer with all its fields, each item with its place on the page. */
interface Rest extends Answer {
  readonly items: readonly StagedItem[];
}

/**
 * Stages answers and enters them in the ledger with what they cover: each is staged as a whole or not at all. Of an item
 * that stands in the mirror just as it is listed only the id is kept, in the ledger; the others are staged with all their
 * fields by COPY. The same page may be staged once for each time it was asked for. A page that is known, and whose
 * items stand as they did, takes nothing but its entry.
 *
 * @param expects what most answers are like: `settled` ones take one statement, the others two more; `new` ones are not
 *   looked for in the mirror
 * @returns null where the run was taken over or closed meanwhile: the caller must stop
 */
export async function stagePages(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly Answer[],
  naming: StagedNaming,
  expects: Expected = 'settled',
): Promise<Staged | null> {
  const known = await enterKnownAnswers(client, run, answers);
  if (known === null) return null;
  const unknown = answers.filter(({ summary }) => !known.has(summary.asked));
  const isWorthATry = expects === 'settled' && unknown.length > 0;
  const whole = isWorthATry ? await enterAnswers(client, run, unknown, 'whole', true) : [];
  if (whole === null) return null;
  const left = unknown.filter((_, index) => !(whole[index]?.isEntered ?? false));
  const rest = left.length === 0 ? [] : await stageRest(client, run, left, naming, expects);
  if (rest === null) return null;
  const items = sum(answers, ({ summary }) => summary.items);
  return { items, settled: items - sum(rest, (one) => one.items.length) };
}

/** The `asked` of those that are known and were entered; null where the run is lost. */
async function enterKnownAnswers(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly Answer[],
): Promise<ReadonlySet<number> | null> {
  const known = answers.flatMap((one) => {
    const list = one.answer.unread?.known ?? null;
    return list === null ? [] : [{ ...one, known: list }];
  });
  return known.length === 0 ? new Set() : enterKnown(client, run, known);
}

/** Stages answers in a transaction, and says what of them was not settled; null where the run is lost. */
function stageRest(
  client: pg.PoolClient,
  run: ClaimedRun,
  answers: readonly Answer[],
  naming: StagedNaming,
  expects: Expected,
): Promise<readonly Rest[] | null> {
  return inTransaction(
    client,
    async () => {
      const entries = await enterAnswers(client, run, answers, 'all', expects !== 'new');
      if (entries === null) return null;
      const rest = answers.map((answer, index) => restOf(answer, entries[index]));
      await stageBadRecords(client, run.runId, rest, naming.identity);
      return rest;
    },
    (rest) => {
      const rows = (rest ?? []).flatMap((one) =>
        one.items.length === 0 ? [] : [rowsOf(run.runId, one, naming.owner)],
      );
      return rows.length === 0
        ? client.query('COMMIT')
        : copyTogether(client, [{ target: STAGED_ROWS, rows }, 'COMMIT']);
    },
  );
}

/**
 * What an answer lists beside what is settled. Where it lists an artifact more than once, and not each time just so, all
 * of that is staged with its fields, so that it is known which of the two stood behind the other.
 */
function restOf({ summary, answer }: Answer, entry: Entry | undefined): Rest {
  const { unread } = answer;
  const rest = entry?.rest ?? 'all';
  if (unread == null || rest === 'all') {
    return { summary, answer, items: allItems(answer) };
  }
  if (rest.length === 0) return { summary, answer, items: [] };
  const { count, ids } = unread.sighted;
  const wanted = new Set(rest.map((place) => uuidKey(ids, place)));
  const items: StagedItem[] = [];
  for (let place = 0; place < count; place += 1) {
    if (wanted.has(uuidKey(ids, place))) items.push(itemAt(unread, place));
  }
  return { summary, answer, items };
}

function sum<T>(values: readonly T[], figure: (value: T) => number): number {
  return values.reduce((total, value) => total + figure(value), 0);
}

function rowsOf(runId: string, { summary, answer, items }: Rest, owner: OwnerOf): Buffer {
  return stagedRows(runId, { asked: summary.asked, arrivedAt: answer.arrivedAt, items }, owner);
}

/** Stages good records with all their fields, each as of an answer of its own, without an entry in the ledger. */
export async function stageRecords(
  client: pg.PoolClient,
  runId: string,
  records: readonly { readonly record: CatalogRecord; readonly arrivedAt: Date }[],
  owner: OwnerOf,
): Promise<void> {
  const rows = records.map(({ record, arrivedAt }, index) => {
    const items = [{ position: 0, listed: { read: { ok: true, record } as const, digest: null } }];
    return stagedRows(runId, { asked: index + 1, arrivedAt, items }, owner);
  });
  await copyTogether(client, [{ target: STAGED_ROWS, rows }]);
}

/** Bad records are few: one statement for those of all answers. Their identity is that of the whole text, before the cut. */
async function stageBadRecords(
  client: pg.PoolClient,
  runId: string,
  answers: readonly Rest[],
  identity: (record: BadRecord) => string,
): Promise<void> {
  const bad = answers.flatMap(({ summary: { asked, page }, answer: { arrivedAt }, items }) =>
    items.flatMap((item) => {
      const record = badOf(item);
      return record === null ? [] : [{ asked, page, arrivedAt, position: item.position, record }];
    }),
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
