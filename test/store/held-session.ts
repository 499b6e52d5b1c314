import pg from 'pg';
import { type Decision, openDatabaseGate } from '../end-to-end/database-gate.ts';

/** A session whose work can be made to stand still before any of its statements. */
export interface HeldSession {
  readonly client: pg.PoolClient;
  /** Its server process. */
  readonly pid: number;
  /**
   * Begins some work, and resolves when its n-th statement waits, or when it was over before that.
   *
   * @returns the work, and whether it is held
   */
  holdBefore<Outcome>(
    statement: number,
    work: () => Promise<Outcome>,
  ): Promise<{ readonly isHeld: boolean; readonly outcome: Promise<Outcome> }>;
  letGo(): void;
  close(): Promise<void>;
}

export async function openHeldSession(connectionString: string): Promise<HeldSession> {
  let decide = async (): Promise<Decision> => 'pass';
  let letGo = (): void => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const gate = await openDatabaseGate(connectionString, () => decide());
  const pool = new pg.Pool({ connectionString: gate.connectionString, max: 1 });
  pool.on('error', () => {});
  const client = await pool.connect();
  client.on('error', () => {});
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return {
    client,
    pid: rows[0]?.pid ?? 0,
    async holdBefore(statement, work) {
      let statements = 0;
      let arrive = (_isHeld: boolean): void => {};
      const arrival = new Promise<boolean>((resolve) => {
        arrive = resolve;
      });
      decide = async () => {
        statements += 1;
        if (statements === statement) {
          arrive(true);
          await released;
        }
        return 'pass';
      };
      const outcome = work();
      outcome.then(
        () => arrive(false),
        () => arrive(false),
      );
      return { isHeld: await arrival, outcome };
    },
    letGo: () => letGo(),
    async close() {
      letGo();
      client.release(true);
      await pool.end();
      await gate.close();
    },
  };
}
