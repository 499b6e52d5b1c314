import { afterEach, expect, test } from 'vitest';
import { type CatalogClient, createCatalogClient } from '../../src/catalog/client.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import type { PageQuery } from '../../src/catalog/page.ts';
import { createPageReader } from '../../src/catalog/page-reader.ts';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import { makeArtifacts } from '../fake/make-artifact.ts';
import { FakeClock } from '../support/clock.ts';

const query: PageQuery = {
  organization: 'acme',
  sortBy: 'created_at',
  sortDir: 'asc',
  page: 1,
  limit: 200,
  includePublic: false,
};

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(): Promise<{ catalog: FakeCatalog; client: CatalogClient; clock: FakeClock }> {
  const catalog = await startFakeCatalog({ organizations: { acme: { models: makeArtifacts(5) } } });
  const clock = new FakeClock();
  const client = createCatalogClient({ url: catalog.url, version: '1.2.3', clock });
  open.push(catalog, client);
  return { catalog, client, clock };
}

test('a page reader gets a page through bad weather, and says what it took', async () => {
  const { catalog, client, clock } = await start();
  catalog.script(({ number }) => {
    if (number === 1) return { act: 'status', status: 503 };
    if (number === 2) return { act: 'reset', keepBytes: 30 };
    if (number === 3) return { act: 'raw', body: '{"models": [' };
    return number === 4 ? { act: 'status', status: 429, retryAfter: '30' } : undefined;
  });
  let requests = 0;
  const retries: string[] = [];
  const read = createPageReader(client, MODELS, {
    clock,
    onRequest: () => {
      requests += 1;
    },
    onRetry: (failure) => retries.push(failure.class),
  });
  expect((await read(query)).items).toHaveLength(5);
  expect(requests).toBe(5);
  expect(catalog.requests).toHaveLength(5);
  expect(retries).toEqual(['unavailable', 'connection', 'invalid_json', 'rate_limited']);
  expect(clock.sleeps.at(-1)).toBe(30_000);
});

test('a page reader gives up with the last failure and the number of its requests', async () => {
  const { catalog, client, clock } = await start();
  catalog.script(() => ({ act: 'status', status: 502, html: '<html>Bad gateway</html>' }));
  await expect(createPageReader(client, MODELS, { clock })(query)).rejects.toMatchObject({
    class: 'bad_gateway',
    status: 502,
    attempts: 5,
    message: 'could not read page 1 (models of acme): the catalog answered 502: Bad gateway (given up after 5 tries)',
  });
  expect(catalog.requests).toHaveLength(5);
});

test('a page reader asks once where asking again cannot help', async () => {
  const { catalog, client, clock } = await start();
  await expect(createPageReader(client, MODELS, { clock })({ ...query, organization: 'nobody' })).rejects.toMatchObject(
    {
      class: 'not_found',
      attempts: 1,
    },
  );
  expect(catalog.requests).toHaveLength(1);
  expect(clock.sleeps).toEqual([]);
});

test('page readers of one client share its pace', async () => {
  const { catalog, client, clock } = await start();
  catalog.script(({ number }) => (number === 1 ? { act: 'status', status: 429, retryAfter: '60' } : undefined));
  const at: Date[] = [];
  const read = createPageReader(client, MODELS, { clock, onRequest: () => at.push(clock.now()) });
  await read(query);
  await createPageReader(client, MODELS, { clock })(query);
  expect(at).toEqual([new Date('2025-01-15T03:00:00Z'), new Date('2025-01-15T03:01:00Z')]);
});
