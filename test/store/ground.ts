import { createHash } from 'node:crypto';
import type pg from 'pg';
import { idsDigestOf } from '../../src/catalog/known-list.ts';
import type { BadRecord, CatalogPage, CatalogRecord, PageItem, Unread } from '../../src/catalog/page.ts';
import { compareInstants, type Instant, parseInstant } from '../../src/catalog/timestamp.ts';
import type { ApplyContext } from '../../src/store/apply/context.ts';
import type { ClaimedRun, RunIdentity } from '../../src/store/claim-run.ts';
import { type StagedNaming, stagePages } from '../../src/store/stage-pages.ts';
import { uuidBytes } from '../../src/store/uuid-bytes.ts';
import { type PageSummary, type ReadPurpose, summarisePage } from '../../src/walk/page-summary.ts';

/** When every run of these tests starts. */
export const START = new Date('2025-01-15T03:00:00Z');

/** The listing of every run of these tests, with what a test wants otherwise. */
export function identity(changes: Partial<RunIdentity> = {}): RunIdentity {
  return {
    organization: 'acme',
    kind: 'models',
    day: '2025-01-15',
    timeZone: 'UTC',
    includePublic: false,
    pageSize: 10,
    catalogUrl: 'https://catalog.example/api/v1',
    ...changes,
  };
}

export function applyContext(runId: string, changes: Partial<ApplyContext> = {}): ApplyContext {
  return {
    runId,
    scope: identity(),
    day: '2025-01-15',
    at: START,
    mirrored: ['acme'],
    approvedRunId: null,
    ...changes,
  };
}

export const naming: StagedNaming = {
  owner: (name) => (name.includes('/') ? (name.split('/')[0] ?? null) : null),
  identity: (record) => `digest of ${record.source}`,
};

/** Stages one answer; false where the run was lost. */
export async function stagePage(
  client: pg.PoolClient,
  run: ClaimedRun,
  summary: PageSummary,
  answer: CatalogPage,
): Promise<boolean> {
  return (await stagePages(client, run, [{ summary, answer }], naming)) !== null;
}

export function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === null) throw new Error(`${text} is no timestamp`);
  return parsed;
}

export function artifactId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

export function good(n: number, changes: Partial<CatalogRecord> = {}): PageItem {
  return { ok: true, record: goodRecord(n, changes) };
}

export function goodRecord(n: number, changes: Partial<CatalogRecord> = {}): CatalogRecord {
  return {
    id: artifactId(n),
    name: `acme/model-${n}`,
    version: '1.0.0',
    framework: 'pytorch',
    isPublic: true,
    downloadCount: n * 10,
    origin: null,
    createdAt: instant(`2024-01-01T00:00:${String(n).padStart(2, '0')}Z`),
    extra: {},
    ...changes,
  };
}

export function bad(changes: Partial<BadRecord> = {}): PageItem {
  return {
    ok: false,
    bad: {
      id: null,
      createdAt: null,
      downloadCount: null,
      problems: [{ field: 'name', reason: 'is missing' }],
      source: '{"id":1}',
      ...changes,
    },
  };
}

/** What is seen of a page whose items are all good, as the catalog's client would see it. */
function unreadOf(items: readonly PageItem[]): Unread | null {
  const records = items.flatMap((item) => (item.ok ? [item.record] : []));
  if (records.length < items.length) return null;
  const digests = uuidBytes(records.map(digestOf));
  const moments = records.map(({ createdAt }) => createdAt);
  const ordered = moments.toSorted(compareInstants);
  return {
    size: records.length,
    list: createHash('md5').update(digests).digest('hex'),
    known: null,
    summary: {
      items: records.length,
      first: moments.at(0) ?? null,
      last: moments.at(-1) ?? null,
      ascending: moments.join() === ordered.join(),
      ids: idsDigestOf(records.map(({ id }) => `${id}\n`).join('')),
    },
    sighted: {
      count: records.length,
      ids: uuidBytes(records.map(({ id }) => id)),
      digests,
      earliest: ordered.at(0) ?? null,
      latest: ordered.at(-1) ?? null,
    },
    bytes: null,
    read: (place) => items[place] ?? bad(),
    plain: () => null,
  };
}

export function digestOf(record: CatalogRecord): string {
  return createHash('md5').update(JSON.stringify(record)).digest('hex');
}

/** Where an answer belongs and what it says beside its items, as far as a test cares. */
export interface AnswerPlace {
  /** Null: an extra read. */
  readonly pass?: number | null;
  readonly purpose?: ReadPurpose;
  readonly page?: number;
  /** By default each page is asked for after those of earlier passes and of lower numbers. */
  readonly asked?: number;
  readonly arrived?: number;
  readonly limit?: number;
  readonly total?: number;
  readonly hasNext?: boolean;
  readonly arrivedAt?: Date;
}

const PAGES_OF_A_PASS = 1_000;

/** One answer of the catalog and what the walk remembers of it. */
export function pageOf(
  items: readonly PageItem[],
  place: AnswerPlace = {},
): { readonly summary: PageSummary; readonly answer: CatalogPage } {
  const { pass = 1, page = 1, limit = 10, total = items.length, hasNext = false, arrivedAt = START } = place;
  const { purpose = pass === null ? 'absences' : 'list' } = place;
  const { asked = 2 * (PAGES_OF_A_PASS * (pass ?? 0) + page), arrived = asked + 1 } = place;
  const answer: CatalogPage = {
    page,
    limit,
    total,
    totalPages: 1,
    hasNext,
    hasPrevious: false,
    items,
    unread: unreadOf(items),
    arrivedAt,
  };
  return { answer, summary: summarisePage(answer, { pass, purpose, asked, arrived }) };
}
