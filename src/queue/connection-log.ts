import type { Clock } from '../clock.ts';

/** Takes one line for a person to read. Holds no secret. */
export type Log = (line: string) => void;

const SILENT_FOR_MS = 60_000;

/**
 * Turns the errors of a connection into lines: one per kind of error and minute, because a server that is away fails
 * every try to reach it.
 * @param what whose connection: `queue (Redis)`
 */
export function connectionLog(log: Log, clock: Pick<Clock, 'now'>, what: string): (error: unknown) => void {
  const saidAt = new Map<string, number>();
  return (error) => {
    const reason = reasonOf(error);
    const now = clock.now().getTime();
    const last = saidAt.get(reason);
    if (last !== undefined && now - last < SILENT_FOR_MS) return;
    saidAt.clear();
    saidAt.set(reason, now);
    log(`${what}: ${reason}`);
  };
}

/** An error as a sentence part. An AggregateError (all addresses of a host refused) has no message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error) return error.message === '' ? error.name : (error.message.split('\n')[0] ?? '');
  return String(error);
}
