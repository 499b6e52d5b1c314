import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SharedQuiet } from '../../src/catalog/shared-pace.ts';
import { ASK_AGAIN_AFTER_MS, ASK_ON_FOR_MS, createHearing, HEARD_FOR_MS } from '../../src/queue/pace/hearing.ts';
import { FakeClock } from '../support/clock.ts';

/** A store whose answers the test gives, each with its number. */
function open() {
  const clock = new FakeClock({ autoAdvance: false });
  const asked: ((answer: SharedQuiet | null) => void)[] = [];
  const hearing = createHearing(clock, () => new Promise((answer) => asked.push(answer)));
  const answer = async (index: number): Promise<void> => {
    asked[index]?.({ endsInMs: index, lastedMs: 0 });
    await vi.advanceTimersByTimeAsync(0);
  };
  const passes = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await vi.advanceTimersByTimeAsync(milliseconds);
  };
  const heard = async (): Promise<number | undefined> => (await hearing.quiet())?.endsInMs;
  return { hearing, asked, answer, passes, heard };
}

describe('what a process hears of a quiet', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is asked for once by all requests that come while nobody has answered', async () => {
    const { asked, answer, heard } = open();
    const all = Promise.all([heard(), heard(), heard()]);
    await answer(0);
    expect(await all).toEqual([0, 0, 0]);
    expect(asked).toHaveLength(1);
  });

  it('is asked for anew ahead of time, so that no request waits for it', async () => {
    const { asked, answer, passes, heard } = open();
    const first = heard();
    await answer(0);
    await first;
    await passes(ASK_AGAIN_AFTER_MS);
    expect(asked).toHaveLength(2);
    expect([await heard(), await heard()]).toEqual([0, 0]);
    await answer(1);
    expect(await heard()).toBe(1);
    expect(asked).toHaveLength(2);
  });

  it('is believed for a moment only: then requests wait for the answer', async () => {
    const { asked, answer, passes, heard } = open();
    const first = heard();
    await answer(0);
    await first;
    await passes(HEARD_FOR_MS);
    expect(await heard()).toBe(0);
    await passes(1);
    const late = heard();
    await answer(1);
    expect(await late).toBe(1);
    expect(asked).toHaveLength(2);
  });

  it('is asked for no longer once nobody makes a request any more', async () => {
    const { asked, answer, passes, heard } = open();
    const first = heard();
    await answer(0);
    await first;
    for (let spent = 0; spent <= ASK_ON_FOR_MS; spent += ASK_AGAIN_AFTER_MS) {
      await passes(ASK_AGAIN_AFTER_MS);
      await answer(asked.length - 1);
    }
    const before = asked.length;
    expect(before).toBeGreaterThan(10);
    await passes(ASK_ON_FOR_MS);
    expect(asked).toHaveLength(before);
    const again = heard();
    await answer(before);
    expect(await again).toBe(before);
  });

  it('is forgotten once the process itself told the store otherwise, also what is still on its way', async () => {
    const { hearing, asked, answer, heard } = open();
    const early = heard();
    hearing.forget();
    const next = heard();
    expect(asked).toHaveLength(2);
    await answer(0);
    await answer(1);
    expect([await early, await next, await heard()]).toEqual([0, 1, 1]);
    expect(asked).toHaveLength(2);
  });
});
