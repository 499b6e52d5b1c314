import { spawn } from 'node:child_process';
import { EXIT } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import type { Context } from '../shell.ts';

/** The parameters of a connection string that psql takes from its environment. */
const FROM_PARAMETERS: Readonly<Record<string, string>> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  host: 'PGHOST',
};

/**
 * `psql [ARG…]`: a session on the mirror's database, with the views on its search path, where a psql exists; otherwise
 * the connection string for another client. What psql answers is the exit code.
 */
export async function psql(context: Context, args: readonly string[]): Promise<number> {
  const database = await openDatabase(context);
  try {
    const answer = await context.yieldTerminal(() => runPsql(context, database.connectionString, args));
    if (answer !== null) return answer;
    context.say('There is no psql on this machine. Any PostgreSQL client can use this connection string:');
    context.print(`${database.connectionString}\n`);
    if (context.settings.databaseUrl === null) {
      context.say('The embedded server runs as long as this command: press Ctrl-C to end it.');
      await untilStopped(context.signal);
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** Null where there is no psql. The password goes by the environment: arguments can be read by every user. */
function runPsql(
  { environment, signal }: Context,
  connectionString: string,
  args: readonly string[],
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('psql', args, {
      stdio: 'inherit',
      env: { ...environment, ...psqlEnvironment(connectionString) },
    });
    const end = (): void => {
      child.kill('SIGTERM');
    };
    signal.addEventListener('abort', end, { once: true });
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(null) : reject(error)));
    child.on('exit', (code) => {
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else resolve(code ?? EXIT.failure);
    });
  });
}

function psqlEnvironment(connectionString: string): Record<string, string | undefined> {
  const url = new URL(connectionString);
  const environment: Record<string, string | undefined> = {
    PGOPTIONS: '-c search_path=report,mirror,public',
    // Where the caller has them set, libpq would go by them rather than by what follows.
    PGSERVICE: undefined,
    PGHOSTADDR: undefined,
  };
  const set = (name: string, value: string): void => {
    if (value !== '') environment[name] = decodeURIComponent(value);
  };
  set('PGHOST', url.hostname.replace(/^\[|\]$/g, ''));
  set('PGPORT', url.port);
  set('PGUSER', url.username);
  set('PGPASSWORD', url.password);
  set('PGDATABASE', url.pathname.slice(1));
  for (const [parameter, name] of Object.entries(FROM_PARAMETERS)) set(name, url.searchParams.get(parameter) ?? '');
  return environment;
}

function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // Keeps the process alive, which nothing else does while it only waits.
    const keepAlive = setInterval(() => {}, 60_000);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(keepAlive);
        resolve();
      },
      { once: true },
    );
  });
}
