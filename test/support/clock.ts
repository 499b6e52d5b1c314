import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export interface FakeClockOptions {
  /** Where time begins; default 2025-01-15T03:00:00Z. */
  readonly start?: Date | string;
  /** A sleep moves time forward by itself and resolves at once, instead of waiting for advance(). Default true. */
  readonly autoAdvance?: boolean;
  /** What random() answers; default always 0.5. */
  readonly random?: () => number;
}

/** A clock that stands still unless it is told to move, so that tests of waiting take no time. */
export class FakeClock implements Clock {
  /** Every sleep that was asked for, in milliseconds, in order. */
  readonly sleeps: number[] = [];
  readonly #autoAdvance: boolean;
  readonly #random: () => number;
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(options: FakeClockOptions = {}) {
    this.#now = new Date(options.start ?? '2025-01-15T03:00:00Z').getTime();
    this.#autoAdvance = options.autoAdvance ?? true;
    this.#random = options.random ?? (() => 0.5);
  }

  now(): Date {
    return new Date(this.#now);
  }

  random(): number {
    return this.#random();
  }

  /** How many sleeps are waiting for advance(). */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  set(moment: Date | string): void {
    this.advance(new Date(moment).getTime() - this.#now);
  }

  /** Moves time by `milliseconds` and wakes every sleep that is over by then, earliest first. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#sleepers.filter((sleeper) => sleeper.until <= this.#now).sort((a, b) => a.until - b.until);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.until > this.#now);
    for (const sleeper of due) sleeper.wake();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(milliseconds);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#autoAdvance) {
      this.advance(milliseconds);
      return Promise.resolve();
    }
    if (milliseconds <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = {
        until: this.#now + milliseconds,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }
}
