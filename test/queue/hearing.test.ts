import { describe, expect, it } from 'vitest';
import type { SharedQuiet } from '../../src/catalog/shared-pace.ts';
import { createHearing, HEARD_FOR_MS } from '../../src/queue/pace/hearing.ts';
import { FakeClock } from '../support/clock.ts';

/** A store whose answers the test gives, each with its number. */
function open() {
  const clock = new FakeClock({ autoAdvance: false });
  const asked: ((answer: SharedQuiet | null) => void)[] = [];
  const hearing = createHearing(clock, () => new Promise((answer) => asked.push(answer)));
  const answer = async (index: number): Promise<void> => {
    asked[index]?.({ endsInMs: index, lastedMs: 0 });
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  const heard = async (): Promise<number | undefined> => (await hearing.quiet())?.endsInMs;
  return { clock, hearing, asked, answer, heard };
}

describe('what a process hears of a quiet', () => {
  it('is asked for once by all requests that come while nobody has answered', async () => {
    const { asked, answer, heard } = open();
    const all = Promise.all([heard(), heard(), heard()]);
    await answer(0);
    expect(await all).toEqual([0, 0, 0]);
    expect(asked).toHaveLength(1);
  });

  it('is asked for anew ahead of time, so that no request waits for it', async () => {
    const { clock, asked, answer, heard } = open();
    const first = heard();
    await answer(0);
    await first;
    clock.advance(HEARD_FOR_MS);
    expect([await heard(), await heard()]).toEqual([0, 0]);
    expect(asked).toHaveLength(2);
    await answer(1);
    expect(await heard()).toBe(1);
    expect(asked).toHaveLength(2);
  });

  it('is believed no longer than that: then requests wait for the answer', async () => {
    const { clock, asked, answer, heard } = open();
    const first = heard();
    await answer(0);
    await first;
    clock.advance(HEARD_FOR_MS);
    await heard();
    clock.advance(1);
    const late = heard();
    await answer(1);
    expect(await late).toBe(1);
    expect(asked).toHaveLength(2);
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
