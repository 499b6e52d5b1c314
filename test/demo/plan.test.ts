import { describe, expect, it } from 'vitest';
import { planDemo } from '../../src/demo/plan.ts';
import { readRecordedMonth } from '../../src/demo/recorded-month.ts';

const month = await readRecordedMonth();
const plan = planDemo(month);

/** The names one organization's runs speak for, night by night: its own, and the guests if it has include_public. */
function scopeByNight({ organization, includePublic }: (typeof plan.organizations)[number]): Set<string>[] {
  const mirrored = new Set(plan.organizations.map((each) => each.organization));
  const inScope = month.models.filter(({ owner }) => owner === organization || (includePublic && !mirrored.has(owner)));
  return plan.nights.map((_, night) => {
    return new Set(inScope.filter(({ totals }) => typeof totals[night] === 'number').map(({ name }) => name));
  });
}

describe('planDemo', () => {
  it('mirrors the largest owners, the largest of all with include_public', () => {
    expect(plan.organizations).toEqual([
      { organization: 'lucataco', includePublic: true },
      { organization: 'fofr', includePublic: false },
      { organization: 'zsxkib', includePublic: false },
      { organization: 'adirik', includePublic: false },
      { organization: 'camenduru', includePublic: false },
    ]);
  });

  it('mirrors every recorded model, none twice', () => {
    const names = plan.organizations.flatMap((organization) => [
      ...new Set(scopeByNight(organization).flatMap((night) => [...night])),
    ]);
    expect(names).toHaveLength(2167);
    expect(new Set(names).size).toBe(2167);
  });

  it('has one night for every recorded day, at 03:00 UTC', () => {
    expect(plan.nights.map(({ day }) => day)).toEqual(month.days);
    expect(plan.nights.map(({ day, at }) => [day, at.toISOString()])).toEqual(
      month.days.map((day) => [day, `${day}T03:00:00.000Z`]),
    );
  });

  it.each(plan.organizations)('has no night on which a run of $organization would be held', (organization) => {
    const nights = scopeByNight(organization);
    for (const [index, tonight] of nights.entries()) {
      expect(tonight.size, `what is listed on night ${index}`).toBeGreaterThan(0);
      const before = nights[index - 1] ?? new Set<string>();
      const removed = [...before].filter((name) => !tonight.has(name)).length;
      expect(removed > 10 && removed > 0.2 * before.size, `night ${index} removes ${removed}`).toBe(false);
    }
  });

  it('takes equally large owners by name', () => {
    const models = ['zeta', 'acme', 'acme', 'beta', 'zeta'].map((owner, index) => ({
      id: String(index),
      owner,
      name: `${owner}/${index}`,
      createdAt: '2024-01-01T00:00:00Z',
      origin: null,
      totals: [1],
    }));
    const names = planDemo({ days: ['2025-01-01'], models }, 2).organizations.map((each) => each.organization);
    expect(names).toEqual(['acme', 'zeta']);
  });
});
