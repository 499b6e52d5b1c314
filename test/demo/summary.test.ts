import { describe, expect, it } from 'vitest';
import { DEMO_NEXT_STEPS } from '../../src/demo/next-steps.ts';
import { renderDemoSummary } from '../../src/demo/screen/render-summary.ts';
import type { DemoSummary } from '../../src/demo/summary.ts';
import { dailyRates } from '../../src/report/daily-rates.ts';
import { createColours } from '../../src/terminal/colours.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { foreseeSummary } from './foreseen-summary.ts';

const HOSTILE = 'acme/\u001b[31mred\u202e\nnext';

const FAILED = { state: 'failed', error: 'HTTP 503' } as const;

const plain = createColours(false);
const coloured = createColours(true);

const month: DemoSummary = {
  ...(await foreseeSummary()).summary,
  elapsedMs: 23_400,
  unrecordedDays: ['2025-01-14'],
  nextSteps: DEMO_NEXT_STEPS,
};

const small: DemoSummary = {
  firstDay: '2025-01-01',
  lastDay: '2025-01-03',
  nights: 2,
  elapsedMs: 1_200,
  runs: [
    { state: 'certified', count: 1 },
    { state: 'failed', count: 1 },
    { state: 'held', count: 0 },
  ],
  artifacts: {
    current: 1,
    guests: 0,
    gone: 2,
    arrived: 0,
    arrivedNew: 0,
    withdrawn: 0,
    superseded: 2,
    restored: 0,
  },
  downloads: { counted: 0, resets: 1 },
  coveredDays: 3,
  uncoveredDays: [],
  uncovered: [],
  unrecordedDays: [],
  organizations: [
    {
      organization: 'acme',
      artifacts: 1,
      guests: 0,
      days: 3,
      coveredDays: 3,
      downloads: null,
      resets: 0,
      daily: [null, null, null],
    },
  ],
  movers: [{ name: HOSTILE, downloads: 3, previousDownloads: 1, change: 2, daily: [null, 1, 2] }],
  changes: [{ change: 'superseded', day: '2025-01-02', name: HOSTILE, version: '1.0.0', downloads: null }],
  nextSteps: [{ command: 'npx catalog-mirror psql', purpose: 'look' }],
};

describe('the screen that ends the demo', () => {
  it.each([80, 160])('at %i columns', async (width) => {
    await expect(renderDemoSummary(month, { width, colours: plain })).toMatchFileSnapshot(
      `screens/summary-${width}.txt`,
    );
  });

  it.each([40, 60, 80, 100, 139, 140, 160, 300])('fits into %i columns', (width) => {
    for (const line of renderDemoSummary(month, { width, colours: coloured }).split('\n')) {
      // A command is typed as it stands, so it is never cut.
      if (line.includes('CATALOG_URL')) continue;
      // On less than 60 columns the numbers need more room than there is, and are never cut.
      expect(displayWidth(line), line).toBeLessThanOrEqual(Math.max(width, 60));
    }
  });

  it('says the same with colours as without', () => {
    const text = renderDemoSummary(month, { width: 80, colours: coloured });
    expect(text).not.toBe(renderDemoSummary(month, { width: 80, colours: plain }));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is taken away
    expect(text.replaceAll(/\u001b\[[\d;]+m/g, '')).toBe(renderDemoSummary(month, { width: 80, colours: plain }));
  });

  it('names only the states that occurred, and every ending that did', () => {
    const text = renderDemoSummary(small, { width: 80, colours: plain });
    expect(text).toContain('1 certified, 1 failed');
    expect(text).not.toContain('held');
    expect(text).toContain('2 superseded');
    expect(text).toContain('1 reset');
  });

  it('says that all days are covered where they are', () => {
    expect(renderDemoSummary(small, { width: 80, colours: plain })).toContain('all 3 covered');
  });

  it('says of each day that is not covered why, and whose it is where others have it', () => {
    const [acme] = small.organizations;
    const summary: DemoSummary = {
      ...small,
      organizations: acme === undefined ? [] : [acme, { ...acme, organization: HOSTILE, coveredDays: 1 }],
      unrecordedDays: ['2025-01-03'],
      uncoveredDays: ['2025-01-01', '2025-01-02', '2025-01-03'],
      uncovered: [
        { day: '2025-01-01', organization: HOSTILE, kind: 'models', run: { runId: '2', ...FAILED }, byNone: false },
        { day: '2025-01-02', organization: 'acme', kind: 'models', run: { runId: '3', ...FAILED }, byNone: true },
        { day: '2025-01-02', organization: 'bob', kind: 'models', run: null, byNone: true },
        { day: '2025-01-03', organization: 'acme', kind: 'models', run: null, byNone: true },
        { day: '2025-01-03', organization: 'bob', kind: 'models', run: null, byNone: true },
      ],
    };
    const text = renderDemoSummary(summary, { width: Number.POSITIVE_INFINITY, colours: plain });
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'Not covered: 2025-01-01 (acme/\\u001b[31mred\\u202e\\nnext: failed), 2025-01-02 (acme: failed; bob: no run) and 2025-01-03 (no run: never recorded).',
    );
    expect(text).toMatch(/covered .*\n.*\n.*acme .* 3\/3 .*\n.*red.* 1\/3 /);
    expect(text).not.toContain('\u001b');
  });

  it('says why there are no movers, and that nothing changed', () => {
    const text = renderDemoSummary({ ...small, movers: [], changes: [] }, { width: 80, colours: plain });
    expect(text).toMatch(/Movers .*\n +None: no model has both weeks known/);
    expect(text).toMatch(/What arrived.*\n +Nothing\./);
  });

  it('is no longer than a person reads at once: 46 lines at 80 columns', () => {
    const text = renderDemoSummary(month, { width: 80, colours: plain });
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(46);
  });

  it('shows what is unknown as a dash, and lets no name reach the terminal raw', () => {
    const text = renderDemoSummary(small, { width: 80, colours: plain });
    expect(text.match(/acme\/\\u001b\[31mred\\u202e\\nnext/g)).toHaveLength(2);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
    expect(text).toMatch(/acme +1 +– +– +···/);
  });
});

describe('dailyRates', () => {
  it('has one place for every day, and spreads a row over the days it spans', () => {
    const rows = [
      { day: '2025-01-01', downloads: null, daysCovered: null },
      { day: '2025-01-02', downloads: 10, daysCovered: 1 },
      { day: '2025-01-04', downloads: 30, daysCovered: 2 },
    ];
    expect(dailyRates(rows, '2025-01-01', '2025-01-05')).toEqual([null, 10, null, 15, null]);
  });

  it('adds up rows of the same day, and leaves out those outside', () => {
    const rows = ['2024-12-31', '2025-01-01', '2025-01-01', '2025-01-03'].map((day) => ({
      day,
      downloads: 2,
      daysCovered: 1,
    }));
    expect(dailyRates(rows, '2025-01-01', '2025-01-02')).toEqual([4, null]);
  });
});
