import type { Failure } from '../catalog/failure.ts';
import type { Clock } from '../clock.ts';

export type ChoosePort = (
  preferred: number | null,
  choose: (preferred: number | null) => Promise<number>,
) => Promise<number>;

export interface EmbeddedOptions {
  /** The folder for everything of it: `.catalog-mirror`, or what CATALOG_MIRROR_HOME says. */
  readonly home: string;
  /** Told what takes time, a sentence at a time. */
  readonly log: (line: string) => void;
  /** Real time: other processes are waited for. */
  readonly clock: Clock;
  /** Called once if the server is gone while this process uses it; every later call of it fails, leave() does not. */
  readonly onLost?: (failure: Failure) => void;
  /** More of PostgreSQL's settings, for the one who starts it: `fsync: 'off'` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Chooses the port to listen on; `choose` is what does so by default, and `preferred` the port of the last start. */
  readonly choosePort?: ChoosePort;
  /** The npm package with the programs; by default the one installed for this platform. */
  readonly packageFolder?: string;
  /** Where root stages what the server's user cannot reach; by default /var/lib, then /var/tmp. */
  readonly stagingPlaces?: readonly string[];
}

/** The embedded PostgreSQL, as one of the processes that use it. */
export interface EmbeddedServer {
  readonly port: number;
  /** Holds the password: for connecting, and for a person who asks for it. */
  connectionString(database: string): string;
  ensureDatabase(name: string): Promise<void>;
  /** Removes the database, whoever is connected, and makes an empty one of the same name. */
  recreateDatabase(name: string): Promise<void>;
  /** Ends this process's use of it; the last one to leave stops the server. May be called twice. */
  leave(): Promise<void>;
}
