import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/cli/status/read-status.ts';
import { renderStatus } from '../../src/cli/status/render-status.ts';
import { type ListingFacts, standingOf, summarise } from '../../src/cli/status/standing.ts';
import type { ListingRun } from '../../src/report/read-listings.ts';
import { createColours } from '../../src/terminal/colours.ts';
import { displayWidth } from '../../src/terminal/width.ts';

const NOW = new Date('2025-01-15T09:30:00Z');
const plain = createColours(false);

interface Made extends Partial<Omit<ListingFacts, 'runs'>> {
  readonly run?: Partial<ListingRun>;
  readonly completeDay?: string | null;
}

/** A listing of 29 days whose last run was certified last night, with what the test wants otherwise. */
function listing(organization: string, { run = {}, completeDay = '2025-01-15', ...facts }: Made = {}): ListingFacts {
  return {
    organization,
    kind: 'models',
    inSettings: true,
    artifacts: 164,
    outOfScope: 0,
    openLetters: 0,
    removalLetterId: null,
    nextFire: { at: new Date('2025-01-16T03:00:00Z'), from: 'queue' },
    runs: {
      organization,
      kind: 'models',
      firstDay: '2024-12-18',
      lastDay: '2025-01-15',
      coveredSince: completeDay === null ? null : '2024-12-18',
      coveredDays: completeDay === null ? 0 : 28,
      lastComplete: completeDay === null ? null : { runId: '137', day: completeDay },
      lastRun: {
        runId: '140',
        day: '2025-01-15',
        state: 'certified',
        startedAt: '2025-01-15T03:00:00.000Z',
        finishedAt: '2025-01-15T03:00:01.240Z',
        error: null,
        errorClass: null,
        isForsaken: false,
        ...run,
      },
    },
    ...facts,
  };
}

function neverRun(organization: string): ListingFacts {
  return {
    ...listing(organization),
    artifacts: 0,
    runs: null,
    nextFire: { at: new Date('2025-01-16T03:00:00Z'), from: 'settings' },
  };
}

const FAILED: Made = {
  completeDay: '2025-01-13',
  openLetters: 1,
  run: { state: 'failed', error: 'the catalog answered 404: no such organization', errorClass: 'not_found' },
};

function statusOf(listings: readonly ListingFacts[]): Status {
  return {
    version: '0.1.0',
    database: 'db.example:5432/catalog',
    mirror: { serverVersion: '17.6', databaseBytes: 93_400_000, catalogUrl: 'https://catalog.example/api/v1' },
    configuredCatalog: 'https://catalog.example/api/v1',
    coverage: {
      span: { first: '2024-12-18', last: '2025-01-15' },
      coveredDays: 27,
      uncoveredDays: 2,
      uncovered: [
        { day: '2025-01-14', organization: 'acme', kind: 'models', run: null, byNone: true },
        {
          day: '2025-01-15',
          organization: 'umbrella',
          kind: 'models',
          run: { runId: '140', state: 'failed', error: 'the catalog answered 404: no such organization' },
          byNone: false,
        },
      ],
    },
    queue: {
      status: 'listed',
      store: 'redis',
      fires: listings.map(({ organization, kind, nextFire }) => ({ organization, kind, next: nextFire?.at ?? null })),
    },
    listings: judged(listings),
    at: NOW,
  };
}

function judged(listings: readonly ListingFacts[]): Status['listings'] {
  return listings.map((facts) => ({ ...facts, standing: standingOf(facts, NOW) }));
}

const MIXED = [
  listing('acme', { artifacts: 1_826 }),
  listing('globex', {
    removalLetterId: '7',
    openLetters: 1,
    run: { state: 'held', error: 'it would withdraw 40 of 164 current artifacts', errorClass: 'suspicious_removal' },
  }),
  listing('hooli', { inSettings: false, nextFire: null, completeDay: '2025-01-09', run: { day: '2025-01-09' } }),
  neverRun('initech'),
  listing('umbrella', FAILED),
];

describe('the status screen', () => {
  it.each([80, 160])('tells the whole at %d columns', async (width) => {
    const screen = renderStatus(statusOf(MIXED), { width, colours: plain });
    expect(screen.split('\n').filter((line) => displayWidth(line) > width)).toEqual([]);
    await expect(screen).toMatchFileSnapshot(`screens/status-${width}.txt`);
  });

  it('stays one screen where there are very many, and shows those first that are not well', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => listing(`organization-${n}`, n === 777 ? FAILED : {}));
    const screen = renderStatus(statusOf(many), { width: 160, colours: plain });
    expect(screen.split('\n').length).toBeLessThan(50);
    expect(screen).toMatch(/^organization-777 +failed/m);
    expect(screen).toContain('and 970 more');
  });

  it('says in a sentence where the queue cannot be asked, and shows the rest', () => {
    const status: Status = {
      ...statusOf([listing('acme')]),
      queue: { status: 'unknown', reason: 'Redis: connect ECONNREFUSED' },
    };
    const screen = renderStatus(status, { width: 80, colours: plain });
    expect(screen).toContain('cannot be asked: Redis: connect ECONNREFUSED.');
    expect(screen).toMatch(/^acme +certified/m);
  });

  it('lets no error and no name act on the terminal', () => {
    const hostile = listing('globex', { ...FAILED, run: { ...FAILED.run, error: 'no \u001b[2J\u202esuch\nthing' } });
    const screen = renderStatus(statusOf([hostile, listing('ac\u200bme\u001b[31m')]), { width: 120, colours: plain });
    expect(screen.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e\u200b]/u);
    expect(screen).toContain('\\u001b[2J\\u202esuch');
    expect(screen).toContain('ac\\u200bme');
  });
});

describe('the summary', () => {
  it.each<[string, readonly ListingFacts[]]>([
    ['Nothing is mirrored yet.', []],
    ['acme is up to date, as of 2025-01-15.', [listing('acme')]],
    [
      'Both organizations are up to date, as of 2025-01-13.',
      [listing('acme'), listing('globex', { run: { day: '2025-01-13' } })],
    ],
    [
      '1 of 2 organizations are up to date, as of 2025-01-15; umbrella failed on 2025-01-15: the catalog answered 404: no such organization.',
      [listing('acme'), listing('umbrella', FAILED)],
    ],
    ['acme was never mirrored.', [neverRun('acme')]],
    [
      '0 of 2 organizations are up to date; 1 is being mirrored; acme was never mirrored.',
      [neverRun('acme'), listing('globex', { run: { state: 'running', finishedAt: null } })],
    ],
    ['No organization is mirrored any more.', [listing('acme', { inSettings: false, artifacts: 0, outOfScope: 5 })]],
  ])('is %j', (sentence, listings) => {
    expect(summarise(judged(listings))).toBe(sentence);
  });

  it('names what failed before what was only held, and counts an organization once', () => {
    const datasets = { ...listing('umbrella', FAILED), kind: 'datasets' };
    expect(summarise(judged([...MIXED, datasets]))).toBe(
      '1 of 4 organizations are up to date, as of 2025-01-15; umbrella failed on 2025-01-15: ' +
        'the catalog answered 404: no such organization; 2 more are not.',
    );
  });
});

describe('how a listing stands', () => {
  it.each<[string, ListingFacts, RegExp]>([
    [
      'under way while a worker holds its run',
      listing('acme', { run: { state: 'running', finishedAt: null } }),
      /^under way$/,
    ],
    [
      'not up to date where its process died',
      listing('acme', { run: { state: 'running', finishedAt: null, isForsaken: true } }),
      /left by its process.*takes it up/,
    ],
    [
      'not up to date where no worker takes what is due',
      listing('acme', { nextFire: { at: new Date('2025-01-15T09:00:00Z'), from: 'queue' } }),
      /due since 2025-01-15 09:00:00 UTC.*worker/,
    ],
    [
      'up to date in the minutes in which a worker takes what is due',
      listing('acme', { nextFire: { at: new Date('2025-01-15T09:29:00Z'), from: 'queue' } }),
      /^up to date$/,
    ],
    [
      'up to date where only the settings say that it is due',
      listing('acme', { nextFire: { at: new Date('2025-01-15T09:00:00Z'), from: 'settings' } }),
      /^up to date$/,
    ],
    [
      'held with the command that approves',
      listing('acme', { removalLetterId: '7', run: { state: 'held', error: 'it would withdraw all' } }),
      /was held on 2025-01-15: it would withdraw all.*dead-letters replay 7/,
    ],
    [
      'partial with the run that says more',
      listing('acme', { run: { state: 'partial', error: 'page 3 failed' } }),
      /is partial: page 3 failed.*runs show 140/,
    ],
    [
      'left where the settings no longer name it',
      listing('acme', { inSettings: false, completeDay: '2025-01-09' }),
      /^left.*as of 2025-01-09/,
    ],
  ])('is %s', (_, facts, told) => {
    expect(Object.values(standingOf(facts, NOW)).join(' ').replaceAll('\u00a0', ' ')).toMatch(told);
  });
});
