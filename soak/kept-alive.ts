import { createHook } from 'node:async_hooks';

/** A shorter one ends by itself before anybody asks. */
const LEAST_MS = 3_000;

interface KeptTimer {
  readonly timer: WeakRef<NodeJS.Timeout>;
  readonly milliseconds: number;
  readonly madeAt: string;
}

/** Node's own fields of a timer, as far as they are needed. */
interface TimerFields {
  readonly _idleTimeout?: unknown;
  readonly _destroyed?: unknown;
}

/**
 * Remembers where the long timers of this process were made. What is returned says what keeps it from ending: the kinds
 * of open handles, and the timers with the lines that made them.
 */
export function watchWhatKeepsAlive(): () => string {
  const timers = new Map<number, KeptTimer>();
  createHook({
    init(id, type, _, resource) {
      const { _idleTimeout: milliseconds } = resource as TimerFields;
      if (type !== 'Timeout' || typeof milliseconds !== 'number' || milliseconds < LEAST_MS) return;
      const madeAt = (new Error().stack ?? '')
        .split('\n')
        .filter((line) => !line.includes('node:'))
        .slice(2, 8);
      timers.set(id, { timer: new WeakRef(resource as NodeJS.Timeout), milliseconds, madeAt: madeAt.join(' <') });
    },
    destroy(id) {
      timers.delete(id);
    },
  }).enable();
  return () => {
    const kept = [...timers.values()].flatMap(({ timer, milliseconds, madeAt }) => {
      const alive = timer.deref();
      return alive?.hasRef() === true && (alive as TimerFields)._destroyed !== true
        ? [`${milliseconds} ms ${madeAt}`]
        : [];
    });
    return [process.getActiveResourcesInfo().join(', '), ...kept].join('; ');
  };
}
