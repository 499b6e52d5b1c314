import type { Clock } from '../clock.ts';

/** Takes one line for a person to read. Holds no secret. */
export type Log = (line: string) => void;

const SILENT_FOR_MS = 60_000;
const LOOK_EVERY_MS = 500;

/**
 * Turns errors into lines: one per kind of error and minute, because what goes wrong once often goes wrong at every try.
 *
 * @param what whose errors: `queue (Redis)`
 */
export function connectionLog(log: Log, clock: Pick<Clock, 'now'>, what: string): (error: unknown) => void {
  const saidAt = new Map<string, number>();
  return (error) => {
    const reason = reasonOf(error);
    const now = clock.now().getTime();
    for (const [said, at] of saidAt) if (now - at >= SILENT_FOR_MS) saidAt.delete(said);
    if (saidAt.has(reason)) return;
    saidAt.set(reason, now);
    log(`${what}: ${reason}`);
  };
}

/** The log of all connections to one server. */
export interface OutageLog {
  /** Takes what any of the connections says. */
  failed(error: unknown): void;
  /** Ends the looking for a server that is away. */
  close(): void;
}

/**
 * Tells in one line that a server is away, and in one that it answers again and after how long, whatever its connections
 * say in between. What is no loss of a connection is told as connectionLog() tells it.
 *
 * @param what whose connections: `queue (Redis)`
 * @param answers asks the server for something; looked at until it resolves
 */
export function outageLog(
  log: Log,
  clock: Clock,
  { what, answers }: { readonly what: string; readonly answers: () => Promise<unknown> },
): OutageLog {
  const others = connectionLog(log, clock, what);
  const closing = new AbortController();
  let isAway = false;
  let answeredAt = Number.NEGATIVE_INFINITY;

  const untilItAnswers = async (since: number, sayAway: () => void): Promise<void> => {
    // Some connections notice late that they broke in the outage that is over: that is no other one.
    let isSaid = since - answeredAt >= SILENT_FOR_MS;
    if (isSaid) sayAway();
    while (!closing.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, closing.signal).catch(() => undefined);
      try {
        await answers();
        isAway = false;
        answeredAt = clock.now().getTime();
        if (isSaid && !closing.signal.aborted) log(`${what}: answers again after ${seconds(answeredAt - since)}`);
        return;
      } catch (error) {
        if (!isConnectionLoss(error)) others(error);
        if (!isSaid) sayAway();
        isSaid = true;
      }
    }
  };
  return {
    failed(error) {
      if (closing.signal.aborted) return;
      if (!isConnectionLoss(error)) return others(error);
      if (isAway) return;
      isAway = true;
      const line = `${what}: the connection is lost (${reasonOf(error)}); what is being mirrored goes on, and it is tried again`;
      void untilItAnswers(clock.now().getTime(), () => log(line));
    },
    close: () => closing.abort(),
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** Of Node's own, of PostgreSQL's that say that it stops or is not there yet, and of the drivers', which have no code. */
const LOSS_CODES = /^(E(?!RR_)[A-Z_]+|08...|57P0[1-3])$/;
const LOSS_WORDS =
  /^Connection (is closed|terminated|ended)|^Client (has encountered a connection error|was closed)|^Socket timeout|^Command timed out|max retries per request|^Query read timeout|^LOADING|timeout exceeded when trying to connect|closed the connection/i;

/** Whether an error says that the server, or the way to it, is away. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.length > 0) return isConnectionLoss(error.errors[0]);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return LOSS_CODES.test(code) || LOSS_WORDS.test(error.message);
}

/** An error as a sentence part. An AggregateError (all addresses of a host refused) has no message of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error) return error.message === '' ? error.name : (error.message.split('\n')[0] ?? '');
  return String(error);
}
