import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { CatalogAddressError } from '../../src/catalog/address.ts';
import { type CatalogClient, type CatalogClientOptions, createCatalogClient } from '../../src/catalog/client.ts';
import { Failure } from '../../src/catalog/failure.ts';
import { DATASETS } from '../../src/catalog/kinds/datasets.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { CatalogPage, PageQuery } from '../../src/catalog/page.ts';
import type { Misbehaviour } from '../../src/fake/misbehaviour.ts';
import { type FakeCatalog, type FakeCatalogOptions, startFakeCatalog } from '../../src/fake/server.ts';
import { makeArtifact, makeArtifacts } from '../fake/make-artifact.ts';
import { FakeClock } from '../support/clock.ts';
import { selfSigned } from './self-signed.ts';

const TOKEN = 'tok-3f9a/b+c==';
const query: PageQuery = {
  organization: 'acme',
  sortBy: 'created_at',
  sortDir: 'asc',
  page: 1,
  limit: 200,
  includePublic: false,
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<FakeCatalogOptions> = {}): Promise<FakeCatalog> {
  const catalog = await startFakeCatalog({ organizations: { acme: { models: makeArtifacts(5) } }, ...options });
  cleanups.push(() => catalog.close());
  return catalog;
}

function clientFor(url: string, options: Partial<CatalogClientOptions> = {}): CatalogClient {
  const client = createCatalogClient({ url, version: '1.2.3', clock: new FakeClock(), ...options });
  cleanups.push(() => client.close());
  return client;
}

/** A page of a catalog that answers this one request as told. */
async function readWith(misbehaviour: Misbehaviour, options: Partial<CatalogClientOptions> = {}): Promise<CatalogPage> {
  const catalog = await start();
  catalog.script(() => misbehaviour);
  return await clientFor(catalog.url, { credentials: { token: TOKEN }, ...options }).readPage(MODELS, query);
}

async function failureOf(read: Promise<unknown>): Promise<Failure> {
  const outcome = await read.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (outcome instanceof Failure) return outcome;
  throw outcome;
}

const failWith = (misbehaviour: Misbehaviour, options?: Partial<CatalogClientOptions>): Promise<Failure> =>
  failureOf(readWith(misbehaviour, options));

describe('a request', () => {
  test('carries all five query parameters, whatever they are', async () => {
    const catalog = await start();
    const client = clientFor(catalog.url);
    await client.readPage(MODELS, query);
    await client.readPage(MODELS, {
      ...query,
      sortBy: 'file_size_bytes',
      sortDir: 'desc',
      page: 3,
      limit: 7,
      includePublic: true,
    });
    expect(catalog.requests.map((request) => request.query)).toEqual([
      { sort_by: 'created_at', sort_dir: 'asc', page: '1', limit: '200', include_public: 'false' },
      { sort_by: 'file_size_bytes', sort_dir: 'desc', page: '3', limit: '7', include_public: 'true' },
    ]);
  });

  test('names the program and its version, and asks for JSON', async () => {
    const catalog = await start();
    await clientFor(catalog.url).readPage(MODELS, query);
    expect(catalog.requests[0]?.headers).toMatchObject({
      'user-agent': 'catalog-mirror/1.2.3',
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate, br',
    });
    expect(catalog.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(catalog.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });

  test('carries a bearer token or an API key, and is let in with it', async () => {
    const catalog = await start({ credentials: [{ token: TOKEN }, { apiKey: 'key' }] });
    expect((await clientFor(catalog.url, { credentials: { token: TOKEN } }).readPage(MODELS, query)).total).toBe(5);
    expect((await clientFor(catalog.url, { credentials: { apiKey: 'key' } }).readPage(MODELS, query)).total).toBe(5);
    expect(await failureOf(clientFor(catalog.url).readPage(MODELS, query))).toMatchObject({
      class: 'authentication',
      status: 401,
      type: 'authentication_error',
    });
  });

  test.each(['', '/', '/api/v1', '/api/v1/'])('goes to the same place whether the address ends in %j', async (end) => {
    const catalog = await start();
    await clientFor(`${catalog.url}${end}`).readPage(MODELS, query);
    expect(catalog.requests[0]?.path).toBe('/api/v1/org/acme/models');
  });

  test.each(['a b', 'ü/../x', 'a?b=c#d', '50%', "o'brien", '...'])(
    'keeps the slug %j one segment of the path',
    async (slug) => {
      const catalog = await start({ organizations: { [slug]: { models: [makeArtifact(1)] } } });
      expect((await clientFor(catalog.url).readPage(MODELS, { ...query, organization: slug })).total).toBe(1);
      expect(catalog.requests[0]?.organization).toBe(slug);
    },
  );

  test.each(['', '.', '..', '\ud800'])('is not made for the slug %j, which no path can carry', async (slug) => {
    const catalog = await start();
    const failed = await failureOf(clientFor(catalog.url).readPage(MODELS, { ...query, organization: slug }));
    expect(failed.class).toBe('invalid_request');
    expect(catalog.requests).toHaveLength(0);
  });

  test('for another kind goes to its own path', async () => {
    const catalog = await start({ organizations: { acme: { datasets: makeArtifacts(3) } } });
    expect((await clientFor(catalog.url).readPage(DATASETS, query)).items).toHaveLength(3);
    expect(catalog.requests[0]?.path).toBe('/api/v1/org/acme/datasets');
  });

  test('uses a connection that is there rather than a new one', async () => {
    const catalog = await start();
    const ports = new Set<unknown>();
    const client = clientFor(catalog.url);
    for (let read = 0; read < 10; read += 1) await client.readPage(MODELS, query);
    for (const request of catalog.requests) ports.add(request.remotePort);
    expect(catalog.requests).toHaveLength(10);
    // The second request may come before the first one's connection is free again.
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('an answer', () => {
  test('is told to have arrived before it is looked at, and a refusal is none', async () => {
    const catalog = await start();
    const client = clientFor(catalog.url);
    const said: string[] = [];
    const told = { onArrival: () => said.push('arrived') };
    const answers: Misbehaviour[] = [
      { act: 'answer' },
      { act: 'raw', body: '{"models": [' },
      { act: 'status', status: 503 },
    ];
    catalog.script(() => answers.shift());
    said.push(`read ${(await client.readPage(MODELS, query, told)).total}`);
    said.push((await failureOf(client.readPage(MODELS, query, told))).class);
    said.push((await failureOf(client.readPage(MODELS, query, told))).class);
    expect(said).toEqual(['arrived', 'read 5', 'arrived', 'invalid_json', 'unavailable']);
  });

  test('is a page, with the moment it arrived by the clock', async () => {
    const catalog = await start();
    const page = await clientFor(catalog.url).readPage(MODELS, { ...query, limit: 2 });
    expect(page).toMatchObject({ page: 1, limit: 2, total: 5, totalPages: 3, hasNext: true, hasPrevious: false });
    expect(page.items).toHaveLength(2);
    expect(page.arrivedAt).toEqual(new Date('2025-01-15T03:00:00Z'));
  });

  test('may have a smaller limit than was asked: the server clamped it', async () => {
    const catalog = await start({ maxLimit: 3 });
    expect(await clientFor(catalog.url).readPage(MODELS, query)).toMatchObject({ limit: 3, hasNext: true });
  });

  test.each(['gzip', 'deflate', 'br'] as const)('may be packed with %s', async (encoding) => {
    expect((await readWith({ act: 'compress', encoding })).items).toHaveLength(5);
  });

  test('may be packed as raw deflate, or twice', async () => {
    const body = JSON.stringify({
      models: [],
      page: 1,
      limit: 5,
      total: 0,
      total_pages: 0,
      has_next: false,
      has_previous: false,
    });
    for (const [encoding, packed] of [
      ['deflate', deflateRawSync(body)],
      ['gzip, deflate', deflateSync(gzipSync(body))],
      ['identity', Buffer.from(body)],
    ] as const) {
      const page = await readWith({ act: 'raw', headers: { 'content-encoding': encoding }, body: packed });
      expect(page.items).toEqual([]);
    }
  });

  test('may begin with a byte order mark and hold any script', async () => {
    const catalog = await start({ organizations: { acme: { models: [makeArtifact(1, { name: 'acme/模型-😀-é' })] } } });
    const [item] = (await clientFor(catalog.url).readPage(MODELS, query)).items;
    expect(item?.ok && item.record.name).toBe('acme/模型-😀-é');
    const marked = `\ufeff${JSON.stringify({ models: [], page: 1, limit: 5, total: 0, total_pages: 0, has_next: false, has_previous: false })}`;
    expect((await readWith({ act: 'raw', body: marked })).total).toBe(0);
  });

  test('that drips is taken as long as it is whole in time', async () => {
    expect((await readWith({ act: 'drip', bytes: 200, everyMs: 1 })).items).toHaveLength(5);
  });
});

describe('a failure', () => {
  test.each([
    [400, 'invalid_request'],
    [401, 'authentication'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'conflict'],
    [418, 'client_error'],
    [422, 'validation'],
    [426, 'upgrade_required'],
    [429, 'rate_limited'],
    [500, 'server_error'],
    [502, 'bad_gateway'],
    [503, 'unavailable'],
    [504, 'gateway_timeout'],
    [507, 'server_error'],
    [204, 'contract_violation'],
    [201, 'contract_violation'],
    [304, 'redirect'],
  ] as const)('of status %d is %s', async (status, failureClass) => {
    const failed = await failWith({ act: 'status', status });
    expect(failed).toMatchObject({ class: failureClass, status });
    expect(failed.message).toContain(`could not read page 1 (models of acme): the catalog answered ${status}`);
    expect(failed.hint).not.toBe('');
  });

  test('says what the envelope says, and keeps it', async () => {
    const failed = await failWith({ act: 'status', status: 403, detail: 'Not yours', type: 'expired_token_error' });
    expect(failed.detail).toBe('the catalog answered 403: Not yours');
    expect(failed.type).toBe('expired_token_error');
    expect(failed.payload).toBe('{"code":403,"detail":"Not yours","type":"expired_token_error"}');
  });

  test('of validation says where and what', async () => {
    const catalog = await start();
    const failed = await failureOf(clientFor(catalog.url).readPage(MODELS, { ...query, limit: 0, page: -1 }));
    expect(failed).toMatchObject({ class: 'validation', type: 'validation_error' });
    expect(failed.detail).toContain('query.page: Input should be greater than or equal to 1; query.limit: Input');
  });

  test('of a 429 about credits is another class than one about the rate', async () => {
    const failed = await failWith({
      act: 'status',
      status: 429,
      detail: 'You have run out of credits.',
      retryAfter: '5',
    });
    expect(failed.class).toBe('out_of_credits');
  });

  test('of a 429 keeps how long to wait, in seconds or until a date by the clock', async () => {
    expect((await failWith({ act: 'status', status: 429, retryAfter: '7' })).retryAfterMs).toBe(7000);
    const date = 'Wed, 15 Jan 2025 03:01:30 GMT';
    expect((await failWith({ act: 'status', status: 429, retryAfter: date })).retryAfterMs).toBe(90_000);
    expect((await failWith({ act: 'status', status: 429 })).retryAfterMs).toBeNull();
  });

  test('may come as a gateway’s HTML, of which a line is shown', async () => {
    const html =
      '<html><head><style>p{}</style><title>502</title></head><body><p>Bad&nbsp;gateway &amp; more</p></body></html>';
    const failed = await failWith({ act: 'status', status: 502, html });
    expect(failed.detail).toBe('the catalog answered 502: 502 Bad gateway & more');
    expect(failed).toMatchObject({ class: 'bad_gateway', type: null, payload: html });
  });

  test('keeps the beginning of a body that is longer than a letter', async () => {
    const html = `<html><h1>Bad Gateway</h1>${'padding '.repeat(2 ** 19)}`;
    const failed = await failWith({ act: 'status', status: 502, html });
    expect(failed).toMatchObject({ class: 'bad_gateway', payload: html.slice(0, 2 ** 20) });
    expect(failed.detail).toContain('502: Bad Gateway');
  });

  test('has a status although its body breaks off or is damaged', async () => {
    const catalog = await start();
    const refused = { status: 503, headers: { 'content-encoding': 'gzip' }, body: 'no gzip' } as const;
    catalog.script(() => ({ act: 'raw', ...refused }));
    const failed = await failureOf(clientFor(catalog.url).readPage(MODELS, query));
    expect(failed).toMatchObject({ class: 'unavailable', detail: 'the catalog answered 503', payload: null });
  });

  test('is invalid_json where a 200 is a web page, cut-off JSON, or nothing', async () => {
    const page = await failWith({ act: 'raw', body: '<!doctype html><title>Welcome</title>' });
    expect(page).toMatchObject({ class: 'invalid_json', status: 200 });
    expect(page.detail).toBe('the answer is a web page, not JSON: Welcome');
    expect((await failWith({ act: 'raw', body: '{"models": [' })).class).toBe('invalid_json');
    expect((await failWith({ act: 'raw', body: '' })).detail).toBe('the answer is empty');
  });

  test('is invalid_json where a 200 is not UTF-8, and keeps the bytes', async () => {
    const failed = await failWith({ act: 'raw', body: Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d) });
    expect(failed).toMatchObject({ class: 'invalid_json', payload: 'base64:e//+fQ==' });
  });

  test('is invalid_json where a 200 does not unpack', async () => {
    const failed = await failWith({
      act: 'raw',
      headers: { 'content-encoding': 'gzip' },
      body: Uint8Array.of(1, 2, 0xff),
    });
    expect(failed).toMatchObject({ class: 'invalid_json', payload: 'base64:AQL/' });
    const whole = gzipSync('{"models":[]}'.repeat(100));
    const half = await failWith({ act: 'raw', headers: { 'content-encoding': 'gzip' }, body: whole.subarray(0, 20) });
    expect(half.class).toBe('invalid_json');
  });

  test('is contract_violation where a 200 is other JSON, or packed in a way nobody asked for', async () => {
    expect((await failWith({ act: 'change', change: () => ({ ok: true }) })).class).toBe('contract_violation');
    const zstd = await failWith({ act: 'raw', headers: { 'content-encoding': 'zstd' }, body: 'x' });
    expect(zstd).toMatchObject({ class: 'contract_violation', detail: expect.stringContaining('zstd') });
  });

  test('is redirect for a redirect, names the host, and goes nowhere', async () => {
    const elsewhere = await start();
    const failed = await failWith({
      act: 'redirect',
      location: `http://user:pw@127.0.0.1:${elsewhere.port}/login?token=abc`,
    });
    expect(failed).toMatchObject({ class: 'redirect', status: 302 });
    expect(failed.detail).toContain(`points to http://127.0.0.1:${elsewhere.port};`);
    expect(failed.message).not.toMatch(/user|pw|abc|login/);
    expect(elsewhere.requests).toHaveLength(0);
    const relative = await failWith({ act: 'redirect', status: 301, location: '/api/v2/' });
    expect(relative.detail).toMatch(/points to http:\/\/127\.0\.0\.1:\d+;/);
    expect((await failWith({ act: 'redirect', location: 'http://[' })).detail).toContain('cannot be read');
  });

  test('is too_large beyond the limit, as received or as unpacked', async () => {
    const body = ' '.repeat(100_000);
    const plain = await failWith({ act: 'raw', body }, { maxBodyBytes: 99_999 });
    expect(plain).toMatchObject({ class: 'too_large', status: 200 });
    const packed = gzipSync(body);
    expect(packed.length).toBeLessThan(1000);
    const headers = { 'content-encoding': 'gzip' };
    expect((await failWith({ act: 'raw', headers, body: packed }, { maxBodyBytes: 99_999 })).class).toBe('too_large');
    expect((await failWith({ act: 'raw', headers, body: packed }, { maxBodyBytes: 100_000 })).class).toBe(
      'invalid_json',
    );
  });

  test.each([
    { act: 'truncate', keepBytes: 50 },
    { act: 'reset', keepBytes: 50 },
    { act: 'truncate', keepBytes: 0 },
  ] as const)('is connection where the answer breaks off: %o', async (misbehaviour) => {
    const failed = await failWith(misbehaviour);
    expect(failed).toMatchObject({ class: 'connection', status: null, payload: null });
    expect(failed.detail).toMatch(/^the request to 127\.0\.0\.1:\d+ failed: the connection was cut off/);
  });

  test('is connection where nobody listens, where no such host is known, and where it is no HTTP', async () => {
    const catalog = await start();
    await catalog.close();
    const refused = await failureOf(clientFor(catalog.url).readPage(MODELS, query));
    expect(refused).toMatchObject({ class: 'connection', detail: expect.stringContaining('nothing listens there') });

    const unknown = await failureOf(clientFor('https://catalog.invalid').readPage(MODELS, query));
    expect(unknown).toMatchObject({ class: 'connection', detail: expect.stringContaining('host name') });

    const other = createTcpServer((socket) => socket.resume().end('220 mail.example ESMTP\r\n'));
    const port = await listen(other);
    const failed = await failureOf(clientFor(`http://127.0.0.1:${port}`).readPage(MODELS, query));
    expect(failed).toMatchObject({ class: 'connection', detail: expect.stringContaining('does not speak HTTP') });
  });

  test('is timeout where the answer is not whole in time: silent, stuck in the middle, or dripping', async () => {
    for (const misbehaviour of [
      { act: 'hang' },
      { act: 'hang', keepBytes: 20 },
      { act: 'drip', bytes: 1, everyMs: 5 },
      { act: 'answer', latencyMs: 5000 },
    ] as const) {
      const failed = await failWith(misbehaviour, { timeoutMs: 100 });
      expect(failed.class).toBe('timeout');
      expect(failed.detail).toMatch(/^127\.0\.0\.1:\d+ gave no complete answer within 0\.1 s$/);
    }
  });

  test('is tls where the server does not speak https, or nobody vouches for its certificate', async () => {
    const catalog = await start();
    const plain = await failureOf(clientFor(`https://127.0.0.1:${catalog.port}`).readPage(MODELS, query));
    expect(plain).toMatchObject({ class: 'tls', detail: expect.stringContaining('does not speak https') });

    const server = createHttpsServer(selfSigned(), (_, response) => response.end('{}'));
    const port = await listen(server);
    const failed = await failureOf(clientFor(`https://127.0.0.1:${port}`).readPage(MODELS, query));
    expect(failed).toMatchObject({ class: 'tls', detail: expect.stringContaining('certificate') });
  });
});

describe('a secret', () => {
  test('that the server repeats stays out of messages, types and payloads', async () => {
    const escaped = Array.from(TOKEN, (c) => `\\u00${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
    for (const misbehaviour of [
      { act: 'status', status: 401, detail: `Token ${TOKEN} is wrong`, type: `bad_${TOKEN}` },
      { act: 'status', status: 502, html: `<html>${TOKEN}</html>` },
      { act: 'raw', body: `{"you":"${TOKEN}"` },
      { act: 'raw', body: Buffer.concat([Buffer.from([0xff]), Buffer.from(TOKEN)]) },
      { act: 'raw', body: JSON.stringify({ authorization: `Bearer ${TOKEN}` }) },
      { act: 'redirect', location: `https://${encodeURIComponent(TOKEN)}.example/?t=${TOKEN}` },
      { act: 'raw', status: 401, body: `{"detail":"${escaped}","type":"${escaped}"}` },
      { act: 'raw', status: 401, body: `{"detail":[{"loc":["${escaped}"],"msg":"no"}]}` },
      { act: 'raw', body: `<html>${Array.from(TOKEN, (c) => `&#${c.charCodeAt(0)};`).join('')}</html>` },
      { act: 'raw', body: '{}', headers: { 'content-encoding': TOKEN } },
      { act: 'raw', status: 401, body: TOKEN.toUpperCase() },
    ] as const) {
      const failed = await failWith(misbehaviour);
      const everything = JSON.stringify({
        ...failed,
        message: failed.message,
        stack: failed.stack,
        cause: String(failed.cause),
      });
      expect(everything.toLowerCase()).not.toContain(TOKEN.toLowerCase());
      expect(everything).not.toContain(escaped);
      expect(everything).not.toContain(Buffer.from(TOKEN).toString('base64'));
      const [, base64] = failed.payload?.split('base64:') ?? [];
      if (base64 !== undefined) expect(Buffer.from(base64, 'base64').toString('latin1')).toBe('\xff[redacted]');
    }
  });

  test.each(['', 'two words', 'line\nbreak', 'ünicode', 'nul\u0000'])(
    'that no header can carry is refused unseen: %j',
    (token) => {
      const make = () => clientFor('https://catalog.example', { credentials: { token } });
      expect(make).toThrow(Failure);
      expect(make).toThrow(/CATALOG_TOKEN/);
      if (token !== '') expect(make).not.toThrow(token);
      expect(() => clientFor('https://catalog.example', { credentials: { apiKey: token } })).toThrow(/CATALOG_API_KEY/);
    },
  );
});

describe('a client', () => {
  test('is not made for http to another machine, unless that is allowed', () => {
    expect(() => clientFor('http://catalog.example')).toThrow(CatalogAddressError);
    expect(() => clientFor('http://catalog.example', { allowHttp: true })).not.toThrow();
  });

  test('rejects with the reason of a signal that aborts, before or during a read', async () => {
    const catalog = await start();
    catalog.script(() => ({ act: 'hang' }));
    const client = clientFor(catalog.url);
    const reason = new Error('handing back');
    await expect(client.readPage(MODELS, query, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(catalog.requests).toHaveLength(0);

    const controller = new AbortController();
    catalog.script(() => undefined);
    const read = client.readPage(MODELS, query, { signal: controller.signal });
    read.catch(() => {});
    await expect.poll(() => catalog.requests.length, { interval: 1 }).toBe(1);
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
  });

  test('that is closed ends what it reads', async () => {
    const catalog = await start();
    catalog.script(() => ({ act: 'hang' }));
    const client = clientFor(catalog.url);
    const read = failureOf(client.readPage(MODELS, query));
    await expect.poll(() => catalog.requests.length, { interval: 1 }).toBe(1);
    await client.close();
    expect((await read).class).toBe('connection');
  });

  test('reads on after a failure, with many reads side by side', async () => {
    const catalog = await start();
    catalog.script(({ number }) => (number % 2 === 0 ? { act: 'reset', keepBytes: 9 } : undefined));
    const client = clientFor(catalog.url);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => client.readPage(MODELS, query)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect((await client.readPage(MODELS, query)).total).toBe(5);
  });
});

async function listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
