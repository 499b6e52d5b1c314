import type pg from 'pg';
import { z } from 'zod';
import { databaseFailure } from '../../store/database-failure.ts';
import { watched } from '../../store/watch-connection.ts';
import type { ReportFilter } from '../report-filter.ts';
import { columnsOf, type ReportRow, rowSchema } from '../report-values.ts';
import { REPORTS, type ReportName } from '../reports.ts';
import { selectionOf } from '../selection.ts';

/** So many rows are held at a time: more of them save no time. */
const BATCH_ROWS = 1_000;

/**
 * A whole result is wanted, so the plan is not to be one that only begins soon. And a reader of the export may take as long
 * as he likes: somebody who pages through it must not lose it to a limit that is meant for forgotten sessions.
 */
const BEGIN = `
  BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL cursor_tuple_fraction = 1;
  SET LOCAL idle_in_transaction_session_timeout = 0`;

/**
 * The rows of a report that a filter wants, in the report's order, some at a time and all as of one moment. The next ones
 * are read when they are asked for, through a cursor of the server, so that memory does not grow with the report. Whoever
 * stops early ends the transaction by leaving the loop.
 *
 * @param signal ends it at once, also while PostgreSQL still sorts
 * @throws Failure (class `invalid_request`) where the filter is wrong: see filterMistakes
 * @throws Failure (class `database`) where PostgreSQL refuses or its rows are not what this version knows
 * @throws the signal's reason
 */
export async function* reportRows(
  pool: pg.Pool,
  name: ReportName,
  filter: ReportFilter,
  signal: AbortSignal,
): AsyncGenerator<readonly ReportRow[], void, void> {
  const { text, values } = selectionOf(name, filter);
  const rows = z.array(rowSchema(columnsOf(REPORTS[name])));
  const connection = await openConnection(pool, signal).catch((error: unknown) => {
    throw databaseFailure(error, 'export a report', `report.${name}`);
  });
  let ending: 'kept' | 'closed' = 'closed';
  try {
    await connection.ask(BEGIN);
    await connection.ask(`DECLARE report NO SCROLL CURSOR FOR ${text}`, values);
    for (let isOver = false; !isOver; ) {
      const fetched = await connection.ask(`FETCH ${BATCH_ROWS} FROM report`);
      const batch = rows.parse(fetched.rows);
      isOver = batch.length < BATCH_ROWS;
      if (batch.length > 0) yield batch;
    }
    await connection.ask('COMMIT');
    ending = 'kept';
  } catch (error) {
    throw signal.aborted ? signal.reason : databaseFailure(error, 'export a report', `report.${name}`);
  } finally {
    connection.leave(ending);
  }
}

interface Connection {
  /** One statement after the other. Rejects as soon as the signal aborts, and has the server stop what it works on. */
  ask(sql: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  /** `closed`: and with it go its transaction and its cursor. */
  leave(ending: 'kept' | 'closed'): void;
}

async function openConnection(pool: pg.Pool, signal: AbortSignal): Promise<Connection> {
  const client = await pool.connect();
  // One that breaks between two statements ends the next one with an error, not the process.
  const heard = (): void => {};
  client.on('error', heard);
  const leave: Connection['leave'] = (ending) => {
    client.off('error', heard);
    client.release(ending === 'closed');
  };
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const cancel = (): void => {
      pool.query('SELECT pg_cancel_backend($1)', [rows[0]?.pid ?? null]).catch(() => {});
    };
    return {
      // Watched by the statement: between two of them it is the reader who takes his time.
      ask: (sql, values = []) =>
        orAborted(() => watched(pool, client, () => client.query(sql, [...values])), signal, cancel),
      leave,
    };
  } catch (error) {
    leave('closed');
    throw error;
  }
}

/** What `work` comes to, or the signal's reason as soon as it aborts. */
function orAborted<Result>(work: () => Promise<Result>, signal: AbortSignal, cancel: () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => {
      cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
