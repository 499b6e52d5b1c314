import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULT_NAMES, FAULTS, planFaults } from '../../soak/plan.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const queues = fc.constantFrom('postgres' as const, 'redis' as const);

describe('the plan of a soak', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(planFaults(7, 600, 'redis')).toEqual(planFaults(7, 600, 'redis'));
    expect(planFaults(7, 600, 'redis')).not.toEqual(planFaults(8, 600, 'redis'));
  });

  it('has every fault within ten minutes of some seeds, and none of Redis where there is none', () => {
    const plans = [1, 2, 3].flatMap((seed) => planFaults(seed, 600, 'redis'));
    expect(new Set(plans.map(({ name }) => name))).toEqual(new Set(FAULT_NAMES));
    const onPostgres = planFaults(1, 600, 'postgres').map(({ name }) => FAULTS[name].part);
    expect(onPostgres).not.toContain('redis');
  });

  it('begins in order, ends in time, and strikes no part twice at once', () => {
    fc.assert(
      fc.property(seeds, queues, fc.integer({ min: 20, max: 1_200 }), (seed, queue, seconds) => {
        const busyUntil = new Map<string, number>();
        let before = 0;
        for (const { name, at, seconds: lasts } of planFaults(seed, seconds, queue)) {
          const { part } = FAULTS[name];
          expect(at).toBeGreaterThanOrEqual(before);
          expect(at + lasts).toBeLessThanOrEqual(seconds);
          if (part !== 'listing') expect(at).toBeGreaterThanOrEqual(busyUntil.get(part) ?? 0);
          busyUntil.set(part, at + lasts);
          before = at;
        }
      }),
    );
  });
});
