import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/cli/reports/render-report.ts';
import { TREND_DAYS, type Trends } from '../../src/report/read-trends.ts';
import type { ReportColumnType } from '../../src/report/reports.ts';
import { createColours } from '../../src/terminal/colours.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { madeOf, madeReport } from './reports-made.ts';

const plain = createColours(false);
const at = (width: number) => ({ width, colours: plain });

const MODELS = madeReport(
  'models',
  [
    ['black-forest-labs/flux-schnell', 189_535_143, '2024-07-30T00:32:01.000000Z'],
    ['stability-ai/sdxl', 73_645_889, '2023-07-26T17:53:00.000000Z'],
    ['zsxkib/mmaudio', 1_204, '2024-12-11T09:00:00.000000Z'],
  ].map(([name, downloads, created]) => ({
    kind: 'models',
    organization: 'lucataco',
    owner: String(name).split('/')[0] ?? '',
    name: name ?? null,
    version: '1.0.0',
    versions: 1,
    ended_versions: 0,
    download_count: downloads ?? null,
    download_count_of_all_versions: downloads ?? null,
    is_public: true,
    first_created_at: created ?? null,
    created_at: created ?? null,
  })),
);

const TRENDS: Trends = {
  until: '2025-01-15',
  rows: [
    Array.from({ length: TREND_DAYS }, (_, day) => 5 + (day % 7)),
    Array.from({ length: TREND_DAYS }, (_, day) => (day === 26 ? null : day)),
    Array.from({ length: TREND_DAYS }, () => null),
  ],
};

const DAYS = madeReport('organization_daily_downloads', [
  {
    kind: 'models',
    organization: 'acme',
    owner: 'acme',
    day: '2025-01-15',
    downloads: 2_595_045,
    artifacts: 15,
    resets: 0,
  },
  {
    kind: 'models',
    organization: 'acme',
    owner: 'globex',
    day: '2025-01-15',
    downloads: 192_385,
    artifacts: 3,
    resets: 0,
  },
  { kind: 'models', organization: 'acme', owner: 'initech', day: '2025-01-15', downloads: 1, artifacts: 1, resets: 0 },
  {
    kind: 'models',
    organization: 'acme',
    owner: 'umbrella',
    day: '2025-01-15',
    downloads: null,
    artifacts: 1,
    resets: 1,
  },
]);

/** As design section 5 has them. */
const MOVERS: Readonly<Record<string, ReportColumnType>> = {
  kind: 'text',
  organization: 'text',
  owner: 'text',
  name: 'text',
  window_days: 'integer',
  downloads: 'integer',
  previous_downloads: 'integer',
  change: 'integer',
};
const MOVED = madeOf('models', MOVERS, [
  {
    kind: 'models',
    organization: 'acme',
    owner: 'acme',
    name: 'acme/up',
    window_days: 7,
    downloads: 871_699,
    previous_downloads: 703_847,
    change: 167_852,
  },
  {
    kind: 'models',
    organization: 'acme',
    owner: 'acme',
    name: 'acme/down',
    window_days: 7,
    downloads: 541_615,
    previous_downloads: 625_627,
    change: -84_012,
  },
  {
    kind: 'models',
    organization: 'acme',
    owner: 'acme',
    name: 'acme/new',
    window_days: 7,
    downloads: 12,
    previous_downloads: null,
    change: null,
  },
]);

/** What moves the cursor, breaks a line, turns the text or hides in it. */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

describe('a report on the terminal', () => {
  it.each([80, 160])('shows models with their last days where there is room, at %d columns', async (width) => {
    await expect(renderReport(MODELS, TRENDS, at(width))).toMatchFileSnapshot(`screens/report-models-${width}.txt`);
  });

  it.each([80, 160])('shows days with bars, and keeps what warns of a row, at %d columns', async (width) => {
    await expect(renderReport(DAYS, null, at(width))).toMatchFileSnapshot(`screens/report-days-${width}.txt`);
  });

  it.each([80, 160])('shows movers with the sign of their change, at %d columns', async (width) => {
    await expect(renderReport(MOVED, TRENDS, at(width))).toMatchFileSnapshot(`screens/report-movers-${width}.txt`);
  });

  it('drops decoration before it drops what a row says, and keeps the name and the measure to the last', () => {
    const narrow = renderReport(MODELS, TRENDS, at(48));
    expect(narrow).not.toMatch(/[▁-█]/u);
    expect(narrow).toContain('black-forest-labs/flux-schnell');
    expect(narrow).toContain('189,535,143');
  });

  it('keeps the day, and how many days a number spans where it is not one', () => {
    const row = { organization: 'acme', name: 'acme/model', version: '1.0.0', day: '2025-01-15', downloads: 7 };
    const spans = (days: number) =>
      renderReport(
        madeReport('daily_downloads', [
          { ...row, days_covered: days },
          { ...row, days_covered: days },
        ]),
        null,
        at(50),
      );
    expect(spans(2)).toMatch(/day +downloads +days covered\n/);
    expect(spans(1)).not.toContain('days covered');
    expect(spans(1)).toContain('2025-01-15');
  });

  it('colours what rose and what fell, and nothing where colours are off', () => {
    const coloured = renderReport(MOVED, null, { width: 80, colours: createColours(true) });
    expect(coloured).toContain('\u001b[38;5;28m+167,852\u001b[39m');
    expect(coloured).toContain('\u001b[38;5;196m −84,012\u001b[39m');
    expect(renderReport(MOVED, null, at(80))).not.toContain('\u001b');
  });

  it('tells changes by their words: the column change may be text', () => {
    const types: Readonly<Record<string, ReportColumnType>> = {
      at: 'instant',
      day: 'day',
      name: 'text',
      change: 'text',
      details: 'json',
    };
    const changes = madeOf('models', types, [
      { at: '2025-01-15T03:00:02.000000Z', day: '2025-01-15', name: 'acme/a', change: 'added', details: {} },
      { at: '2025-01-15T03:00:02.000000Z', day: '2025-01-15', name: 'acme/b', change: 'withdrawn', details: {} },
    ]);
    const text = renderReport(changes, null, { width: 160, colours: createColours(true) });
    expect(text).toContain('\u001b[38;5;28madded');
    expect(text).toContain('\u001b[38;5;196mwithdrawn');
    expect(text).toContain('2025-01-15 03:00');
    expect(text).not.toContain('{}');
  });

  it('shows a counter in full that no number of JavaScript holds', () => {
    const huge = madeReport('models', [{ name: 'acme/huge', download_count: '18446744073709551615' }]);
    expect(renderReport(huge, null, at(80))).toContain('18,446,744,073,709,551,615');
  });

  it('lets no name act on the terminal, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const text = renderReport(madeReport('models', [{ name, owner: name, download_count: 1 }]), null, at(160));
        expect(text.replaceAll('\n', '')).not.toMatch(ACTING);
        expect(text.trimEnd().split('\n')).toHaveLength(3);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps within any width that a table can have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 200 }), fc.constantFrom(MODELS, DAYS, MOVED), (width, report) => {
        for (const line of renderReport(report, TRENDS, at(width)).split('\n')) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});
