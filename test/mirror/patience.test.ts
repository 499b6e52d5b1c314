import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPatience, PATIENCE_MS } from '../../src/mirror/patience.ts';
import { FakeClock } from '../support/clock.ts';

const SECOND = 1_000;

describe('the patience of a run', () => {
  it('is over after 60 s in which nothing succeeded', () => {
    const clock = new FakeClock();
    const patience = createPatience(clock);
    clock.advance(PATIENCE_MS - 1);
    expect(patience.isOver()).toBe(false);
    clock.advance(1);
    expect(patience.isOver()).toBe(true);
  });

  it('begins anew with every success', () => {
    const clock = new FakeClock();
    const patience = createPatience(clock);
    clock.advance(PATIENCE_MS - 1);
    patience.succeeded();
    clock.advance(PATIENCE_MS - 1);
    expect(patience.isOver()).toBe(false);
  });

  it('counts a wait once, however many pages wait side by side', () => {
    const clock = new FakeClock();
    const patience = createPatience(clock);
    for (let page = 1; page <= 4; page++) patience.waits(30 * SECOND);
    clock.advance(30 * SECOND);
    clock.advance(PATIENCE_MS);
    expect(patience.isOver()).toBe(true);
  });

  it('equals a count of the seconds of trying since the last success', () => {
    const step = fc.oneof(
      fc.record({ step: fc.constant('advance' as const), seconds: fc.nat(40) }),
      fc.record({ step: fc.constant('waits' as const), seconds: fc.nat(90) }),
      fc.record({ step: fc.constant('succeeded' as const), seconds: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const clock = new FakeClock();
        const patience = createPatience(clock);
        let now = 0;
        let since = 0;
        const waiting = new Set<number>();
        for (const { step: kind, seconds } of steps) {
          if (kind === 'advance') {
            clock.advance(seconds * SECOND);
            now += seconds;
          } else if (kind === 'waits') {
            patience.waits(seconds * SECOND);
            for (let second = now; second < now + seconds; second++) waiting.add(second);
          } else {
            patience.succeeded();
            since = now;
          }
          let trying = 0;
          for (let second = since; second < now; second++) if (!waiting.has(second)) trying += 1;
          expect(patience.isOver()).toBe(trying * SECOND >= PATIENCE_MS);
        }
      }),
    );
  });
});
