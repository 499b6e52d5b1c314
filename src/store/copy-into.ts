import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/**
 * Writes lines of COPY's text format into a table.
 *
 * @param target the table and its columns in parentheses
 * @param pages the lines of a page each: a stream takes longer over 200 chunks than PostgreSQL over their rows
 */
export async function copyInto(client: pg.PoolClient, target: string, pages: readonly string[]): Promise<void> {
  const chunks = pages.filter((lines) => lines !== '').map((lines) => Buffer.from(lines));
  if (chunks.length === 0) return;
  await pipeline(chunks, client.query(copyFrom(`COPY ${target} FROM STDIN`)));
}
