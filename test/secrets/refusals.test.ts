import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../catalog/self-signed.ts';
import { createTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { redisAvailable, redisForTest } from '../support/redis.ts';
import { dumpDatabase } from './places.ts';
import { openProgram, type Program, type Said } from './program.ts';
import { tracesOf } from './search.ts';

const TOKEN = 'tok-5c1e90ab73f2d846';
const PASSWORD = 'pw-6b0d/41c8#e2?95@a7';

describe.skipIf(!postgresAvailable)('a secret is not said', () => {
  let program: Program;
  let database: TestDatabase;
  let folder: string;
  beforeAll(async () => {
    program = await openProgram();
    folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-refusals-'));
  }, 60_000);
  afterAll(async () => {
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    database = await createTestDatabase({ withQueue: true });
  });
  afterEach(() => database.drop());

  const sync = (settings: Readonly<Record<string, string>>): Promise<Said> =>
    program.start(['sync'], {
      CATALOG_URL: 'http://127.0.0.1:9',
      CATALOG_TOKEN: TOKEN,
      CATALOG_ORGANIZATIONS: 'acme',
      DATABASE_URL: database.connectionString,
      DEBUG: 'catalog-mirror',
      ...settings,
    }).ended;

  /** The address of the test's own database or Redis with another password. */
  const withPassword = (address: string, user: string, password: string): string => {
    const url = new URL(address);
    const [protocol] = address.split('//');
    return `${protocol}//${user}:${password}@${url.host}${url.pathname}`;
  };

  it('where PostgreSQL refuses the password', async () => {
    const said = await sync({
      DATABASE_URL: withPassword(database.connectionString, 'nobody', encodeURIComponent(PASSWORD)),
    });
    expect(said).toMatchObject({ err: expect.stringContaining('Check the user and the password in DATABASE_URL') });
    expect(tracesOf(PASSWORD, said.out + said.err)).toEqual([]);
  });

  it.skipIf(!redisAvailable)('where Redis refuses the password', async () => {
    const said = await sync({
      REDIS_URL: withPassword(redisForTest().url, 'nobody', encodeURIComponent(PASSWORD)),
    });
    expect(said).toMatchObject({ err: expect.stringContaining('REDIS_URL') });
    expect(tracesOf(PASSWORD, said.out + said.err)).toEqual([]);
  });

  it.each([
    ['DATABASE_URL', 'postgres', '41/c8e295a7b3f0'],
    ['REDIS_URL', 'redis', '41/c8e295a7b3f0'],
  ])('where %s (%s://…) has a password that an address cannot hold as it is: %s', async (name, protocol, password) => {
    const said = await sync({ [name]: `${protocol}://user:${password}@127.0.0.1:9/db` });
    expect(said.code).toBe(2);
    expect(said.err).toContain(name);
    expect(said.err).toContain('%2F');
    expect(tracesOf(password, said.out + said.err)).toEqual([]);
    expect(said.out + said.err).not.toContain(password.slice(-8));
  });

  it.each([
    [
      'is signed by nobody whom this machine trusts',
      { trusted: false, until: undefined },
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    ['has expired', { trusted: true, until: '210101000000Z' }, 'CERT_HAS_EXPIRED'],
    ['is for another host', { trusted: true, until: undefined }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('to a catalog whose certificate %s, which hears no request at all', async (_, { trusted, until }, code) => {
    let heard = 0;
    const certificate = selfSigned(until);
    const server = createServer(certificate, (_request, response) => {
      heard += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const file = join(folder, 'trusted.pem');
    await writeFile(file, certificate.cert);
    try {
      const said = await sync({
        CATALOG_URL: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...(trusted ? { NODE_EXTRA_CA_CERTS: file } : {}),
      });
      expect(said).toMatchObject({ code: 4 });
      expect(heard).toBe(0);
      const { rows } = await database.pool.query(
        'SELECT error_class, level, detail, attempts FROM mirror.dead_letters',
      );
      expect(rows).toEqual([
        { error_class: 'tls', level: 'organization', detail: expect.stringContaining(code), attempts: 1 },
      ]);
      expect(tracesOf(TOKEN, said.out + said.err + (await dumpDatabase(database.pool)))).toEqual([]);
    } finally {
      server.close();
    }
  });
});
