import type { BadRecord, CatalogPage, CatalogRecord, PageItem } from '../../src/catalog/page.ts';
import { type Instant, parseInstant } from '../../src/catalog/timestamp.ts';
import type { ApplyContext } from '../../src/store/apply/context.ts';
import type { RunIdentity } from '../../src/store/claim-run.ts';
import type { StagedNaming } from '../../src/store/stage-page.ts';
import { type PageSummary, summarisePage } from '../../src/walk/page-summary.ts';

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

export function applyContext(runId: string): ApplyContext {
  return { runId, scope: identity(), day: '2025-01-15', at: START, mirrored: ['acme'] };
}

export const naming: StagedNaming = {
  owner: (name) => (name.includes('/') ? (name.split('/')[0] ?? null) : null),
  identity: (record) => `digest of ${record.source}`,
};

export function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === null) throw new Error(`${text} is no timestamp`);
  return parsed;
}

export function artifactId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

export function good(n: number, changes: Partial<CatalogRecord> = {}): PageItem {
  return {
    ok: true,
    record: {
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
    },
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

/** One answer of the catalog and what the walk remembers of it. */
export function pageOf(
  items: readonly PageItem[],
  place: { readonly pass?: number; readonly page?: number } = {},
): { readonly summary: PageSummary; readonly answer: CatalogPage } {
  const { pass = 1, page = 1 } = place;
  const answer: CatalogPage = {
    page,
    limit: 10,
    total: items.length,
    totalPages: 1,
    hasNext: false,
    hasPrevious: false,
    items,
    arrivedAt: START,
  };
  return { answer, summary: summarisePage(answer, { pass, order: page }) };
}
