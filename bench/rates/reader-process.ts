/**
 * Reads pages of a catalog until it is told to stop, as fast as its pace lets it: by the client, the retries and the shared pace
 * of a worker (`shared`), or by rate-limiter-flexible (`flexible`). What it is to do is one line of JSON on stdin.
 */
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type RateLimiterAbstract, RateLimiterPostgres, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { type CatalogClient, createCatalogClient } from '../../src/catalog/client.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import { paceKey } from '../../src/catalog/pace-key.ts';
import { readWithRetries } from '../../src/catalog/retry.ts';
import { createSystemClock } from '../../src/clock.ts';
import { openPaces } from '../../src/queue/pace/paces.ts';
import { type Reading, readingSchema } from './reading.ts';

const clock = createSystemClock();
/** As many as a worker reads by default. */
const SIDE_BY_SIDE = 4;

interface Reader {
  read(): Promise<unknown>;
  close(): Promise<void>;
}

const credentials = { token: 'token' };

function readPage(client: CatalogClient, organization: string): Promise<unknown> {
  const query = {
    organization,
    page: 1,
    limit: 1,
    sortBy: 'created_at',
    sortDir: 'asc',
    includePublic: false,
  } as const;
  return client.readPage(MODELS, query);
}

function sharedReader({ url, perSecond, location, organization }: Reading): Reader {
  const paces = openPaces(location, { clock, log: (line) => process.stderr.write(`${line}\n`) });
  const client = createCatalogClient({
    url,
    version: 'bench',
    clock,
    credentials,
    maxRequestsPerSecond: perSecond,
    pace: paces.paceOf(paceKey(new URL(url), credentials)),
  });
  return {
    read: () => readWithRetries(() => readPage(client, organization), { clock, pacer: client.pacer }),
    async close() {
      await client.close();
      await paces.close();
    },
  };
}

/** As its documentation has it: a point for each request, and where none is left the wait that it names. */
async function flexibleReader({ url, perSecond, location, organization }: Reading): Promise<Reader> {
  const { limiter, end } = await openLimiter(location, { points: perSecond, duration: 1 });
  const client = createCatalogClient({ url, version: 'bench', clock, credentials });
  const point = async (): Promise<void> => {
    for (;;) {
      try {
        await limiter.consume('token');
        return;
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        await setTimeout(error.msBeforeNext);
      }
    }
  };
  return {
    read: async () => {
      await point();
      return readPage(client, organization);
    },
    async close() {
      await client.close();
      await end();
    },
  };
}

async function openLimiter(
  location: Reading['location'],
  limit: { readonly points: number; readonly duration: number },
): Promise<{ readonly limiter: RateLimiterAbstract; end(): Promise<unknown> }> {
  if (location.store === 'redis') {
    const redis = new Redis(location.redisUrl);
    return { limiter: new RateLimiterRedis({ storeClient: redis, ...limit }), end: () => redis.quit() };
  }
  const pool = new pg.Pool({ connectionString: location.databaseUrl, max: SIDE_BY_SIDE });
  const limiter = await new Promise<RateLimiterPostgres>((resolve, reject) => {
    const made = new RateLimiterPostgres({ storeClient: pool, tableName: 'rate_limits', ...limit }, (error) =>
      error === undefined || error === null ? resolve(made) : reject(error),
    );
  });
  return { limiter, end: () => pool.end() };
}

process.stdin.setEncoding('utf8');
const reading = readingSchema.parse(JSON.parse((await process.stdin.toArray()).join('')));
const reader = reading.by === 'shared' ? sharedReader(reading) : await flexibleReader(reading);
let isOver = false;
process.once('SIGTERM', () => {
  isOver = true;
});
await Promise.all(
  Array.from({ length: SIDE_BY_SIDE }, async () => {
    while (!isOver) await reader.read();
  }),
);
await reader.close();
