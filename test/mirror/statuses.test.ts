import { afterEach, describe, expect, it } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { FAILURE_CLASSES, type FailureClass } from '../../src/catalog/failure.ts';
import { policyOf, type Retry } from '../../src/catalog/policy.ts';
import type { MirrorOutcome } from '../../src/mirror/types.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

type Row = readonly [status: number, failureClass: FailureClass, detail?: string];

/** Every status that has a line of its own in the table of policies, and some that share one. */
const STATUSES: readonly Row[] = [
  ...FAILURE_CLASSES.flatMap((one) => policyOf(one).statuses.map((status): Row => [status, one])),
  [429, 'out_of_credits', 'Your organization has no credits left'],
  [302, 'redirect'],
  [402, 'client_error', 'Payment for credits required'],
  [413, 'client_error'],
  [507, 'server_error'],
  [206, 'contract_violation'],
];

const LEVELS = [
  { level: 'organization', page: 1, letterPage: null, state: 'failed', read: 0 },
  { level: 'page', page: 2, letterPage: 2, state: 'partial', read: 15 },
] as const;

const TRIES = 5;
/** Of a page in one attempt, where each 429 asks for a minute of the fifteen. */
const RATE_LIMITED = 16;

/** What a status that stays costs by its policy: attempts of the job, and requests for the page in each of them. */
const COST: Readonly<Record<Retry, { readonly attempts: number; readonly requests: number }>> = {
  never: { attempts: 1, requests: 1 },
  wait: { attempts: 1, requests: RATE_LIMITED },
  backoff: { attempts: mirrorOrganization.attempts, requests: TRIES },
};

const TABLE = STATUSES.flatMap(([status, failureClass, detail]) =>
  LEVELS.map((level) => ({ status, failureClass, detail, ...level })),
);

describe.skipIf(!postgresAvailable)('an answer', () => {
  it.each(TABLE)(
    'of $status for the $level is $failureClass, tried as its policy says, and one letter',
    async ({ status, failureClass, detail = 'Scripted', level, page, letterPage, state, read }) => {
      const type = `type_of_${status}`;
      harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
      harness.catalog.script((request) =>
        request.query['page'] === String(page) ? { act: 'status', status, detail, type, retryAfter: '60' } : undefined,
      );
      const cost = COST[policyOf(failureClass).retry];
      const { outcome, attempts } = await workJob(failureClass);
      expect(attempts).toBe(cost.attempts);
      expect(outcome).toMatchObject({
        status: 'closed',
        run: {
          state,
          errorClass: failureClass,
          figures: { added: read, retries: (cost.requests - 1) * cost.attempts, letters: 1 },
        },
      });
      const asked = harness.catalog.requests.filter(({ query }) => query['page'] === String(page));
      expect(asked).toHaveLength(cost.requests * cost.attempts);
      expect(
        await harness.rows(
          `SELECT error_class, error_type, level, page, status, state, attempts, occurrences FROM mirror.dead_letters`,
        ),
      ).toEqual([
        {
          error_class: failureClass,
          error_type: type,
          level,
          page: letterPage,
          status,
          state: 'open',
          attempts: cost.requests,
          occurrences: 1,
        },
      ]);
    },
  );
});

/** Attempts of one job as the queue makes them, until one closes the run. */
async function workJob(
  failureClass: FailureClass,
): Promise<{ readonly outcome: MirrorOutcome; readonly attempts: number }> {
  let runId: string | null = null;
  for (let attempts = 1; ; attempts += 1) {
    const lastAttempt = attempts === mirrorOrganization.attempts;
    const attempt = harness.attempt('acme', {
      lastAttempt,
      runId,
      onRunOpened: async (opened) => {
        runId = opened;
      },
    });
    if (lastAttempt || policyOf(failureClass).retry !== 'backoff') return { outcome: await attempt, attempts };
    await expect(attempt).rejects.toMatchObject({ class: failureClass });
    expect(await harness.rows('SELECT FROM mirror.dead_letters')).toEqual([]);
  }
}
