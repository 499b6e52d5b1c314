/**
 * How requests keep to a catalog's limits, over several processes and on both queues: `npm run bench:rates`. Exit code 2
 * for wrong usage.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createSystemClock } from '../src/clock.ts';
import { openQueueBackend, type QueueLocation } from '../src/queue/backend.ts';
import { openServers, type Servers } from './organizations/servers.ts';
import { measureQuiet } from './rates/quiet.ts';
import { type Measured, renderMeasured } from './rates/render.ts';
import { measureSteady } from './rates/steady.ts';

const USAGE = `npm run bench:rates -- [options]

  --processes N    that share the limit, default 4
  --limit N        requests in a second, default 50
  --seconds N      for how long, default 20
  --json           print JSON in place of the tables

DATABASE_URL and REDIS_URL are used where they are set, an empty Redis only; else containers are started.
`;

const whole = z.coerce.number<string>().int().min(1);
const options = z.object({
  processes: whole.prefault('4'),
  limit: whole.prefault('50'),
  seconds: whole.prefault('20'),
  json: z.boolean().prefault(false),
});
type Options = z.output<typeof options>;

function readOptions(): Options | null {
  try {
    const string = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { processes: string, limit: string, seconds: string, json: { type: 'boolean' } },
    });
    return options.parse(values);
  } catch (error) {
    process.stderr.write(`${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}\n\n${USAGE}`);
    return null;
  }
}

/** Runs `work` with a database and a queue of its own. */
async function withQueue<T>(
  servers: Servers,
  queue: 'PostgreSQL' | 'Redis',
  work: (databaseUrl: string, location: QueueLocation) => Promise<T>,
): Promise<T> {
  const database = await servers.createDatabase();
  try {
    const { redisUrl } = servers;
    const location: QueueLocation =
      queue === 'Redis' && redisUrl !== null
        ? { store: 'redis', redisUrl }
        : { store: 'postgres', databaseUrl: database.url };
    const backend = await openQueueBackend(location, { log: () => {}, clock: createSystemClock() });
    await backend.close();
    return await work(database.url, location);
  } finally {
    await servers.emptyRedis();
    await database.drop();
  }
}

async function measure({ processes, limit, seconds }: Options, servers: Servers): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const queue of ['PostgreSQL', 'Redis'] as const) {
    process.stderr.write(`${queue} …\n`);
    const steady = (by: 'shared' | 'flexible') =>
      withQueue(servers, queue, (_, location) => measureSteady({ by, location, processes, seconds, perSecond: limit }));
    measured.push({
      queue,
      shared: await steady('shared'),
      flexible: await steady('flexible'),
      quiet: await withQueue(servers, queue, measureQuiet),
    });
  }
  return measured;
}

const chosen = readOptions();
if (chosen === null) {
  process.exitCode = 2;
} else {
  const given = { databaseUrl: process.env['DATABASE_URL'], redisUrl: process.env['REDIS_URL'] };
  const servers = await openServers(given, { withRedis: true });
  try {
    const measured = await measure(chosen, servers);
    const { processes, limit, seconds } = chosen;
    process.stdout.write(
      chosen.json
        ? `${JSON.stringify({ node: process.version, processes, limit, seconds, measured }, null, 2)}\n`
        : renderMeasured(measured, limit),
    );
  } finally {
    await servers.stop();
  }
}
