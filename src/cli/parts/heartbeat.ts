import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import { connectionLog, type Log } from '../../queue/connection-log.ts';

/** How often a worker shows that it is well, in milliseconds; the image's health check allows for six times that. */
const EVERY_MS = 10_000;

export interface HeartbeatOptions {
  /** The file that is written; its age is what a health check looks at. */
  readonly path: string;
  /** Each resolves where its part answers, and throws where it does not, with why. */
  readonly signs: readonly (() => Promise<unknown>)[];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Writes a file anew every ten seconds, with the moment in it, as long as every sign of life is seen; until the signal
 * aborts. The file grows old where a part does not answer, where it never comes to an answer, and where this process
 * hangs: whoever looks at it needs no connection of his own.
 */
export async function keepHeartbeat({ path, signs, clock, log, signal }: HeartbeatOptions): Promise<void> {
  const logReason = connectionLog(log, clock, 'no heartbeat');
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const beat = async (): Promise<void> => {
    try {
      // One that never answers is waited for and not asked again: asking anew would take connection after connection.
      await Promise.all(signs.map((sign) => sign()));
      if (!signal.aborted) await writeFile(path, `${clock.now().toISOString()}\n`);
    } catch (error) {
      if (!signal.aborted) logReason(error);
    }
  };
  while (!signal.aborted) {
    await Promise.race([beat(), stopped]);
    await clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}
