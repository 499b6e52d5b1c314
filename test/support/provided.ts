/** What the global setup hands to the tests; read it through database.ts and redis.ts. */
export interface ProvidedPostgres {
  /** As whom databases are made and dropped; its database is never the one a test works in. */
  readonly adminUrl: string;
  /** A database with the project's migrations applied, cloned for each test. */
  readonly template: string;
  /** The same with the queue's tables as well: making those takes longer than cloning all. */
  readonly templateWithQueue: string;
}

export interface ProvidedRedis {
  readonly url: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** null where there is none; never in CI. */
    postgres: ProvidedPostgres | null;
    redis: ProvidedRedis | null;
  }
}
