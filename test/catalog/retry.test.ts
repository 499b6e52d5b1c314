import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURE_CLASSES, Failure, type FailureClass } from '../../src/catalog/failure.ts';
import { createRequestPacer } from '../../src/catalog/pacer.ts';
import { policyOf } from '../../src/catalog/policy.ts';
import { DEFAULT_LIMITS, decideRetry, type RetryState, readWithRetries } from '../../src/catalog/retry.ts';
import { FakeClock } from '../support/clock.ts';

function failure(failureClass: FailureClass, retryAfterMs: number | null = null): Failure {
  return new Failure({
    class: failureClass,
    operation: 'read page 1',
    subject: 'models of acme',
    detail: 'it went wrong',
    hint: 'mend it',
    status: failureClass === 'connection' ? null : 500,
    retryAfterMs,
  });
}

/** Plays outcomes one after the other, the last one for ever; each takes `tookMs`. */
function play(clock: FakeClock, outcomes: readonly (Failure | string | Error)[], tookMs = 0) {
  let calls = 0;
  const attempt = async (): Promise<string> => {
    const outcome = outcomes[Math.min(calls, outcomes.length - 1)];
    calls += 1;
    clock.advance(tookMs);
    if (typeof outcome === 'string') return outcome;
    throw outcome;
  };
  return { attempt, calls: () => calls };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
}

describe('readWithRetries', () => {
  test('makes one request where it succeeds', async () => {
    const clock = new FakeClock();
    const { attempt, calls } = play(clock, ['page']);
    expect(await readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) })).toBe('page');
    expect(calls()).toBe(1);
    expect(clock.sleeps).toEqual([]);
  });

  test('tries again with pauses that double under full jitter, and counts requests and retries', async () => {
    const clock = new FakeClock({ random: () => 0.5 });
    const { attempt } = play(clock, [failure('server_error'), failure('connection'), failure('invalid_json'), 'page']);
    let requests = 0;
    const pauses: number[] = [];
    const value = await readWithRetries(attempt, {
      clock,
      pacer: createRequestPacer({ clock }),
      onRequest: () => {
        requests += 1;
      },
      onRetry: (_, waitMs) => pauses.push(waitMs),
    });
    expect(value).toBe('page');
    expect(requests).toBe(4);
    expect(pauses).toEqual([250, 500, 1000]);
    expect(clock.sleeps).toEqual([250, 500, 1000]);
  });

  test('gives up after five tries, and says how often it tried', async () => {
    const clock = new FakeClock();
    const { attempt, calls } = play(clock, [failure('bad_gateway')]);
    const error = await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
    expect(calls()).toBe(5);
    expect(error).toMatchObject({
      class: 'bad_gateway',
      attempts: 5,
      detail: 'it went wrong (given up after 5 tries)',
    });
    expect(error).toBeInstanceOf(Failure);
  });

  test('gives up when the time is spent, however few tries there were', async () => {
    const clock = new FakeClock();
    const { attempt, calls } = play(clock, [failure('timeout')], 20_000);
    const error = await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
    expect(calls()).toBe(3);
    expect(error).toMatchObject({
      class: 'timeout',
      attempts: 3,
      detail: expect.stringContaining('after 3 tries in 6'),
    });
  });

  test.each(FAILURE_CLASSES.filter((one) => policyOf(one).retry === 'never'))('never tries %s again', async (one) => {
    const clock = new FakeClock();
    const { attempt, calls } = play(clock, [failure(one)]);
    const error = await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
    expect(calls()).toBe(1);
    expect(error).toMatchObject({ class: one, attempts: 1, detail: 'it went wrong' });
  });

  test('waits after a 429 exactly as long as it says, at no cost of tries', async () => {
    const clock = new FakeClock();
    const limited = failure('rate_limited', 7000);
    const { attempt, calls } = play(clock, [...Array.from({ length: 20 }, () => limited), 'page']);
    expect(await readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) })).toBe('page');
    expect(calls()).toBe(21);
    expect(clock.sleeps).toEqual(Array.from({ length: 20 }, () => 7000));
  });

  test('backs off after a 429 that does not say how long', async () => {
    const clock = new FakeClock({ random: () => 0.5 });
    const { attempt } = play(clock, [failure('rate_limited'), failure('rate_limited', 0), 'page']);
    await readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) });
    expect(clock.sleeps).toEqual([375, 750]);
  });

  test('gives up on 429 before it would have waited more than 15 minutes in all', async () => {
    const clock = new FakeClock();
    const { attempt, calls } = play(clock, [failure('rate_limited', 4 * 60_000)]);
    const error = await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
    expect(calls()).toBe(4);
    expect(clock.now()).toEqual(new Date('2025-01-15T03:12:00Z'));
    expect(error).toMatchObject({ class: 'rate_limited', attempts: 4 });
    expect(error).toMatchObject({ detail: expect.stringContaining('waiting for 720 s and asks for 240 s more') });
  });

  test('gives up at once on a 429 that asks for more than 15 minutes', async () => {
    const clock = new FakeClock();
    const { attempt, calls } = play(clock, [failure('rate_limited', 3_600_000)]);
    await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
    expect(calls()).toBe(1);
    expect(clock.sleeps).toEqual([]);
  });

  test('comes to an end under 429 for ever, also without Retry-After and without luck', async () => {
    for (const random of [0, 0.999]) {
      const clock = new FakeClock({ random: () => random });
      const { attempt, calls } = play(clock, [failure('rate_limited')]);
      const error = await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
      expect(error).toMatchObject({ class: 'rate_limited' });
      expect(calls()).toBeLessThan(200);
      expect(clock.now().getTime()).toBeLessThanOrEqual(Date.parse('2025-01-15T03:15:00Z'));
    }
  });

  test('counts tries that wait for 429 in between', async () => {
    const clock = new FakeClock();
    const limited = failure('rate_limited', 1000);
    const { attempt, calls } = play(clock, [limited, failure('server_error'), limited, failure('server_error')]);
    const error = await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }));
    expect(error).toMatchObject({ class: 'server_error' });
    expect(calls()).toBe(7);
  });

  test('slows all that share the pacer when one meets a 429', async () => {
    const clock = new FakeClock({ autoAdvance: false });
    const pacer = createRequestPacer({ clock });
    const first = play(clock, [failure('rate_limited', 30_000), 'first']);
    const second = play(clock, ['second']);
    const slow = readWithRetries(first.attempt, { clock, pacer });
    await settle();
    const other = readWithRetries(second.attempt, { clock, pacer });
    await settle();
    expect([first.calls(), second.calls()]).toEqual([1, 0]);
    clock.advance(29_999);
    await settle();
    expect([first.calls(), second.calls()]).toEqual([1, 0]);
    clock.advance(1);
    expect(await Promise.all([slow, other])).toEqual(['first', 'second']);
  });

  test('lets many reads wait together no longer than one may wait alone', async () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock });
    for (let read = 0; read < 10; read += 1) {
      const { attempt } = play(clock, [failure('rate_limited', 5 * 60_000)]);
      await rejection(readWithRetries(attempt, { clock, pacer }));
    }
    expect(clock.now().getTime()).toBeLessThanOrEqual(Date.parse('2025-01-15T03:15:00Z'));
  });

  test('starts counting anew once the catalog answers anything', async () => {
    const clock = new FakeClock();
    const pacer = createRequestPacer({ clock });
    for (let read = 0; read < 10; read += 1) {
      const { attempt } = play(clock, [failure('rate_limited', 10 * 60_000), 'page']);
      expect(await readWithRetries(attempt, { clock, pacer })).toBe('page');
    }
  });

  test('rejects with the reason of a signal that aborts during a pause or a wait', async () => {
    for (const one of [failure('server_error'), failure('rate_limited', 1000)]) {
      const clock = new FakeClock({ autoAdvance: false });
      const controller = new AbortController();
      const { attempt, calls } = play(clock, [one]);
      const read = readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }), signal: controller.signal });
      read.catch(() => {});
      await settle();
      const reason = new Error('handing back');
      controller.abort(reason);
      await expect(read).rejects.toBe(reason);
      expect(calls()).toBe(1);
    }
  });

  test('lets what is no Failure through as it is: that is a defect, not weather', async () => {
    const clock = new FakeClock();
    const defect = new TypeError('x is not a function');
    const { attempt, calls } = play(clock, [defect]);
    expect(await rejection(readWithRetries(attempt, { clock, pacer: createRequestPacer({ clock }) }))).toBe(defect);
    expect(calls()).toBe(1);
  });

  test('ends for every weather, within its bounds of tries and time', async () => {
    const retried = FAILURE_CLASSES.filter((one) => policyOf(one).retry !== 'never');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...retried), fc.option(fc.nat(400_000))), { minLength: 1, maxLength: 30 }),
        fc.nat(30_000),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })),
        async (weather, tookMs, chance) => {
          const clock = new FakeClock({ random: () => Number(chance.next().value) });
          const startedAt = clock.now().getTime();
          const played = play(
            clock,
            weather.map(([one, wait]) => failure(one, wait)),
            tookMs,
          );
          let rateLimited = 0;
          const error = await rejection(
            readWithRetries(played.attempt, {
              clock,
              pacer: createRequestPacer({ clock }),
              onRetry: (failed) => {
                if (failed.class === 'rate_limited') rateLimited += 1;
              },
            }),
          );
          expect(error).toBeInstanceOf(Failure);
          expect(error).toHaveProperty('attempts', played.calls());
          expect(played.calls() - rateLimited).toBeLessThanOrEqual(DEFAULT_LIMITS.tries);
          const most = DEFAULT_LIMITS.totalMs + DEFAULT_LIMITS.rateLimitMs + tookMs * (rateLimited + 1);
          expect(clock.now().getTime() - startedAt).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
});

test('decideRetry never pauses longer than its ceiling, and spreads the pauses over all of it', () => {
  const state: RetryState = { tries: 1, rateLimited: 0, spentMs: 0, waitedMs: 0, quietForMs: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, random) => {
      const decision = decideRetry(failure('server_error'), { ...state, tries }, DEFAULT_LIMITS, random);
      expect(decision).toEqual({ again: true, because: 'backoff', waitMs: 500 * 2 ** (tries - 1) * random });
    }),
  );
  const late = { ...DEFAULT_LIMITS, tries: 100 };
  const decision = decideRetry(failure('server_error'), { ...state, tries: 50 }, late, 0.999);
  expect(decision.again && decision.waitMs).toBeLessThanOrEqual(15_000);
});

/** Lets everything that can go on without time go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
