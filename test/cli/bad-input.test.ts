import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import { artifacts } from '../mirror/harness.ts';
import { createTestDatabase, postgresAvailable } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { TOKEN, useCommands } from './ground.ts';
import { STACK } from './terminal.ts';

const LISTS = { acme: artifacts(1, 12) };
const STORED = 'SELECT * FROM mirror.artifacts ORDER BY id';

describe.skipIf(!postgresAvailable)('a catalog that is none, or does not want us', () => {
  const ground = useCommands(LISTS);

  it.each<{ name: string; acts: Misbehaviour; errorClass: string; says: string; advises: string }>([
    {
      name: 'a token that is refused',
      acts: { act: 'status', status: 401, detail: 'Authentication failed', type: 'authentication_error' },
      errorClass: 'authentication',
      says: 'the catalog answered 401: Authentication failed',
      advises: 'check CATALOG_TOKEN',
    },
    {
      name: 'an organization that is not known',
      acts: { act: 'status', status: 404, detail: 'Organization acme not found', type: 'not_found_error' },
      errorClass: 'not_found',
      says: 'the catalog answered 404: Organization acme not found',
      advises: 'check the organization’s name and CATALOG_URL',
    },
    {
      name: 'a web page',
      acts: { act: 'raw', body: '<!doctype html><title>Welcome</title>', headers: { 'content-type': 'text/html' } },
      errorClass: 'invalid_json',
      says: 'not JSON',
      advises: 'check that CATALOG_URL is the address of a catalog',
    },
    {
      name: 'JSON of something else',
      acts: { act: 'raw', body: '{"status":"ok","version":"1.2.3"}', headers: { 'content-type': 'application/json' } },
      errorClass: 'contract_violation',
      says: 'models',
      advises: 'check that CATALOG_URL is the address of a catalog',
    },
    {
      name: 'a connection that is cut off',
      acts: { act: 'reset', keepBytes: 20 },
      errorClass: 'connection',
      says: 'the connection was cut off',
      advises: 'check CATALOG_URL and that this machine reaches that host',
    },
  ])(
    '$name is said in a sentence with what to do, and nothing stored is lost',
    async ({ acts, errorClass, says, advises }) => {
      expect((await ground.run(['sync'])).code).toBe(0);
      const before = await ground.rows(STORED);

      const heal = ground.catalog.script(() => acts);
      const failed = await ground.run(['sync']);
      expect(failed.code).toBe(4);
      // Wrapped nowhere, because it goes into a pipe.
      expect(failed.out).toMatch(/^acme: could not read page 1 \(models of acme\): /m);
      expect(failed.out).toContain(says);
      expect(failed.out).toContain(advises);
      expect(failed.out + failed.err).not.toMatch(STACK);
      expect(await ground.rows(STORED)).toEqual(before);
      expect(await ground.rows('SELECT error_class, level, state FROM mirror.dead_letters')).toEqual([
        { error_class: errorClass, level: 'organization', state: 'open' },
      ]);

      const looked = await ground.run(['list', 'acme']);
      expect(looked.code).toBe(4);
      expect(looked.err).toMatch(/^error: could not read page 1 \(models of acme\)\n/);
      expect(looked.err).toContain(says);
      expect(looked.err).not.toMatch(STACK);

      heal();
      expect((await ground.run(['sync'])).code).toBe(0);
      expect(await ground.rows('SELECT state FROM mirror.dead_letters')).toEqual([{ state: 'resolved' }]);
    },
  );

  it('a redirect is not followed: the token goes to no other host', async () => {
    const visitors: string[] = [];
    const elsewhere = createServer((request, response) => {
      visitors.push(String(request.headers.authorization));
      response.end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    try {
      const address = elsewhere.address();
      const port = typeof address === 'object' ? address?.port : null;
      ground.catalog.script(() => ({ act: 'redirect', location: `http://127.0.0.1:${port}/api/v1?token=${TOKEN}` }));
      const { code, out } = await ground.run(['sync']);
      expect(code).toBe(4);
      expect(out).toContain(
        `the catalog answered 302 and points to http://127.0.0.1:${port}; redirects are not followed`,
      );
      expect(visitors).toEqual([]);
    } finally {
      elsewhere.close();
    }
  });

  it.each([
    [
      'a host that nothing listens on',
      async () => `http://127.0.0.1:${await freePort()}`,
      'nothing listens there (connection refused)',
    ],
    ['a host name that nobody knows', async () => 'https://catalog.invalid', 'host name'],
    [
      'a server that does not speak https',
      async () => ground.catalog.url.replace('http:', 'https:'),
      'does not speak https',
    ],
  ])('%s is said in a sentence with what to do', async (_, url, says) => {
    const { code, out, err } = await ground.run(['sync'], { CATALOG_URL: await url() });
    expect(code).toBe(4);
    expect(out).toContain(says);
    expect(out).toContain('check ');
    expect(out).toContain('CATALOG_URL');
    expect(out + err).not.toMatch(STACK);
  });
});

describe.skipIf(!postgresAvailable)('a part that cannot be used', () => {
  const ground = useCommands(LISTS);
  const database = (change: (url: URL) => void): string => {
    const url = new URL(ground.database.connectionString);
    change(url);
    return url.href;
  };

  it.each<{ name: string; env: () => Promise<Record<string, string | undefined>>; says: RegExp; advises: RegExp }>([
    {
      name: 'a database that refuses the connection',
      env: async () => ({ DATABASE_URL: `postgres://me:hunter2@127.0.0.1:${await freePort()}/mirror` }),
      says: /could not connect to PostgreSQL \(127\.0\.0\.1:\d+\/mirror\)\n.*ECONNREFUSED/,
      advises: /Check that the database server runs/,
    },
    {
      name: 'a wrong password',
      env: async () => ({
        DATABASE_URL: database((url) => {
          url.password = 'hunter2';
        }),
      }),
      says: /password authentication failed/,
      advises: /Check the user and the password in DATABASE_URL/,
    },
    {
      name: 'a database that does not exist',
      env: async () => ({
        DATABASE_URL: database((url) => {
          url.pathname = '/nobody_made_this';
        }),
      }),
      says: /database "nobody_made_this" does not exist/,
      advises: /Create the database first, or correct its name in DATABASE_URL/,
    },
    {
      name: 'a Redis that refuses the connection',
      env: async () => ({ REDIS_URL: `redis://:hunter2@127.0.0.1:${await freePort()}` }),
      says: /could not open the queue \(the queue on Redis\)\n.*ECONNREFUSED/,
      advises: /Check that Redis runs/,
    },
    {
      name: 'a home that is a file',
      env: async () => {
        await writeFile(join(ground.folder, 'file'), '');
        return { DATABASE_URL: undefined, CATALOG_MIRROR_HOME: 'file/home' };
      },
      says: /file\/home: a file stands where a folder has to be/,
      advises: /Set CATALOG_MIRROR_HOME to a folder/,
    },
  ])('$name: sync, worker and runs list exit 2 with a sentence', async ({ env, says, advises }) => {
    const settings = await env();
    for (const args of [['sync'], ['worker'], ...(settings['REDIS_URL'] === undefined ? [['runs', 'list']] : [])]) {
      const { code, out, err } = await ground.run(args, settings);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^error: could not /);
      expect(err).toMatch(says);
      expect(err).toMatch(advises);
      expect(err).not.toMatch(STACK);
      expect(err).not.toContain('hunter2');
    }
    expect(ground.catalog.requests).toEqual([]);
  });

  it('a database of a newer version is left as it is', async () => {
    await ground.run(['sync']);
    await ground.database.pool.query(
      "INSERT INTO mirror.migrations (tag, digest, applied_at) VALUES ('9999_from_the_future', 'x', now())",
    );
    const before = await ground.dumpDatabase();
    for (const args of [['sync'], ['worker'], ['migrate'], ['runs', 'list'], ['psql', '-c', 'select 1']]) {
      const { code, out, err } = await ground.run(args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('9999_from_the_future');
      expect(err).toContain('a newer catalog-mirror made it');
      expect(err).toContain('Use the newer version of catalog-mirror');
      expect(err).not.toMatch(STACK);
    }
    expect(await ground.dumpDatabase()).toBe(before);
  });

  it('a database that is not UTF8 is refused before anything is written to it', async () => {
    const name = `ascii_${Date.now()}_${process.pid}`;
    await ground.database.pool.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`);
    try {
      const url = database((at) => {
        at.pathname = `/${name}`;
      });
      const { code, err } = await ground.run(['sync'], { DATABASE_URL: url });
      expect(code).toBe(2);
      expect(err).toContain('the database is encoded in SQL_ASCII, which cannot hold every name of a catalog');
      expect(err).toContain("Create it with ENCODING 'UTF8'.");
    } finally {
      await ground.database.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });

  it('a role that may not create the schemas is told what a DBA can do', async () => {
    const empty = await createTestDatabase({ empty: true });
    const role = `poor_${Date.now()}_${process.pid}`;
    await empty.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
    try {
      const url = new URL(empty.connectionString);
      [url.username, url.password] = [role, 'p'];
      const { code, err } = await ground.run(['sync'], { DATABASE_URL: url.href });
      expect(code).toBe(2);
      expect(err).toContain('permission denied');
      expect(err).toContain('let a DBA create the schemas mirror and report');
      expect(err).not.toMatch(STACK);
    } finally {
      await empty.drop();
      await ground.database.pool.query(`DROP ROLE ${role}`);
    }
  });

  it('a settings file that is a folder, or not JSON, is named', async () => {
    await mkdir(join(ground.folder, 'catalog-mirror.config.json'));
    const folder = await ground.run(['sync']);
    expect(folder.code).toBe(2);
    expect(folder.err).toContain('catalog-mirror.config.json: "catalog-mirror.config.json" cannot be read (EISDIR)');
    await writeFile(join(ground.folder, 'other.json'), '{"organizations": {"acme": {"cron": "often"}, }');
    const text = await ground.run(['sync'], { CATALOG_MIRROR_CONFIG: 'other.json' });
    expect(text.code).toBe(2);
    expect(text.err).toContain('other.json: it is not JSON');
    expect(text.err).not.toMatch(STACK);
  });
});
