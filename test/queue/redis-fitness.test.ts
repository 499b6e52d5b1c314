import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/queue/backend.ts';
import { redisFacts, warningsAbout, whyUnfit } from '../../src/queue/redis-fitness.ts';
import { type OwnRedis, ownRedisAvailable, startOwnRedis } from '../support/own-redis.ts';
import { REAL_CLOCK } from './ground.ts';

const GOOD = {
  redis_version: '7.2.4',
  maxmemory_policy: 'noeviction',
  aof_enabled: '1',
  role: 'master',
  cluster_enabled: '0',
};

/** What Redis answers to INFO. */
function info(fields: Readonly<Record<string, string>>): string {
  return ['# Server', ...Object.entries(fields).map(([name, value]) => `${name}:${value}`), ''].join('\r\n');
}

function judge(fields: Readonly<Record<string, string>>, snapshots: string | null = '') {
  const facts = redisFacts(info(fields), snapshots);
  return { unfit: whyUnfit(facts), warnings: warningsAbout(facts) };
}

describe('whether a Redis can hold a queue', () => {
  it('is beyond doubt where it is set up as the guide asks', () => {
    expect(judge(GOOD)).toEqual({ unfit: null, warnings: [] });
  });

  it.each([
    ['a replica', { role: 'slave' }, /replica/, /primary/],
    ['a cluster', { cluster_enabled: '1' }, /cluster/, /no cluster/],
    ['too old', { redis_version: '4.0.14' }, /Redis 4\.0\.14.* 5\.0\.0/, /newer/],
  ])('is denied where it is %s, with what to do', (_, fields, detail, hint) => {
    expect(judge({ ...GOOD, ...fields }).unfit).toEqual({
      detail: expect.stringMatching(detail),
      hint: expect.stringMatching(hint),
    });
  });

  it.each(['volatile-lru', 'allkeys-lru', 'allkeys-random', 'volatile-ttl'])('is warned of with %s', (policy) => {
    expect(judge({ ...GOOD, maxmemory_policy: policy })).toEqual({
      unfit: null,
      warnings: [
        `maxmemory-policy is ${policy}, so Redis drops jobs and schedules when its memory is full: set it to noeviction`,
      ],
    });
  });

  it.each([
    ['nothing written to disk', '', [expect.stringMatching(/writes nothing to disk.* appendonly to yes/)]],
    ['no word about its snapshots', null, [expect.stringMatching(/does not tell whether it writes to disk/)]],
    ['snapshots alone', '3600 1 300 100', []],
  ])('is warned of with %s as it deserves', (_, snapshots, warnings) => {
    expect(judge({ ...GOOD, aof_enabled: '0' }, snapshots).warnings).toEqual(warnings);
  });

  it('is warned of where a hosted one keeps to itself what it does', () => {
    expect(judge({ redis_version: '7.2.4' }, null).warnings).toEqual([
      expect.stringMatching(/does not tell what it does when its memory is full/),
      expect.stringMatching(/does not tell whether it writes to disk/),
    ]);
  });

  it.each([
    ['6.0.16', 1],
    ['6.2.0', 0],
    ['6.10.1', 0],
    ['10.0.0', 0],
  ])('goes by the version number, not its text: %s', (version, warnings) => {
    expect(judge({ ...GOOD, redis_version: version })).toMatchObject({ unfit: null });
    expect(judge({ ...GOOD, redis_version: version }).warnings).toHaveLength(warnings);
  });

  it('goes by no version of Redis where it is Valkey or Dragonfly, and calls it by its name', () => {
    expect(judge({ ...GOOD, redis_version: '4.0.0', valkey_version: '8.0.1' }).unfit).toBeNull();
    expect(judge({ ...GOOD, dragonfly_version: '1.2.3', maxmemory_policy: 'allkeys-lru' }).warnings).toEqual([
      expect.stringContaining('Dragonfly drops jobs'),
    ]);
  });
});

describe.skipIf(!ownRedisAvailable)('a queue that is opened on a Redis', () => {
  let redis: OwnRedis;
  const lines: string[] = [];
  const open = async (url = redis.url) => {
    const backend = await openQueueBackend(
      { store: 'redis', redisUrl: url, prefix: 'catalog-mirror' },
      { clock: REAL_CLOCK, log: (line) => lines.push(line) },
    );
    await backend.close();
    return lines;
  };
  /** The address of a user of that name. */
  const as = (user: string) => {
    const url = new URL(redis.url);
    [url.username, url.password] = [user, 'swordfish'];
    return url.href;
  };

  beforeAll(async () => {
    redis = await startOwnRedis();
  });
  afterEach(async () => {
    lines.length = 0;
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes');
    await redis.command('REPLICAOF', 'NO', 'ONE');
  });
  afterAll(() => redis.stop());

  it('says nothing where it is set up well', async () => {
    expect(await open()).toEqual([]);
  });

  it('says what is set badly, a line each', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'appendonly', 'no');
    expect(await open()).toEqual([
      expect.stringMatching(/^queue \(Redis\): maxmemory-policy is allkeys-lru, .*: set it to noeviction$/),
      expect.stringMatching(/^queue \(Redis\): Redis writes nothing to disk, .*: set appendonly to yes$/),
    ]);
  });

  it('says that it could not look where CONFIG is forbidden, and opens', async () => {
    await redis.command('CONFIG', 'SET', 'appendonly', 'no');
    await redis.command('ACL', 'SETUSER', 'hosted', 'on', '>swordfish', '~*', '&*', '+@all', '-config');
    expect(await open(as('hosted'))).toEqual([expect.stringMatching(/does not tell whether it writes to disk/)]);
    expect(lines.join()).not.toContain('swordfish');
  });

  it('is refused where the user may not ask what BullMQ asks, with the rights it needs', async () => {
    await redis.command('ACL', 'SETUSER', 'poor', 'on', '>swordfish', '~*', '&*', '+@all', '-info');
    const opening = open(as('poor'));
    await expect(opening).rejects.toMatchObject({
      class: 'connection',
      detail: expect.stringContaining("'info'"),
      hint: expect.stringContaining('+info'),
    });
    await expect(opening).rejects.not.toThrow(/swordfish/);
  });

  it('needs no more rights than the hint of the refusal names', async () => {
    await redis.command(
      ...([
        'ACL',
        'SETUSER',
        'enough',
        'on',
        '>swordfish',
        '~catalog-mirror:*',
        '+@all',
        '-@dangerous',
        '+info',
      ] as const),
      '+client',
    );
    expect(await open(as('enough'))).toEqual([]);
  });

  it('is refused on a replica, before anything is written', async () => {
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    await expect(open()).rejects.toMatchObject({
      class: 'connection',
      message: 'could not open the queue (the queue on Redis): Redis: it is a replica, which takes no writes',
      hint: 'Point REDIS_URL at the primary.',
    });
  });
});
