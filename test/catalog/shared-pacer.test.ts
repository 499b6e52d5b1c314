import { describe, expect, test } from 'vitest';
import { createRequestPacer, type RequestPacer } from '../../src/catalog/pacer.ts';
import type { SharedPace } from '../../src/catalog/shared-pace.ts';
import { FakeClock } from '../support/clock.ts';

/** A store of one pace, by a clock of its own that moves with the processes' one; `away` is a store that cannot be asked. */
function memoryPace(clock: FakeClock): SharedPace & { away: boolean; taken: number } {
  const now = () => clock.now().getTime();
  let nextSlot = Number.NEGATIVE_INFINITY;
  let until = Number.NEGATIVE_INFINITY;
  let since: number | null = null;
  const pace = {
    away: false,
    taken: 0,
    async takeSlot(intervalMs: number) {
      if (pace.away) return null;
      pace.taken += 1;
      const slot = Math.max(now(), nextSlot);
      nextSlot = slot + intervalMs;
      return slot - now();
    },
    async quiet() {
      return pace.away ? null : { endsInMs: until - now(), lastedMs: since === null ? 0 : now() - since };
    },
    async slowDown(milliseconds: number) {
      if (pace.away) return;
      until = Math.max(until, now() + milliseconds);
      since ??= now();
    },
    async answered() {
      if (!pace.away) since = null;
    },
  };
  return pace;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

/** When each turn came, in milliseconds from now on, while the clock moves by `steps` steps of `stepMs`. */
async function turnsOf(
  clock: FakeClock,
  pacers: readonly RequestPacer[],
  { steps, stepMs }: { readonly steps: number; readonly stepMs: number },
): Promise<readonly (readonly number[])[]> {
  const startedAt = clock.now().getTime();
  const turns = pacers.map(() => [] as number[]);
  for (const [index, pacer] of pacers.entries()) {
    for (let request = 0; request < 5; request += 1)
      void pacer.turn().then(() => turns[index]?.push(clock.now().getTime() - startedAt));
  }
  for (let step = 0; step < steps; step += 1) {
    await settle();
    clock.advance(stepMs);
  }
  await settle();
  return turns;
}

describe('two processes with one pace', () => {
  test('take turns, evenly spaced over both', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const shared = memoryPace(clock);
    const pacers = [1, 2].map(() => createRequestPacer({ clock, maxRequestsPerSecond: 10, shared }));
    expect(await turnsOf(clock, pacers, { steps: 500, stepMs: 2 })).toEqual([
      [0, 204, 408, 612, 816],
      [102, 306, 510, 714, 918],
    ]);
  });

  test('both keep the quiet that one of them was asked for, and say how long it lasts', async () => {
    const clock = new FakeClock();
    const shared = memoryPace(clock);
    const [first, second] = [1, 2].map(() => createRequestPacer({ clock, shared }));
    if (first === undefined || second === undefined) throw new Error('two pacers were made');
    first.slowDown(30_000);
    await settle();
    const waits: number[] = [];
    await second.turn(undefined, (milliseconds) => waits.push(milliseconds));
    expect(waits).toEqual([30_000]);
    expect(clock.sleeps).toEqual([30_000]);
    expect(second.quietFor()).toBe(30_000);
    second.answered();
    await settle();
    await first.turn();
    expect([first.quietFor(), second.quietFor()]).toEqual([0, 0]);
  });

  test('hear of a quiet that was asked for while they waited for their slot', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const shared = memoryPace(clock);
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 1, shared });
    await pacer.turn();
    let passedAt: number | null = null;
    const startedAt = clock.now().getTime();
    void pacer.turn().then(() => {
      passedAt = clock.now().getTime() - startedAt;
    });
    await settle();
    await shared.slowDown(5_000);
    for (let step = 0; step < 80; step += 1) {
      clock.advance(100);
      await settle();
    }
    expect(passedAt).toBe(5_000);
  });
});

describe('a process that shares its pace', () => {
  test('holds one slot at a time, so that no more is lost with it', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const shared = memoryPace(clock);
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 1, shared });
    for (let request = 0; request < 5; request += 1) void pacer.turn();
    await settle();
    // The first went at once, and the second waits for its slot.
    expect(shared.taken).toBe(2);
  });

  test('keeps its own limit while the store cannot be asked, and the shared one again afterwards', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const shared = memoryPace(clock);
    shared.away = true;
    const pacers = [1, 2].map(() => createRequestPacer({ clock, maxRequestsPerSecond: 10, shared }));
    expect(await turnsOf(clock, pacers, { steps: 500, stepMs: 2 })).toEqual([
      [0, 102, 204, 306, 408],
      [0, 102, 204, 306, 408],
    ]);
    shared.away = false;
    expect(await turnsOf(clock, pacers, { steps: 500, stepMs: 2 })).toEqual([
      [0, 204, 408, 612, 816],
      [102, 306, 510, 714, 918],
    ]);
  });

  test('keeps a quiet of its own also where it can tell nobody', async () => {
    const clock = new FakeClock();
    const shared = memoryPace(clock);
    shared.away = true;
    const pacer = createRequestPacer({ clock, shared });
    pacer.slowDown(7_000);
    await pacer.turn();
    expect(clock.sleeps).toEqual([7_000]);
  });

  test('lets one that is aborted leave the line at once, and the others stay in it', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const pacer = createRequestPacer({ clock, maxRequestsPerSecond: 1, shared: memoryPace(clock) });
    const reason = new Error('handing back');
    const controller = new AbortController();
    const order: string[] = [];
    await pacer.turn();
    void pacer.turn().then(() => order.push('second'));
    const leaving = pacer.turn(controller.signal);
    leaving.catch(() => {});
    void pacer.turn().then(() => order.push('fourth'));
    await settle();
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    for (let step = 0; step < 2; step += 1) {
      clock.advance(1_020);
      await settle();
    }
    expect(order).toEqual(['second', 'fourth']);
  });
});
