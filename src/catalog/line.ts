/** Lets in one after the other, in the order in which they came. */
export type Line = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** A line whose members may leave before it is their turn: their call rejects with the reason of their signal. */
export function createLine(): Line {
  let last: Promise<void> = Promise.resolve();
  return async (work, signal) => {
    const before = last;
    let leave = (): void => {};
    const mine = new Promise<void>((resolve) => {
      leave = resolve;
    });
    last = before.then(() => mine);
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      leave();
    }
  };
}

async function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
