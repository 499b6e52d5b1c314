import type pg from 'pg';
import { BINARY_HEADER, BINARY_TRAILER } from './binary-rows.ts';

/** What is to be written into a table. */
export interface CopiedRows {
  /** The table and its columns in parentheses. */
  readonly target: string;
  /** In COPY's binary format. */
  readonly rows: readonly Buffer[];
}

/** As much of the driver's connection as is used here. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void; write(bytes: Buffer): unknown };
  query(text: string): void;
}

/** Messages of PostgreSQL's protocol. */
const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/**
 * Says statements and writes rows into tables, one after the other: all in one go, of which PostgreSQL does one part after
 * the other without a word to us between them. Outside a transaction it is one of its own. Where a part fails, none behind
 * it is done.
 *
 * With a stream for each table (pg-copy-streams) each of several answers is waited for, and PostgreSQL has nothing to do as
 * long as this process is at work on something else.
 *
 * @param parts statements without parameters, whose answers nobody needs, and rows
 * @throws the driver's error
 */
export function copyTogether(client: pg.PoolClient, parts: readonly (string | CopiedRows)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = {
      submit(connection: Connection) {
        const { stream } = connection;
        stream.cork();
        connection.query(parts.map(statementOf).join(';\n'));
        // What comes for a COPY that failed or was not begun, PostgreSQL drops.
        for (const part of parts) {
          if (typeof part === 'string') continue;
          // One message for each: PostgreSQL begins with the rows of one that is whole, and takes none of a gigabyte.
          for (const bytes of [BINARY_HEADER, ...part.rows, BINARY_TRAILER]) {
            stream.write(copyDataOf(bytes.length));
            stream.write(bytes);
          }
          stream.write(COPY_DONE);
        }
        stream.uncork();
      },
      /** The driver puts the end of its `query_timeout` here. */
      callback() {},
      handleCopyInResponse() {},
      handleCommandComplete() {},
      handleRowDescription() {},
      handleDataRow() {},
      handleReadyForQuery() {
        query.callback();
        resolve();
      },
      handleError(error: unknown) {
        query.callback();
        reject(error);
      },
    };
    client.query(query);
  });
}

function statementOf(part: string | CopiedRows): string {
  return typeof part === 'string' ? part : `COPY ${part.target} FROM STDIN (FORMAT binary)`;
}

/** How a message of so many bytes of data begins. */
function copyDataOf(length: number): Buffer {
  const message = Buffer.alloc(5);
  message[0] = COPY_DATA;
  message.writeInt32BE(4 + length, 1);
  return message;
}
