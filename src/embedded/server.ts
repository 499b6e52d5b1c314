import { Failure } from '../catalog/failure.ts';
import { ensureDatabase, recreateDatabase } from './databases.ts';
import { embeddedFailure } from './failures.ts';
import { findOrStart, type Running } from './find-or-start.ts';
import { type Home, openHome } from './home.ts';
import { withLock } from './lock.ts';
import { connectionString, connectMember, type Member } from './member.ts';
import { findRunning, stopServer } from './postmaster.ts';
import { herePlace } from './process-table.ts';
import type { EmbeddedOptions, EmbeddedServer } from './types.ts';

/**
 * Joins the home's PostgreSQL, and starts it (and makes its data folder) where it does not run: the first command starts
 * it, the last one to leave stops it. Each member holds one connection, which the kernel closes however the member ends;
 * starting and stopping are serialized by a lock file. A server that a killed command left running is joined by the next
 * one.
 *
 * Why it is done this way: docs/decisions.md.
 *
 * @throws Failure (class `database`) with PostgreSQL's own message where it does not start, or with what the file system
 *   refused
 */
export async function joinEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  if (process.platform === 'win32') {
    throw embeddedFailure(
      'start it',
      'it is not offered on Windows',
      'Run catalog-mirror in WSL, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  const home = await openHome(options.home);
  return locked(home, options, async () => {
    const { running, started } = await findOrStart(home, options);
    const membership = new Membership(home, running, options);
    try {
      await membership.enter();
    } catch (error) {
      // A server that lets nobody in is of no use to anybody.
      if (started) await stopServer(running.data, running.pid, options.clock);
      throw error;
    }
    return membership;
  });
}

function locked<T>(home: Home, { clock, log }: EmbeddedOptions, work: () => Promise<T>): Promise<T> {
  const onWait = () => log('waiting for another command that starts or stops the embedded PostgreSQL');
  return withLock({ path: home.lock, clock, onWait }, work);
}

class Membership implements EmbeddedServer {
  readonly #home: Home;
  readonly #running: Running;
  readonly #options: EmbeddedOptions;
  #member: Member | null = null;
  #rejoining: Promise<void> = Promise.resolve();
  #lost: Failure | null = null;
  #left: Promise<void> | null = null;

  constructor(home: Home, running: Running, options: EmbeddedOptions) {
    this.#home = home;
    this.#running = running;
    this.#options = options;
  }

  get port(): number {
    return this.#running.port;
  }

  async enter(): Promise<void> {
    let ended = false;
    const member = await connectMember(this.#running, this.#options.clock, () => {
      ended = true;
      this.#member = null;
      this.#rejoining = this.#rejoin();
    });
    // It may have ended between its connecting and here; then the next one is on its way.
    if (!ended) this.#member = member;
  }

  /** PostgreSQL ends every session when one of its processes crashes, and goes on: only a server that is gone is lost. */
  async #rejoin(): Promise<void> {
    const { data, pid } = this.#running;
    try {
      const still = await findRunning(data, await herePlace(), this.#options.clock);
      if (still?.pid !== pid) {
        throw embeddedFailure(
          'use it',
          'the server ended while it was in use',
          `Start the command again: it starts the server, which loses nothing that was stored. See ${this.#home.log}.`,
        );
      }
      await this.enter();
    } catch (error) {
      this.#lost = error instanceof Failure ? error : embeddedFailure('use it', String(error), 'Try again.', error);
      this.#options.onLost?.(this.#lost);
    }
  }

  connectionString(database: string): string {
    return connectionString(this.#running, database);
  }

  async ensureDatabase(name: string): Promise<void> {
    await this.#usable();
    await ensureDatabase(this.#running, name);
  }

  async recreateDatabase(name: string): Promise<void> {
    await this.#usable();
    await recreateDatabase(this.#running, name);
  }

  async #usable(): Promise<void> {
    await this.#rejoining;
    if (this.#lost !== null) throw this.#lost;
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #leave(): Promise<void> {
    await this.#rejoining;
    const member = this.#member;
    if (member === null) return;
    try {
      await locked(this.#home, this.#options, async () => {
        const others = await member.others();
        await member.end();
        if (others === 0) await stopServer(this.#running.data, this.#running.pid, this.#options.clock);
      });
    } finally {
      // Also where the lock could not be had: an open connection would keep this process from ending.
      await member.end();
    }
  }
}
