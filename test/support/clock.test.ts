import { describe, expect, it } from 'vitest';
import { FakeClock } from './clock.ts';

describe('the fake clock', () => {
  it('moves with every sleep by itself, unless told otherwise', async () => {
    const clock = new FakeClock({ start: '2025-01-01T00:00:00Z' });
    await clock.sleep(1500);
    expect(clock.now().toISOString()).toBe('2025-01-01T00:00:01.500Z');
    expect(clock.sleeps).toEqual([1500]);
  });

  it('wakes sleepers only when their time has come, earliest first', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const woken: string[] = [];
    const late = clock.sleep(200).then(() => woken.push('late'));
    const early = clock.sleep(100).then(() => woken.push('early'));
    clock.advance(99);
    expect(clock.sleeping).toBe(2);
    clock.advance(101);
    await Promise.all([late, early]);
    expect(woken).toEqual(['early', 'late']);
    expect(clock.sleeping).toBe(0);
  });

  it("ends a sleep with the signal's reason", async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const controller = new AbortController();
    const sleep = clock.sleep(100, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect(clock.sleeping).toBe(0);
    await expect(clock.sleep(100, controller.signal)).rejects.toThrow('enough');
  });
});
