import { describe, expect, it } from 'vitest';
import { DEMO_NEXT_STEPS } from '../../src/demo/next-steps.ts';
import { planDemo } from '../../src/demo/plan.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';
import { type DemoSummary, renderDemoSummary } from '../../src/demo/summary.ts';
import { type CountedDay, dailyRates } from '../../src/report/daily-rates.ts';
import { createColours } from '../../src/terminal/colours.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { grouped, historyOf } from '../oracle/history.ts';
import { foresee } from '../oracle/oracle.ts';

const plain = createColours(false);
const coloured = createColours(true);

/** The summary of the recorded month as the oracle foresees it: the real names and numbers. */
async function summaryOfTheMonth(): Promise<DemoSummary> {
  const month = await readRecordedMonth();
  const plan = planDemo(month);
  const expected = foresee(historyOf(month), plan.organizations, plan.nights);
  const rows = expected['report.daily_downloads'];
  const firstDay = month.days[0] ?? '';
  const lastDay = month.days.at(-1) ?? '';
  const rates = (own: typeof rows) =>
    dailyRates(
      own.map(({ day, downloads, days_covered }): CountedDay => ({ day, downloads, daysCovered: days_covered })),
      firstDay,
      lastDay,
    );
  const sum = (own: typeof rows) => own.reduce((total, { downloads }) => total + (downloads ?? 0), 0);
  const events = expected['mirror.artifact_events'];
  const movers = [...grouped(rows, ({ name }) => name)].map(([name, own]) => ({
    name,
    downloads: sum(own.filter(({ day }) => day > '2025-01-08')),
    previousDownloads: sum(own.filter(({ day }) => day > '2025-01-01' && day <= '2025-01-08')),
    daily: rates(own).slice(-14),
  }));
  return {
    firstDay,
    lastDay,
    nights: plan.nights.length,
    elapsedMs: 23_400,
    runs: [{ state: 'certified', count: expected['mirror.runs'].length }],
    artifacts: {
      current: expected['report.artifacts'].length,
      arrived: expected['mirror.artifacts'].filter(({ first_run_day }) => first_run_day !== firstDay).length,
      withdrawn: expected['mirror.artifacts'].filter(({ ending }) => ending === 'withdrawn').length,
      superseded: 0,
      restored: events.filter(({ event }) => event === 'restored').length,
    },
    downloads: { counted: sum(rows), resets: 0 },
    coveredDays: 28,
    uncoveredDays: ['2025-01-14'],
    organizations: plan.organizations.map(({ organization }) => {
      const own = expected['report.artifacts'].filter((each) => each.organization === organization);
      const daily = rows.filter((each) => each.organization === organization);
      return {
        organization,
        artifacts: own.length,
        guests: own.filter(({ owner }) => owner !== organization).length,
        downloads: sum(daily),
        daily: rates(daily),
      };
    }),
    movers: movers.sort((a, b) => b.downloads - a.downloads).slice(0, 8),
    nextSteps: DEMO_NEXT_STEPS,
  };
}

const month = await summaryOfTheMonth();

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
  artifacts: { current: 1, arrived: 0, withdrawn: 0, superseded: 2, restored: 0 },
  downloads: { counted: 0, resets: 1 },
  coveredDays: 3,
  uncoveredDays: [],
  organizations: [{ organization: 'acme', artifacts: 1, guests: 0, downloads: null, daily: [null, null, null] }],
  movers: [{ name: 'acme/\u001b[31mred\u202e', downloads: 3, previousDownloads: null, daily: [null, 1, 2] }],
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

  it('shows what is unknown as a dash, and lets no name reach the terminal raw', () => {
    const text = renderDemoSummary(small, { width: 80, colours: plain });
    expect(text).toContain('acme/\\u001b[31mred\\u202e');
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
