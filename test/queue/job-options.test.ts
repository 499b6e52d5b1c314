import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { fullJitter } from '../../src/queue/job-options.ts';
import { targetId } from '../../src/queue/targets.ts';

describe('the wait before the next attempt', () => {
  it('is anywhere between nothing and twice as much as before', () => {
    expect(fullJitter(2_000, 1, 0)).toBe(0);
    expect(fullJitter(2_000, 1, 0.999_999)).toBe(1_999);
    expect(fullJitter(2_000, 2, 0.5)).toBe(2_000);
    expect(fullJitter(2_000, 3, 0.5)).toBe(4_000);
  });

  it('leaves most of the two minutes of a sync that is bound to fail to its attempts', () => {
    const { attempts, backoffMs } = mirrorOrganization;
    let longest = 0;
    for (let attempt = 1; attempt < attempts; attempt += 1) longest += fullJitter(backoffMs, attempt, 1);
    expect(longest).toBeLessThanOrEqual(10_000);
  });
});

describe('the name of a target in the queue', () => {
  it('is another for every other target, and has no colon', () => {
    const target = fc.record({
      organization: fc.string({ unit: 'grapheme', minLength: 1 }),
      kind: fc.constantFrom('models', 'datasets'),
    });
    fc.assert(
      fc.property(target, target, (one, other) => {
        const same = one.organization === other.organization && one.kind === other.kind;
        expect(targetId(one) === targetId(other)).toBe(same);
        expect(targetId(one)).not.toContain(':');
      }),
    );
  });
});
