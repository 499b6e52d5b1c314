/** What Redis says of itself, as far as a queue depends on it. */
export interface RedisFacts {
  readonly product: 'Redis' | 'Valkey' | 'Dragonfly';
  readonly version: string | null;
  /** What it does where its memory is full. */
  readonly evictionPolicy: string | null;
  readonly appendOnly: boolean | null;
  /** When it writes snapshots, as its setting `save` says: an empty text is never. Null where it could not be asked. */
  readonly snapshots: string | null;
  readonly isReplica: boolean;
  readonly isCluster: boolean;
}

/** Why a Redis cannot hold the queue at all, and what to do. */
export interface Unfit {
  readonly detail: string;
  readonly hint: string;
}

/** The oldest that BullMQ works with, and the oldest that it is tested with. */
const OLDEST_VERSION = '5.0.0';
const OLDEST_RECOMMENDED_VERSION = '6.2.0';

/**
 * Reads the answer to INFO.
 *
 * @param snapshots the setting `save`; null where Redis did not tell
 */
export function redisFacts(info: string, snapshots: string | null): RedisFacts {
  const fields = new Map<string, string>();
  for (const line of info.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  const valkey = fields.get('valkey_version');
  const dragonfly = fields.get('dragonfly_version');
  const product = valkey !== undefined ? 'Valkey' : dragonfly !== undefined ? 'Dragonfly' : 'Redis';
  const appendOnly = fields.get('aof_enabled');
  return {
    product,
    version: valkey ?? dragonfly ?? fields.get('redis_version') ?? null,
    evictionPolicy: fields.get('maxmemory_policy') ?? null,
    appendOnly: appendOnly === undefined ? null : appendOnly !== '0',
    snapshots,
    isReplica: fields.get('role') === 'slave' || fields.get('role') === 'replica',
    isCluster: fields.get('cluster_enabled') === '1' || fields.get('redis_mode') === 'cluster',
  };
}

/** Why this Redis cannot hold the queue; null where it can. */
export function whyUnfit(facts: RedisFacts): Unfit | null {
  if (facts.isReplica) {
    return {
      detail: 'it is a replica, which takes no writes',
      hint: 'Point REDIS_URL at the primary.',
    };
  }
  if (facts.isCluster) {
    return {
      detail: 'it is a cluster, which would spread the keys of one queue over several servers',
      hint: 'Point REDIS_URL at a Redis that is no cluster, or leave it out: then the queue is in PostgreSQL.',
    };
  }
  if (isOlder(facts, OLDEST_VERSION)) {
    return {
      detail: `it is Redis ${facts.version}, and the queue needs ${OLDEST_VERSION} or later`,
      hint: 'Use a newer Redis, or leave REDIS_URL out: then the queue is in PostgreSQL.',
    };
  }
  return null;
}

/**
 * What of BullMQ's guide for production this Redis does not follow: a line each, which says what was found, why it
 * matters and what to do.
 */
export function warningsAbout(facts: RedisFacts): readonly string[] {
  const warnings: string[] = [];
  const { evictionPolicy, product, version } = facts;
  if (evictionPolicy === null) {
    warnings.push(
      `${product} does not tell what it does when its memory is full: make sure that maxmemory-policy is noeviction, or it drops jobs and schedules to make room`,
    );
  } else if (evictionPolicy !== 'noeviction') {
    warnings.push(
      `maxmemory-policy is ${evictionPolicy}, so ${product} drops jobs and schedules when its memory is full: set it to noeviction`,
    );
  }
  if (facts.appendOnly === null || (facts.appendOnly === false && facts.snapshots === null)) {
    warnings.push(
      `${product} does not tell whether it writes to disk: make sure that appendonly is yes, or a restart loses the jobs that wait`,
    );
  } else if (facts.appendOnly === false && facts.snapshots === '') {
    warnings.push(
      `${product} writes nothing to disk, so a restart loses the jobs that wait and the schedules until a worker sets them again: set appendonly to yes`,
    );
  }
  if (isOlder(facts, OLDEST_RECOMMENDED_VERSION)) {
    warnings.push(
      `this is Redis ${version}, and the queue is made for ${OLDEST_RECOMMENDED_VERSION} or later: update it`,
    );
  }
  return warnings;
}

/** Only Redis itself: the others count their versions in their own way. */
function isOlder({ product, version }: RedisFacts, than: string): boolean {
  if (product !== 'Redis' || version === null) return false;
  const [own, other] = [version, than].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index += 1) {
    const difference = (own?.[index] ?? 0) - (other?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
