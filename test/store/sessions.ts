import { randomBytes } from 'node:crypto';
import type pg from 'pg';

/** Resolves as soon as `count` sessions of this database wait for a lock; rejects where none comes to. */
export async function untilWaiting(pool: pg.Pool, count = 1): Promise<readonly number[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { rows } = await pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`,
    );
    if (rows.length >= count) return rows.map(({ pid }) => pid);
    if (Date.now() > deadline) throw new Error(`only ${rows.length} of ${count} sessions wait for a lock`);
  }
}

/** Ends a server process as an administrator would, and resolves when it is gone with all its locks. */
export async function killSession(pool: pg.Pool, pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  await pool.query('SELECT pg_terminate_backend($1)', [pid]);
  for (;;) {
    const { rowCount } = await pool.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid]);
    if (rowCount === 0) return;
    if (Date.now() > deadline) throw new Error(`server process ${pid} does not end`);
  }
}

/** The same address with another user, another database, or another server in front. */
export function addressOf(
  connectionString: string,
  changes: {
    readonly user?: string;
    readonly password?: string;
    readonly database?: string;
    readonly hostname?: string;
    readonly port?: number;
  },
): string {
  const url = new URL(connectionString);
  if (changes.user !== undefined) url.username = changes.user;
  if (changes.password !== undefined) url.password = changes.password;
  if (changes.database !== undefined) url.pathname = `/${changes.database}`;
  if (changes.hostname !== undefined) url.hostname = changes.hostname;
  if (changes.port !== undefined) url.port = String(changes.port);
  return url.href;
}

/** A name that nobody else on this server has: roles and databases belong to the whole of it. */
export function uniqueName(): string {
  return `test_${randomBytes(8).toString('hex')}`;
}
