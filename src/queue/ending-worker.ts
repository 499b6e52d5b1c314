import {
  type BackendFactory,
  type IQueueBackend,
  type Processor,
  QueueEvents,
  type QueueEventsOptions,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import type { Clock } from '../clock.ts';
import type { QueueLocation } from './backend.ts';

type Factory = BackendFactory<IQueueBackend, QueueLocation>;

/** How long the server is waited for; BullMQ would wait for ever for a Redis that is away. */
const CLOSE_MS = 5_000;

/** A worker that is closed in time, whether the server can be reached or not. */
export class EndingWorker extends Worker<unknown, unknown, string, IQueueBackend, object, QueueLocation> {
  readonly #clock: Clock;

  constructor(
    clock: Clock,
    name: string,
    processor: Processor<unknown, unknown, string, object>,
    options: WorkerOptions<QueueLocation>,
    factory: Factory,
  ) {
    super(name, processor, options, factory);
    this.#clock = clock;
  }

  /** @param force does not wait for the jobs that are being worked */
  override close(force = false): Promise<void> {
    const giveUp = async (): Promise<void> => {
      // BullMQ stops its timers when it has closed all the rest: each of them would keep the process for ever.
      await this.pause(true);
      await this.lockManager.close();
      await this.backend.close(true);
    };
    return closeInTime(super.close(force), giveUp, this.#clock);
  }
}

/** A listener that is closed in time, whether the server can be reached or not. */
export class EndingEvents extends QueueEvents<unknown, IQueueBackend, QueueLocation> {
  readonly #clock: Clock;

  constructor(clock: Clock, name: string, options: QueueEventsOptions<QueueLocation>, factory: Factory) {
    super(name, options, factory);
    this.#clock = clock;
  }

  override close(): Promise<void> {
    return closeInTime(super.close(), () => this.backend.close(true), this.#clock);
  }
}

async function closeInTime(closing: Promise<void>, giveUp: () => Promise<void>, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const isLate = clock.sleep(CLOSE_MS, closed.signal).then(
    () => true,
    () => false,
  );
  const late = await Promise.race([closing.then(() => false), isLate]);
  closed.abort();
  // Not waited for either: it ends the tries to reach the server.
  if (late) giveUp().catch(() => undefined);
}
