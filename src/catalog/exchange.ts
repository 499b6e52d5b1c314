import type { Agent, Dispatcher } from 'undici';

export interface Request {
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ExchangeOptions {
  /** For all of it, connecting included, however slowly it drips. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The most bytes of the body of a 200, and of any other. */
  readonly most: { readonly ofGood: number; readonly ofOther: number };
}

/** An answer as it was received. */
export interface Exchanged {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** Whether that is all of it: `cut` at its limit, or `broken` off. A 200 is never broken off. */
  readonly end: 'whole' | 'cut' | 'broken';
}

/** No complete answer came in time. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
  constructor() {
    super('no complete answer in time');
  }
}

const GOOD = 200;

/**
 * Makes one GET request and collects its answer.
 *
 * By the agent's own events: with a stream for the body and a signal for each request 100 KB took 0.32 ms of processor time
 * in place of 0.24, and 0.70 in place of 0.57 in the first thousand requests of a process, while little is compiled yet.
 *
 * @throws OutOfTime; the signal's reason when it aborts; undici's own errors, where the exchange failed below HTTP. Where a
 *   body that is no 200's breaks off, its status is known all the same, and it is an answer.
 */
export function exchange(agent: Agent, request: Request, options: ExchangeOptions): Promise<Exchanged> {
  const { timeoutMs, signal, most } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let controller: Dispatcher.DispatchController | null = null;
    let head: Pick<Exchanged, 'status' | 'headers'> | null = null;
    let chunks: Buffer[] = [];
    let size = 0;
    let isOver = false;
    const finish = (tell: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      tell();
    };
    const give = (end: Exchanged['end'], limit = size): void => {
      const { status, headers } = head ?? { status: 0, headers: {} };
      finish(() => resolve({ status, headers, body: Buffer.concat(chunks, Math.min(size, limit)), end }));
    };
    const fail = (error: unknown): void => {
      if (head === null || head.status === GOOD) finish(() => reject(error));
      else give('broken');
    };
    /** Whatever comes of it afterwards is nobody's any more. */
    const leave = (tell: () => void): void => {
      tell();
      controller?.abort(new Error('the exchange is over'));
    };
    const abort = (): void => leave(() => finish(() => reject(signal?.reason)));
    const timer = setTimeout(() => leave(() => fail(new OutOfTime())), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    agent.dispatch(
      { ...request, method: 'GET' },
      {
        onRequestStart(started) {
          controller = started;
          if (isOver) started.abort(new Error('the exchange is over'));
        },
        onResponseStart(_, status, headers) {
          // Of an answer that only says that another one follows nothing is kept.
          head = status < GOOD ? null : { status, headers };
          chunks = [];
          size = 0;
        },
        onResponseData(_, chunk) {
          const limit = head?.status === GOOD ? most.ofGood : most.ofOther;
          chunks.push(chunk);
          size += chunk.length;
          if (size > limit) leave(() => give('cut', limit));
        },
        onResponseEnd: () => give('whole'),
        onResponseError: (_, error) => fail(error),
      },
    );
  });
}
