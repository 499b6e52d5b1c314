import type { EventEmitter } from 'node:events';
import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type Processor,
  Queue,
  type QueueEvents,
  type Worker,
  type WorkerOptions,
} from 'bullmq';
import { Failure } from '../catalog/failure.ts';
import type { Clock } from '../clock.ts';
import { databaseFailure } from '../store/database-failure.ts';
import { type Log, outageLog, reasonOf } from './connection-log.ts';
import { endingSocket } from './ending-socket.ts';
import { EndingEvents, EndingWorker } from './ending-worker.ts';
import { listenAnew } from './listen-anew.ts';
import { orClosed } from './or-closed.ts';
import { prepareQueueSchema } from './prepare-schema.ts';
import { probeRedis } from './probe-redis.ts';
import { warningsAbout, whyUnfit } from './redis-fitness.ts';
import { isUnknownJob, UNKNOWN_JOB } from './unknown-job.ts';

export const QUEUE_SCHEMA = 'catalog_mirror_queue';
export const QUEUE_PREFIX = 'catalog-mirror';

/** Where the queue lives (design section 7): in a schema of PostgreSQL of its own, or in Redis. */
export type QueueLocation =
  | { readonly store: 'postgres'; readonly databaseUrl: string; readonly schema?: string }
  | { readonly store: 'redis'; readonly redisUrl: string; readonly prefix?: string };

type JobQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, QueueLocation>;
type JobWorker = Worker<unknown, unknown, string, IQueueBackend, object, QueueLocation>;
type JobEvents = QueueEvents<unknown, IQueueBackend, QueueLocation>;
type JobProcessor = Processor<unknown, unknown, string, object>;
type JobWorkerOptions = Omit<WorkerOptions<QueueLocation>, 'connection' | 'prefix' | 'autorun'>;

/**
 * The queue's connections. All that add and look share one; a worker and a listener have their own, because they block
 * on it. Errors of any of them are logged, never thrown from nowhere.
 */
export interface QueueBackend {
  readonly store: QueueLocation['store'];
  /** Tells the mirrors apart that share one server: the schema, or the prefix and the number of the database. */
  readonly namespace: string;
  readonly log: Log;
  readonly clock: Clock;
  queue(name: string): JobQueue;
  /** A worker that does not run yet. The caller closes it before the backend. */
  worker(name: string, processor: JobProcessor, options: JobWorkerOptions): JobWorker;
  /** A listener that hears what happens from now on. The caller closes it before the backend. */
  events(name: string): JobEvents;
  close(): Promise<void>;
}

export interface QueueBackendOptions {
  /** Takes what goes wrong later, a line each. */
  readonly log: Log;
  /** The real one even where the mirror is shown another time: the queue lives in the present. */
  readonly clock: Clock;
  /**
   * How long the server may leave a question without a word, in milliseconds; default 30,000. Then its connection is made
   * anew: a network that swallows what is sent says nothing for a quarter of an hour.
   */
  readonly silentForMs?: number;
}

const OPEN_MS = 10_000;
const ANSWER_WITHIN_MS = 10_000;
const END_WITHIN_MS = 2_000;
const POOL_SIZE = 4;
/** Longer than any question blocks: BullMQ has Redis wait for a job or an event up to ten seconds. */
const SILENT_FOR_MS = 30_000;

/**
 * Opens the queue and proves that it answers. On PostgreSQL its tables are made or brought up to date first; of Redis is
 * said what is not set up as a queue needs it.
 *
 * @throws Failure `database` or `connection` where it does not answer within ten seconds, or cannot hold a queue
 */
export async function openQueueBackend(location: QueueLocation, options: QueueBackendOptions): Promise<QueueBackend> {
  const { log, clock, silentForMs = SILENT_FOR_MS } = options;
  await prepare(location, log);
  const factory = backendFactory(location, silentForMs);
  const shared = factory(QUEUE_PREFIX, { connection: location });
  const outages = outageLog(log, clock, {
    what: location.store === 'postgres' ? 'queue (PostgreSQL)' : 'queue (Redis)',
    answers: () => shared.hasQueueMetaField('paused'),
  });
  const onError = (error: unknown) => outages.failed(isUnknownJob(error) ? new Error(UNKNOWN_JOB) : error);
  const onClose = () => outages.failed(new Error('the server closed the connection'));
  const queues = new Map<string, JobQueue>();
  let isClosing = false;
  const close = async (): Promise<void> => {
    isClosing = true;
    outages.close();
    for (const queue of queues.values()) await queue.close();
    queues.clear();
    // By force: what was asked is answered by now, and a Redis that says nothing need not say goodbye.
    await shared.close(true);
  };
  shared.on('error', onError);
  shared.on('close', () => {
    if (!isClosing) onClose();
  });
  await orClosed({ close }, location.store, () => shared.waitUntilReady());

  const sharing: BackendFactory<IQueueBackend, QueueLocation> = (name) => shared.forQueue(name);
  return {
    store: location.store,
    namespace: namespaceOf(location),
    log,
    clock,
    queue: (name) => {
      const open = queues.get(name);
      if (open !== undefined) return open;
      const queue: JobQueue = new Queue(name, { connection: location }, sharing);
      queue.on('error', onError);
      queues.set(name, queue);
      return queue;
    },
    worker: (name, processor, workerOptions) => {
      const worker: JobWorker = new EndingWorker(
        clock,
        name,
        processor,
        { ...workerOptions, connection: location, autorun: false },
        factory,
      );
      worker.on('error', onError);
      worker.on('ioredis:close', onClose);
      return worker;
    },
    events: (name) => {
      const events: JobEvents = new EndingEvents(clock, name, { connection: location }, factory);
      events.on('error', onError);
      return events;
    },
    close,
  };
}

function namespaceOf(location: QueueLocation): string {
  if (location.store === 'postgres') return location.schema ?? QUEUE_SCHEMA;
  return `${location.prefix ?? QUEUE_PREFIX}${new URL(location.redisUrl).pathname}`;
}

function backendFactory(location: QueueLocation, silentForMs: number): BackendFactory<IQueueBackend, QueueLocation> {
  if (location.store === 'postgres') {
    const connection = postgresOptions(location.databaseUrl, location.schema ?? QUEUE_SCHEMA, silentForMs);
    return (name, opts, factoryOptions) => {
      const backend = createPostgresBackend(name, { ...opts, connection }, factoryOptions);
      listenAnew(backend.connection);
      // BullMQ would let a worker wait for an hour on a connection that may be dead without knowing.
      return Object.defineProperty(backend, 'maximumBlockTimeout', { value: silentForMs / 1_000 });
    };
  }
  const prefix = location.prefix ?? QUEUE_PREFIX;
  return (name, opts, factoryOptions) => {
    const blocks = factoryOptions?.blocking === true || factoryOptions?.withBlockingConnection === true;
    const redisOptions = {
      ...opts,
      prefix,
      connection: {
        url: location.redisUrl,
        // That of a worker's second connection is BullMQ's own: by it the workers know each other.
        connectionName: `${prefix}:queue`,
        connectTimeout: OPEN_MS,
        socketTimeout: silentForMs,
        // A worker waits for a Redis that is away as long as it takes; who adds or asks is told after ten seconds. By the
        // tries alone he would not be: ioredis keeps what was under way when the connection broke until it is back.
        maxRetriesPerRequest: blocks ? null : 10,
        ...(blocks ? {} : { commandTimeout: ANSWER_WITHIN_MS }),
        retryStrategy: (times: number) => Math.min(times * 200, 2_000),
      },
    };
    const backend = createRedisBackend(name, redisOptions, factoryOptions);
    // BullMQ has Redis wait for a job up to ten seconds, which is not to be taken for silence.
    const waitSeconds = Math.min(backend.maximumBlockTimeout ?? 10, silentForMs / 3_000);
    return Object.defineProperty(backend, 'maximumBlockTimeout', { value: waitSeconds });
  };
}

/** BullMQ sets the search path through `options`, which those of the address would otherwise replace. */
function postgresOptions(databaseUrl: string, schema: string, silentForMs: number) {
  const common = {
    schema,
    max: POOL_SIZE,
    connectionTimeoutMillis: OPEN_MS,
    query_timeout: silentForMs,
    keepAlive: true,
    stream: () => endingSocket(END_WITHIN_MS),
    // BullMQ uses a connection for its first questions without a listener: one that breaks then would end the process.
    onConnect: (client: EventEmitter) => {
      client.on('error', () => {});
    },
    application_name: 'catalog-mirror:queue',
  };
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : null;
  const own = url?.searchParams.get('options') ?? null;
  if (url === null || own === null) return { ...common, connectionString: databaseUrl };
  url.searchParams.delete('options');
  return { ...common, connectionString: url.href, options: own };
}

/** Proves that the queue's server answers and can hold a queue, and makes what BullMQ needs there. */
async function prepare(location: QueueLocation, log: Log): Promise<void> {
  if (location.store === 'redis') return prepareRedis(location.redisUrl, log);
  try {
    await prepareQueueSchema(location.databaseUrl, location.schema ?? QUEUE_SCHEMA);
  } catch (error) {
    throw databaseFailure(error, 'open the queue', 'the queue on PostgreSQL');
  }
}

const ADDRESS_HINT = 'Check that Redis runs and that REDIS_URL names its host, port, user and password.';
const RIGHTS_HINT =
  'Give the user of REDIS_URL every command but the dangerous ones, INFO and CLIENT besides, on the keys that begin with ' +
  `${QUEUE_PREFIX}: +@all -@dangerous +info +client ~${QUEUE_PREFIX}:*`;

async function prepareRedis(redisUrl: string, log: Log): Promise<void> {
  const unusable = (detail: string, hint: string, cause?: unknown) =>
    new Failure({
      class: 'connection',
      operation: 'open the queue',
      subject: 'the queue on Redis',
      detail: `Redis: ${detail}`,
      hint,
      cause,
    });
  const facts = await probeRedis(redisUrl, OPEN_MS).catch((error: unknown) => {
    const reason = reasonOf(error);
    throw unusable(reason, reason.startsWith('NOPERM') ? RIGHTS_HINT : ADDRESS_HINT, error);
  });
  const unfit = whyUnfit(facts);
  if (unfit !== null) throw unusable(unfit.detail, unfit.hint);
  for (const warning of warningsAbout(facts)) log(`queue (Redis): ${warning}`);
}
