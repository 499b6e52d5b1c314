import { afterEach, describe, expect, it } from 'vitest';
import { type CatalogClient, createCatalogClient } from '../../src/catalog/client.ts';
import type { SharedPace } from '../../src/catalog/shared-pace.ts';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import { postgresAvailable } from '../support/database.ts';
import { artifacts, type Harness, openHarness } from './harness.ts';

let harness: Harness;
let clients: CatalogClient[] = [];
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
  await harness.close();
});

const MINUTE = 60_000;
/** A job has further attempts after this one, of which none is to be used up. */
const FIRST_ATTEMPT = { lastAttempt: false };
/** What a wait is that the catalog does not name: half to all of half a second, in the middle of chance. */
const PAUSE = 375;
const limited = (retryAfter?: string): Misbehaviour => ({
  act: 'status',
  status: 429,
  detail: 'Too many requests',
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

/** A list of three pages, read one by one. */
async function openThreePages(): Promise<void> {
  harness = await openHarness({ lists: { acme: artifacts(1, 25) } });
  harness.configure({ pageConcurrency: 1 });
}

/** What each request for a page is answered with, in turn; null as the contract says, and after the last one too. */
function answerPage(page: number, answers: readonly (Misbehaviour | null)[]): void {
  const left = [...answers];
  harness.catalog.script((request) =>
    request.query['page'] === String(page) ? (left.shift() ?? undefined) : undefined,
  );
}

/** The first attempt of a job at 03:00, and how long it took by the clock. */
async function attempt() {
  harness.clock.set('2025-01-01T03:00:00Z');
  const outcome = await harness.attempt('acme', FIRST_ATTEMPT);
  if (outcome.status !== 'closed') throw new Error(`the run is ${outcome.status}`);
  return { run: outcome.run, tookMs: harness.clock.now().getTime() - Date.parse('2025-01-01T03:00:00Z') };
}

const letters = () =>
  harness.rows('SELECT error_class, level, page, status, attempts FROM mirror.dead_letters ORDER BY page');
const certifiedAfter = (retries: number) => ({
  state: 'certified',
  figures: { added: 25, requests: 3 + retries, retries, letters: 0 },
});

describe.skipIf(!postgresAvailable)('a 429', () => {
  it.each([
    ['seconds', '7', 7_000],
    ['half a second', '0.5', 500],
    ['all of the 15 minutes', '900', 15 * MINUTE],
    ['a date', 'Wed, 01 Jan 2025 03:00:10 GMT', 10_000],
    ['a date in the old form', 'Wednesday, 01-Jan-25 03:02:00 GMT', 2 * MINUTE],
    ['no time', '0', PAUSE],
    ['a date in the past', 'Tue, 31 Dec 2024 23:59:59 GMT', PAUSE],
    ['a time before now', '-30', PAUSE],
    ['words', 'in a while', PAUSE],
    ['a date that is none', 'Wed, 32 Jan 2025 03:00:10 GMT', PAUSE],
    ['nothing', undefined, PAUSE],
  ])('that asks for %s (%s) is waited out to the millisecond, and costs no attempt', async (_, header, waitMs) => {
    await openThreePages();
    answerPage(2, [limited(header)]);
    const { run, tookMs } = await attempt();
    expect(run).toMatchObject(certifiedAfter(1));
    expect(tookMs).toBe(waitMs);
  });

  it.each(['901', '99999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'that asks for more than 15 minutes (%s) is given up at once',
    async (header) => {
      await openThreePages();
      answerPage(2, [limited(header)]);
      const { run, tookMs } = await attempt();
      expect(run).toMatchObject({ state: 'partial', errorClass: 'rate_limited', figures: { added: 15, retries: 0 } });
      expect(tookMs).toBe(0);
      expect(await letters()).toEqual([
        { error_class: 'rate_limited', level: 'page', page: 2, status: 429, attempts: 1 },
      ]);
    },
  );

  it('costs a page none of its five tries', async () => {
    await openThreePages();
    const broken: Misbehaviour = { act: 'status', status: 500 };
    answerPage(2, [limited('10'), broken, limited('10'), broken, broken, limited('10'), broken]);
    const { run, tookMs } = await attempt();
    expect(run).toMatchObject(certifiedAfter(7));
    expect(tookMs).toBeGreaterThanOrEqual(30_000);
  });

  it('for ever ends after 15 minutes for all pages together, with a letter for each, in the first attempt', async () => {
    await openThreePages();
    harness.catalog.script((request) => (request.query['page'] === '1' ? undefined : limited('300')));
    const { run, tookMs } = await attempt();
    expect(run).toMatchObject({ state: 'partial', errorClass: 'rate_limited', figures: { added: 10, letters: 2 } });
    expect(tookMs).toBe(15 * MINUTE);
    const given = await letters();
    expect(given).toMatchObject([2, 3].map((page) => ({ error_class: 'rate_limited', level: 'page', page })));
    // The one that waited made four requests, and the other learnt from a single one that the time was up.
    expect(given.map(({ attempts }) => attempts).sort()).toEqual([1, 4]);
  });

  it('for ever on the first page fails the organization after 15 minutes, with one letter', async () => {
    await openThreePages();
    harness.catalog.script(() => limited('450'));
    const { run, tookMs } = await attempt();
    expect(run).toMatchObject({ state: 'failed', errorClass: 'rate_limited', figures: { requests: 3, letters: 1 } });
    expect(tookMs).toBe(15 * MINUTE);
    expect(await letters()).toEqual([
      { error_class: 'rate_limited', level: 'organization', page: null, status: 429, attempts: 3 },
    ]);
  });

  it.each([
    ['organization', 1, 'failed', null],
    ['page', 2, 'partial', 2],
  ] as const)('about credits is not waited for, whatever it asks (%s)', async (level, page, state, letterPage) => {
    await openThreePages();
    const answer: Misbehaviour = {
      act: 'status',
      status: 429,
      detail: 'You have run out of credits',
      type: 'credits_error',
      retryAfter: '5',
    };
    harness.catalog.script((request) => (request.query['page'] === String(page) ? answer : undefined));
    const { run, tookMs } = await attempt();
    expect(run).toMatchObject({ state, errorClass: 'out_of_credits', figures: { retries: 0, letters: 1 } });
    expect(tookMs).toBe(0);
    expect(await letters()).toEqual([
      { error_class: 'out_of_credits', level, page: letterPage, status: 429, attempts: 1 },
    ]);
  });
});

describe.skipIf(!postgresAvailable)('a quiet that another process met', () => {
  /** A pace whose quiet begins with the n-th request of this process. */
  function quietFromRequest(number: number, milliseconds: number): SharedPace {
    let until = Number.NEGATIVE_INFINITY;
    let asked = 0;
    return {
      takeSlot: async () => 0,
      quiet: async () => {
        asked += 1;
        const now = harness.clock.now().getTime();
        if (asked === number) until = now + milliseconds;
        return { endsInMs: until - now, lastedMs: until > now ? 1 : 0 };
      },
      slowDown: async () => {},
      answered: async () => {},
    };
  }

  it('is waited out without a retry, and tries nobody’s patience', async () => {
    await openThreePages();
    const pace = quietFromRequest(2, 2 * MINUTE);
    const client = createCatalogClient({ url: harness.catalog.url, version: '0.0.0-test', clock: harness.clock, pace });
    clients.push(client);
    harness.configure({ clientFor: () => client });
    // The last page is read before those between.
    answerPage(3, [{ act: 'status', status: 403 }]);
    const { run, tookMs } = await attempt();
    // Had the two minutes counted as trying in vain, the second page would have been given up with it.
    expect(run).toMatchObject({ state: 'partial', figures: { added: 20, requests: 3, retries: 0, letters: 1 } });
    expect(tookMs).toBe(2 * MINUTE);
  });
});
