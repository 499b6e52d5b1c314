import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type FakeCatalog, type FakeCatalogOptions, startFakeCatalog } from '../../src/fake/server.ts';
import { makeArtifact, makeArtifacts } from './make-artifact.ts';

const open: FakeCatalog[] = [];

async function start(options: Partial<FakeCatalogOptions> = {}): Promise<FakeCatalog> {
  const catalog = await startFakeCatalog({ organizations: { acme: { models: makeArtifacts(5) } }, ...options });
  open.push(catalog);
  return catalog;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((catalog) => catalog.close()));
});

async function get(catalog: FakeCatalog, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${catalog.url}/api/v1${path}`, { headers, redirect: 'manual' });
  const body: unknown = await response.json();
  return { status: response.status, headers: response.headers, body };
}

const id = (number: number): unknown => makeArtifact(number)['id'];

describe('the fake catalog', () => {
  test('has the contract’s defaults: newest first, 50 a page, no public items of others', async () => {
    const catalog = await start({
      organizations: { acme: { models: makeArtifacts(60) }, other: { models: [makeArtifact(99)] } },
    });
    const { status, body, headers } = await get(catalog, '/org/acme/models');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(body).toMatchObject({ page: 1, limit: 50, total: 60, total_pages: 2, has_next: true, has_previous: false });
    expect(body).toHaveProperty('models.0.id', id(60));
    expect(body).toHaveProperty('models.length', 50);
  });

  test('takes all five query parameters', async () => {
    const guest = makeArtifact(9, { name: 'other/guest', created_at: '2020-01-01T00:00:00Z' });
    const hidden = makeArtifact(8, { is_public: false });
    const catalog = await start({
      organizations: { acme: { models: makeArtifacts(5) }, other: { models: [guest, hidden] } },
    });
    const path = '/org/acme/models?sort_by=created_at&sort_dir=asc&page=2&limit=2&include_public=';
    const alone = await get(catalog, `${path}false`);
    expect(alone.body).toMatchObject({ total: 5, models: [{ id: id(3) }, { id: id(4) }] });
    const withGuests = await get(catalog, `${path}true`);
    expect(withGuests.body).toMatchObject({ total: 6, models: [{ id: id(2) }, { id: id(3) }] });
  });

  test('clamps the limit at 200, or at what it is told', async () => {
    const catalog = await start({ organizations: { acme: { models: makeArtifacts(300) } } });
    expect((await get(catalog, '/org/acme/models?limit=1000')).body).toMatchObject({ limit: 200, total_pages: 2 });
    const small = await start({ maxLimit: 2 });
    expect((await get(small, '/org/acme/models?limit=200')).body).toMatchObject({ limit: 2, total_pages: 3 });
  });

  test('lists datasets under their own key', async () => {
    const catalog = await start({ organizations: { acme: { datasets: [makeArtifact(1)] } } });
    expect((await get(catalog, '/org/acme/datasets')).body).toMatchObject({ datasets: [{ id: id(1) }] });
    expect((await get(catalog, '/org/acme/models')).body).toMatchObject({ models: [], total: 0 });
  });

  test.each([
    ['sort_by=size', 'sort_by'],
    ['sort_dir=up', 'sort_dir'],
    ['page=0', 'page'],
    ['page=one', 'page'],
    ['page=1.5', 'page'],
    ['limit=0', 'limit'],
    ['limit=-5', 'limit'],
    ['limit=', 'limit'],
    ['include_public=maybe', 'include_public'],
  ])('refuses %s with 422 and says where', async (query, parameter) => {
    const { status, body } = await get(await start(), `/org/acme/models?${query}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 422, type: 'validation_error', errors: [{ loc: ['query', parameter] }] });
  });

  test('reports every bad parameter at once', async () => {
    const { body } = await get(await start(), '/org/acme/models?page=0&limit=x&sort_by=y');
    expect(body).toHaveProperty('errors.length', 3);
  });

  test('answers 404 for organizations, kinds and paths it does not know, and 405 for other methods', async () => {
    const catalog = await start();
    for (const path of ['/org/nobody/models', '/org/acme/widgets', '/org/acme', '/', '/org/%zz/models']) {
      expect(await get(catalog, path)).toMatchObject({ status: 404, body: { code: 404, type: 'not_found_error' } });
    }
    const post = await fetch(`${catalog.url}/api/v1/org/acme/models`, { method: 'POST' });
    expect(post.status).toBe(405);
  });

  test('knows organizations with any slug', async () => {
    const catalog = await start({ organizations: { 'a b/ü': { models: [makeArtifact(1)] } } });
    expect((await get(catalog, '/org/a%20b%2F%C3%BC/models')).body).toMatchObject({ total: 1 });
  });

  test('lets in only who has the token or the key, and only where they may go', async () => {
    const catalog = await start({
      organizations: { acme: {}, other: {} },
      token: 'master',
      credentials: [{ token: 'acme-only', organizations: ['acme'] }, { apiKey: 'key' }],
    });
    const status = async (organization: string, headers: Record<string, string>): Promise<number> =>
      (await get(catalog, `/org/${organization}/models`, headers)).status;
    expect(await status('acme', {})).toBe(401);
    expect(await status('acme', { authorization: 'Bearer wrong' })).toBe(401);
    expect(await status('acme', { authorization: 'master' })).toBe(401);
    expect(await status('acme', { 'x-api-key': 'master' })).toBe(401);
    expect(await status('other', { authorization: 'Bearer master' })).toBe(200);
    expect(await status('acme', { authorization: 'Bearer acme-only' })).toBe(200);
    expect(await status('other', { authorization: 'Bearer acme-only' })).toBe(403);
    expect(await status('other', { 'x-api-key': 'key' })).toBe(200);
  });

  test('shows at once what was put, updated and removed', async () => {
    const catalog = await start();
    const total = async (): Promise<unknown> => (await get(catalog, '/org/acme/models?sort_dir=asc')).body;
    expect(await total()).toMatchObject({ total: 5 });
    catalog.put('acme', makeArtifact(6));
    expect(await total()).toMatchObject({ total: 6 });
    catalog.update('acme', String(id(1)), { download_count: 77 });
    expect(await total()).toHaveProperty('models.0', makeArtifact(1, { download_count: 77 }));
    catalog.remove('acme', String(id(1)));
    const left = await total();
    expect(left).toMatchObject({ total: 5 });
    expect(left).toHaveProperty('models.0.id', id(2));
    expect(() => catalog.remove('acme', String(id(1)))).toThrow('lists no');
    expect(() => catalog.update('acme', String(id(1)), {})).toThrow('lists no');
    catalog.setOrganization('acme', { models: [] });
    expect(await total()).toMatchObject({ total: 0 });
    catalog.removeOrganization('acme');
    expect(await total()).toMatchObject({ code: 404 });
    catalog.put('new', makeArtifact(1), 'datasets');
    expect((await get(catalog, '/org/new/datasets')).body).toMatchObject({ total: 1 });
  });

  test('remembers every request', async () => {
    const catalog = await start();
    await get(catalog, '/org/acme/models?page=2&x=y', { 'user-agent': 'tester' });
    await get(catalog, '/elsewhere');
    expect(catalog.requests).toMatchObject([
      {
        number: 1,
        method: 'GET',
        path: '/api/v1/org/acme/models',
        organization: 'acme',
        kind: 'models',
        query: { page: '2', x: 'y' },
        headers: { 'user-agent': 'tester' },
      },
      { number: 2, organization: null, kind: null },
    ]);
  });

  test('listens on loopback only', async () => {
    const catalog = await start();
    expect(catalog.url).toBe(`http://127.0.0.1:${catalog.port}`);
  });
});

describe('a script', () => {
  test('changes the list before the n-th read, or after it', async () => {
    const catalog = await start();
    catalog.script(({ number }) => {
      if (number === 2) catalog.put('acme', makeArtifact(6));
      if (number !== 3) return undefined;
      return { act: 'answer', afterwards: () => catalog.remove('acme', String(id(6))) };
    });
    const totals: unknown[] = [];
    for (let read = 0; read < 4; read += 1) totals.push((await get(catalog, '/org/acme/models')).body);
    expect(totals).toMatchObject([{ total: 5 }, { total: 6 }, { total: 6 }, { total: 5 }]);
  });

  test('is heard in order, the first that says something decides, and can be taken away', async () => {
    const catalog = await start();
    const stop = catalog.script(({ query }) => (query['page'] === '2' ? { act: 'status', status: 503 } : undefined));
    catalog.script(() => ({ act: 'status', status: 500 }));
    expect((await get(catalog, '/org/acme/models?page=2')).status).toBe(503);
    expect((await get(catalog, '/org/acme/models?page=1')).status).toBe(500);
    stop();
    expect((await get(catalog, '/org/acme/models?page=2')).status).toBe(500);
  });

  test('that throws answers 500 with its words, where the test will see them', async () => {
    const catalog = await start();
    catalog.script(() => {
      throw new Error('my mistake');
    });
    expect(await get(catalog, '/org/acme/models')).toMatchObject({
      status: 500,
      body: { detail: expect.stringContaining('my mistake') },
    });
  });

  test('answers a status with the envelope, with a Retry-After, or with a page of HTML', async () => {
    const catalog = await start();
    catalog.script(({ number }) =>
      number === 1
        ? { act: 'status', status: 429, detail: 'Slow down', type: 'rate_limit_error', retryAfter: '7' }
        : { act: 'status', status: 502, html: '<html>Bad gateway</html>' },
    );
    const limited = await get(catalog, '/org/acme/models');
    expect(limited).toMatchObject({ status: 429, body: { code: 429, detail: 'Slow down', type: 'rate_limit_error' } });
    expect(limited.headers.get('retry-after')).toBe('7');
    const html = await fetch(`${catalog.url}/api/v1/org/acme/models`);
    expect([html.status, html.headers.get('content-type'), await html.text()]).toEqual([
      502,
      'text/html',
      '<html>Bad gateway</html>',
    ]);
  });

  test('redirects, sends raw bytes, changes the envelope, lists in another order', async () => {
    const catalog = await start();
    const url = `${catalog.url}/api/v1/org/acme/models?sort_dir=asc`;
    catalog.script(({ number }) => {
      if (number === 1) return { act: 'redirect', location: 'https://elsewhere.example/x' };
      if (number === 2) return { act: 'raw', status: 201, headers: { 'x-a': 'b' }, body: Uint8Array.of(0xff, 0) };
      if (number === 3) return { act: 'change', change: (envelope) => ({ ...envelope, total: -1 }) };
      return { act: 'list', list: (sorted) => sorted.toReversed().slice(1) };
    });
    const redirect = await fetch(url, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'https://elsewhere.example/x']);
    const raw = await fetch(url);
    expect([raw.status, raw.headers.get('x-a'), [...new Uint8Array(await raw.arrayBuffer())]]).toEqual([
      201,
      'b',
      [255, 0],
    ]);
    expect(await (await fetch(url)).json()).toMatchObject({ total: -1, page: 1 });
    expect(await (await fetch(url)).json()).toMatchObject({ total: 4, models: [{ id: id(4) }, {}, {}, {}] });
  });

  test('truncates, resets and compresses on the wire', async () => {
    const catalog = await start();
    let act: 'truncate' | 'reset' | 'compress' = 'truncate';
    catalog.script(() => (act === 'compress' ? { act, encoding: 'gzip' } : { act, keepBytes: 10 }));
    const raw = async (): Promise<string> => {
      const socket = connect(catalog.port, '127.0.0.1');
      socket.setEncoding('latin1');
      socket.write('GET /api/v1/org/acme/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      return await text(socket);
    };
    const [head = '', body] = (await raw()).split('\r\n\r\n');
    expect(head).toMatch(/content-length: \d{3}/);
    expect(body).toBe('{"models":');
    act = 'reset';
    await expect(raw()).rejects.toMatchObject({ code: 'ECONNRESET' });
    act = 'compress';
    const compressed = (await raw()).split('\r\n\r\n').slice(1).join('\r\n\r\n');
    expect(JSON.parse(gunzipSync(Buffer.from(compressed, 'latin1')).toString())).toMatchObject({ total: 5 });
  });

  test('drips, waits and hangs, and a closed catalog waits for none of them', async () => {
    const catalog = await start();
    catalog.script(({ number }) => {
      if (number === 1) return { act: 'drip', bytes: 100, everyMs: 1 };
      if (number === 2) return { act: 'answer', latencyMs: 1 };
      return number === 3 ? { act: 'hang' } : { act: 'hang', keepBytes: 5 };
    });
    expect((await get(catalog, '/org/acme/models')).body).toMatchObject({ total: 5 });
    expect((await get(catalog, '/org/acme/models')).body).toMatchObject({ total: 5 });
    const silent = fetch(`${catalog.url}/api/v1/org/acme/models`);
    silent.catch(() => {});
    const half = await fetch(`${catalog.url}/api/v1/org/acme/models`);
    expect(half.status).toBe(200);
    await catalog.close();
    await expect(silent).rejects.toThrow();
    await expect(half.text()).rejects.toThrow();
  });
});
