import pg from 'pg';
import type { Clock } from '../clock.ts';
import { ROLE } from './cluster.ts';
import { embeddedFailure } from './failures.ts';

/** How the connections of members are known among all connections of the server. */
const MEMBER = 'catalog-mirror:member';

const CONNECT_MS = 30_000;
const POLL_MS = 50;

/** Where the server is and how to get in. */
export interface Access {
  readonly port: number;
  readonly password: string;
}

export function connectionString(access: Access, database: string): string {
  const url = new URL('postgres://127.0.0.1');
  url.username = ROLE;
  url.password = access.password;
  url.port = String(access.port);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** SQLSTATEs of a server that is about to be ready or ends all sessions, and the codes of one that does not listen yet. */
const NOT_YET = new Set(['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** Whether another try may find the server ready: a connection that is cut while it is made has no code. */
function isNotYet(error: unknown): boolean {
  return NOT_YET.has(codeOf(error)) || (error instanceof Error && /Connection terminated/.test(error.message));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/**
 * Opens the one connection whose being there says that this process uses the server: the kernel closes it when the
 * process ends, however it ends.
 *
 * @param onEnd called once if the connection ends otherwise than by `end()`
 */
export async function connectMember(access: Access, clock: Clock, onEnd: () => void): Promise<Member> {
  const deadline = clock.now().getTime() + CONNECT_MS;
  for (;;) {
    const client = new pg.Client({
      connectionString: connectionString(access, 'postgres'),
      application_name: MEMBER,
      connectionTimeoutMillis: 10_000,
    });
    let ended = false;
    const endedOnce = () => {
      if (!ended) onEnd();
      ended = true;
    };
    try {
      client.on('error', () => {});
      await client.connect();
      client.on('error', endedOnce);
      client.on('end', endedOnce);
      return {
        others: () => (ended ? Promise.resolve(null) : countOthers(client).catch(() => null)),
        end: async () => {
          if (ended) return;
          ended = true;
          await client.end();
        },
      };
    } catch (error) {
      await client.end().catch(() => {});
      if (!isNotYet(error) || clock.now().getTime() > deadline) throw refused(access, error);
      await clock.sleep(POLL_MS);
    }
  }
}

export interface Member {
  /** How many other processes use the server now; null where the server is gone and cannot say. */
  others(): Promise<number | null>;
  end(): Promise<void>;
}

async function countOthers(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ others: number }>(
    'SELECT count(*)::int AS others FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()',
    [MEMBER],
  );
  return rows[0]?.others ?? 0;
}

function refused(access: Access, error: unknown): Error {
  const wrongPassword = codeOf(error) === '28P01';
  return embeddedFailure(
    'join it',
    `the server on 127.0.0.1:${access.port} answered: ${error instanceof Error ? error.message : String(error)}`,
    wrongPassword
      ? 'The password file of the home is not the one the data was made with: restore it, or set CATALOG_MIRROR_HOME to a new folder.'
      : 'See its log, postgresql/postgresql.log in the home.',
    error,
  );
}
