import { afterAll, describe, expect, it } from 'vitest';
import { startRecordedCatalog } from '../../src/demo/recorded-catalog.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';

const month = await readRecordedMonth();
const catalog = await startRecordedCatalog(month);
afterAll(() => catalog.close());

interface Envelope {
  readonly total: number;
  readonly has_next: boolean;
  readonly limit: number;
  readonly models: readonly {
    readonly id: string;
    readonly name: string;
    readonly created_at: string;
    readonly download_count: number;
    readonly is_public: boolean;
    readonly origin: unknown;
  }[];
}

async function list(organization: string, query: string): Promise<Envelope> {
  const response = await fetch(`${catalog.url}/api/v1/org/${organization}/models?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Envelope;
}

describe('the recorded month as a catalog', () => {
  it('lists an organization with the counters of the day it is set to', async () => {
    for (const day of ['2024-12-18', '2025-01-15']) {
      catalog.setDay(day);
      const index = month.days.indexOf(day);
      const recorded = month.models.filter(({ owner, totals }) => owner === 'zsxkib' && totals[index] !== null);
      const { models, total } = await list('zsxkib', 'limit=200');
      expect(total).toBe(recorded.length);
      expect(new Map(models.map((model) => [model.id, model.download_count]))).toEqual(
        new Map(recorded.map(({ id, totals }) => [id, totals[index]])),
      );
    }
  });

  it('lists every public model of all others as well with include_public, page by page', async () => {
    catalog.setDay('2024-12-18');
    const names = new Set<string>();
    let last = '';
    for (let page = 1, more = true; more; page += 1) {
      const envelope = await list('lucataco', `include_public=true&sort_dir=asc&limit=200&page=${page}`);
      expect(envelope.total).toBe(2008);
      for (const model of envelope.models) {
        expect(model.created_at.localeCompare(last)).toBeGreaterThanOrEqual(
          last.length === model.created_at.length ? 0 : -1,
        );
        last = model.created_at;
        names.add(model.name);
      }
      more = envelope.has_next;
    }
    expect(names.size).toBe(2008);
  });

  it('keeps an owner who lists nothing that day as an organization', async () => {
    catalog.setDay('2024-12-18');
    const newcomer = month.models.find(({ owner }) => {
      return month.models.filter((each) => each.owner === owner).every(({ totals }) => totals[0] === null);
    });
    expect((await list(newcomer?.owner ?? '', 'limit=50')).total).toBe(0);
  });

  it('does not know an organization that owns nothing in the recording', async () => {
    expect((await fetch(`${catalog.url}/api/v1/org/nobody-at-all/models`)).status).toBe(404);
  });

  it('refuses a day that was not recorded', () => {
    expect(() => catalog.setDay('2025-01-14')).toThrow(RangeError);
  });
});
