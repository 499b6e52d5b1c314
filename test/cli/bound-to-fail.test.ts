import { describe, expect, it } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import type { CatalogClient } from '../../src/catalog/client.ts';
import { Failure } from '../../src/catalog/failure.ts';
import { createRequestPacer } from '../../src/catalog/pacer.ts';
import type { CatalogPage } from '../../src/catalog/page.ts';
import { parseInstant } from '../../src/catalog/timestamp.ts';
import { createMirror } from '../../src/mirror/mirror-organization.ts';
import { fullJitter } from '../../src/queue/job-options.ts';
import { artifactId, mirrored } from '../mirror/harness.ts';
import { FakeClock } from '../support/clock.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

const TWO_MINUTES = 120_000;
/** The longest that the default CATALOG_TIMEOUT_SECONDS lets one try take. */
const TIMEOUT_MS = 20_000;
const PAGES = 30;
/** As unlucky as jitter can be. */
const MOST = 0.999_999;

interface Weather {
  readonly name: string;
  /** Which pages never come. */
  readonly fails: (page: number) => boolean;
  /** How long the n-th try of a page takes to fail, in milliseconds. */
  readonly takes: (attempt: number) => number;
}

const hangs = (): number => TIMEOUT_MS;
const WEATHERS: readonly Weather[] = [
  { name: 'nothing answers, and each try waits to the end', fails: () => true, takes: hangs },
  { name: 'everything fails at once', fails: () => true, takes: () => 0 },
  {
    name: 'tries fail just soon enough for one more to hang',
    fails: () => true,
    takes: (n) => (n % 2 === 1 ? 14_000 : TIMEOUT_MS),
  },
  ...[1, 2, 3, 4, 8, 29].map((count) => ({
    name: `the last ${count} of ${PAGES} pages hang`,
    fails: (page: number) => page > PAGES - count,
    takes: hangs,
  })),
  {
    name: 'two pages fail as late as they can',
    fails: (page) => page > PAGES - 2,
    takes: (n) => (n % 2 === 1 ? 14_000 : TIMEOUT_MS),
  },
];

describe.skipIf(!postgresAvailable)('a run that is bound to fail with the default settings', () => {
  const database = useTestDatabase();

  // One page at a time: pages side by side fail in as many rounds, each in the time of one.
  it.each(WEATHERS)('is over within two minutes where $name', async ({ fails, takes }) => {
    const clock = new FakeClock({ random: () => MOST });
    const tries = new Map<number, number>();
    const client: CatalogClient = {
      pacer: createRequestPacer({ clock }),
      close: async () => {},
      readPage: async (_, { page }, { onArrival } = {}) => {
        if (!fails(page)) {
          onArrival?.();
          return pageOf(page, clock.now());
        }
        const attempt = (tries.get(page) ?? 0) + 1;
        tries.set(page, attempt);
        clock.advance(takes(attempt));
        throw new Failure({
          class: 'timeout',
          operation: `read page ${page}`,
          subject: 'models of acme',
          detail: 'no answer',
          hint: 'wait',
        });
      },
    };
    const mirror = createMirror({
      pool: database.pool,
      clock,
      organizations: [mirrored('acme')],
      catalogUrl: 'http://127.0.0.1:1/api/v1',
      clientFor: () => client,
      pageSize: 1,
      pageConcurrency: 1,
      maxPasses: 3,
      maxExtraReads: 1,
      maxLooks: 12,
      maxRemoval: 0.2,
      resumeMinutes: 60,
    });
    const beganAt = clock.now().getTime();
    let runId: string | null = null;
    let state: string | null = null;
    for (let attempt = 1; state === null && attempt <= mirrorOrganization.attempts; attempt += 1) {
      try {
        const outcome = await mirror({
          organization: 'acme',
          kind: 'models',
          trigger: 'manual',
          runId,
          approves: null,
          records: [],
          lastAttempt: attempt === mirrorOrganization.attempts,
          onRunOpened: async (opened) => {
            runId = opened;
          },
          signal: new AbortController().signal,
        });
        state = outcome.status === 'closed' ? outcome.run.state : outcome.status;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        clock.advance(fullJitter(mirrorOrganization.backoffMs, attempt, MOST));
      }
    }
    expect(state).toBe(fails(1) ? 'failed' : 'partial');
    expect((clock.now().getTime() - beganAt) / 1000).toBeLessThanOrEqual(TWO_MINUTES / 1000);
  });
});

function pageOf(page: number, arrivedAt: Date): CatalogPage {
  const createdAt = parseInstant(new Date(Date.UTC(2024, 0, page)).toISOString());
  if (createdAt === null) throw new Error('not an instant');
  return {
    page,
    limit: 1,
    total: PAGES,
    totalPages: PAGES,
    hasNext: page < PAGES,
    hasPrevious: page > 1,
    arrivedAt,
    items: [
      {
        ok: true,
        record: {
          id: artifactId(page),
          name: `acme/model-${page}`,
          version: '1.0.0',
          framework: 'safetensors',
          isPublic: false,
          downloadCount: page,
          origin: null,
          createdAt,
          extra: {},
        },
      },
    ],
  };
}
