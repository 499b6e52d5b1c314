import { describe, expect, test } from 'vitest';
import { createRequestPacer } from '../../src/catalog/pacer.ts';
import { FakeClock } from '../support/clock.ts';
import { mostInASecond } from '../support/moments.ts';

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('a pacer', () => {
  test('without a limit lets everything through at once', async () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock });
    for (let request = 0; request < 100; request += 1) await pacer.turn();
    expect(clock.sleeps).toEqual([]);
  });

  test('spaces requests evenly, also those that ask at the same time', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 4 });
    const at: number[] = [];
    const startedAt = clock.now().getTime();
    for (let request = 0; request < 9; request += 1)
      void pacer.turn().then(() => at.push(clock.now().getTime() - startedAt));
    for (let step = 0; step < 600; step += 1) {
      await settle();
      clock.advance(5);
    }
    expect(at).toEqual([0, 255, 510, 765, 1020, 1275, 1530, 1785, 2040]);
  });

  test('lets no second have more than allowed, also where requests arrive up to 20 ms late', async () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 50 });
    const startedAt = clock.now().getTime();
    const arrivals: number[] = [];
    for (let request = 0; request < 500; request += 1) {
      await pacer.turn();
      arrivals.push(clock.now().getTime() - startedAt + ((request * 7) % 20));
    }
    arrivals.sort((a, b) => a - b);
    expect(mostInASecond(arrivals)).toBe(50);
    expect(arrivals.at(-1)).toBeLessThan(10_200);
  });

  test('does not let requests catch up after a pause', async () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 2 });
    await pacer.turn();
    clock.advance(10_000);
    await pacer.turn();
    await pacer.turn();
    expect(clock.sleeps).toEqual([510]);
  });

  test('keeps quiet also for requests that were waiting for their turn, and spaces them afterwards', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 1 });
    const at: number[] = [];
    const startedAt = clock.now().getTime();
    for (let request = 0; request < 4; request += 1)
      void pacer.turn().then(() => at.push(clock.now().getTime() - startedAt));
    await settle();
    pacer.slowDown(10_000);
    for (let step = 0; step < 200; step += 1) {
      await settle();
      clock.advance(100);
    }
    expect(at[0]).toBe(0);
    expect(at).toHaveLength(4);
    expect(Math.min(...at.slice(1))).toBeGreaterThanOrEqual(10_000);
    for (const [index, moment] of at.slice(2).entries())
      expect(moment - (at[index + 1] ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test('prolongs a quiet and never shortens it', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const pacer = createRequestPacer({ clock });
    pacer.slowDown(1000);
    let passed = false;
    void pacer.turn().then(() => {
      passed = true;
    });
    pacer.slowDown(5000);
    pacer.slowDown(10);
    for (const step of [1000, 3999]) {
      clock.advance(step);
      await settle();
      expect(passed).toBe(false);
    }
    clock.advance(1);
    await settle();
    expect(passed).toBe(true);
  });

  test('says for how long the catalog has asked for nothing but quiet', () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock });
    expect(pacer.quietFor()).toBe(0);
    pacer.slowDown(1000);
    clock.advance(700);
    pacer.slowDown(1000);
    expect(pacer.quietFor()).toBe(700);
    pacer.answered();
    expect(pacer.quietFor()).toBe(0);
  });

  test('does not hold last night’s quiet against tonight', () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock });
    pacer.slowDown(1000);
    clock.advance(24 * 3_600_000);
    expect(pacer.quietFor()).toBe(0);
    pacer.slowDown(1000);
    clock.advance(500);
    expect(pacer.quietFor()).toBe(500);
  });

  test('is not trapped by a clock that jumps back', async () => {
    let sleeps = 0;
    const clock = {
      now: () => new Date('2025-01-15T03:00:00Z'),
      sleep: async () => {
        sleeps += 1;
      },
      random: () => 0.5,
    };
    const pacer = createRequestPacer({ clock });
    pacer.slowDown(1000);
    await pacer.turn();
    expect(sleeps).toBe(1);
  });
});
