import { describe, expect, it } from 'vitest';
import type { HistoryArtifact } from './history.ts';
import { foresee } from './oracle.ts';

const DAYS = ['2025-01-01', '2025-01-08', '2025-01-15'];

/** What the oracle says of acme/one over 7 days: downloads, those before, and the change. */
function moverOf(...versions: readonly Pick<HistoryArtifact, 'counts' | 'createdAt'>[]) {
  const history = {
    kind: 'models',
    days: DAYS,
    artifacts: [...versions, { counts: [1, 1, 1], createdAt: '2020-01-01T00:00:00Z', name: 'acme/steady' }].map(
      (each, index) => ({ name: 'acme/one', ...each, id: `id-${index}`, version: `${index}`, origin: null }),
    ),
  };
  const nights = DAYS.map((day) => ({ day, at: new Date(`${day}T03:00:00Z`) }));
  const rows = foresee(history, [{ organization: 'acme', includePublic: false }], nights)['report.movers'];
  const row = rows.find(({ name, window_days }) => name === 'acme/one' && window_days === 7);
  return [row?.downloads, row?.previous_downloads, row?.change];
}

const OLD = '2020-01-01T00:00:00Z';

describe('what moved in 7 days', () => {
  it('is the counter at the end less that at the start, of these days and of those before', () => {
    expect(moverOf({ counts: [10, 14, 20], createdAt: OLD })).toEqual([6, 4, 2]);
  });

  it('is unknown where the counter fell, and so is the change', () => {
    expect(moverOf({ counts: [10, 4, 20], createdAt: OLD })).toEqual([16, null, null]);
  });

  it('counts a version that came since from zero, and one that was there before not at all', () => {
    const older = { counts: [10, 14, 20], createdAt: OLD };
    expect(moverOf(older, { counts: [null, null, 3], createdAt: '2025-01-09T00:00:00Z' })).toEqual([9, 4, 5]);
    expect(moverOf(older, { counts: [null, null, 3], createdAt: OLD })).toEqual([null, 4, null]);
  });

  it('counts a version that has ended up to where it was last listed', () => {
    const newer = { counts: [0, 5, 7], createdAt: OLD };
    expect(moverOf(newer, { counts: [10, 14, null], createdAt: OLD })).toEqual([2, 9, -7]);
  });

  it('has no row where no version is left', () => {
    expect(moverOf({ counts: [10, 14, null], createdAt: OLD })).toEqual([undefined, undefined, undefined]);
  });
});
