import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseInstant } from '../../src/catalog/timestamp.ts';
import { MovingList } from '../../src/fake/adversary/moving-list.ts';
import { scenarioByName } from '../../src/fake/adversary/scenarios.ts';
import { type Adversary, type AdversaryOptions, startAdversary } from '../../src/fake/adversary/start-adversary.ts';
import { startFakeCatalog } from '../../src/fake/server.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function start(options: Partial<AdversaryOptions> = {}): Promise<Adversary> {
  const adversary = await startAdversary({ scenario: 'wild', seed: 7, size: 50, ...options });
  open.push(adversary);
  return adversary;
}

async function ask(url: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

const post = { method: 'POST' };
const item = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  version: z.string(),
  framework: z.literal('safetensors'),
  is_public: z.literal(true),
  download_count: z.int().min(0),
  origin: z.null(),
  created_at: z.iso.datetime({ offset: true }),
});
const envelope = z.strictObject({
  models: z.array(item),
  page: z.int(),
  limit: z.int(),
  total: z.int(),
  total_pages: z.int(),
  has_next: z.boolean(),
  has_previous: z.boolean(),
});
type Page = z.infer<typeof envelope>;

async function page(url: string, parameters = 'sort_by=created_at&sort_dir=asc', organization = 'acme'): Promise<Page> {
  const { status, body } = await ask(`${url}/api/v1/org/${organization}/models?${parameters}`);
  expect(status).toBe(200);
  return envelope.parse(body);
}

const truth = z.object({
  scenario: z.string(),
  seed: z.int(),
  organization: z.string(),
  reads: z.int(),
  resting: z.boolean(),
  listed: z.array(z.string()),
  happenings: z.object({
    count: z.int(),
    list: z.array(
      z.strictObject({
        before_read: z.int(),
        what: z.string(),
        id: z.string().nullable(),
        other: z.string().nullable(),
      }),
    ),
  }),
});

async function truthOf({ url }: Adversary): Promise<z.infer<typeof truth>> {
  const { status, body } = await ask(`${url}/adversary`);
  expect(status).toBe(200);
  return truth.parse(body);
}

describe('the adversary over HTTP', () => {
  it('answers as the contract says, and moves at every page that is read', async () => {
    const adversary = await start();
    const first = await page(adversary.url, 'sort_by=created_at&sort_dir=asc&page=2&limit=20');
    expect(first).toMatchObject({ page: 2, limit: 20, total: 50, total_pages: 3, has_next: true, has_previous: true });
    expect(first.models).toHaveLength(20);
    expect(first.models[0]?.name).toMatch(/^acme\/model-\d+$/);
    expect(adversary.list.reads).toBe(1);
    await page(adversary.url, 'page=3&limit=20');
    expect(adversary.list.history()).toHaveLength(4);
  });

  it('gives the same answers to the same requests, where scenario and seed are the same', async () => {
    const [one, other, another] = [await start(), await start(), await start({ seed: 8 })];
    for (let number = 1; number <= 3; number++) {
      const parameters = `sort_by=created_at&sort_dir=asc&limit=20&page=${number}`;
      const answer = await page(one.url, parameters);
      expect(await page(other.url, parameters)).toEqual(answer);
      expect(await page(another.url, parameters)).not.toEqual(answer);
    }
  });

  it('sorts as asked, by the other columns too, and moves all the same', async () => {
    const { url, list } = await start({ scenario: 'busy' });
    const created = async (direction: string) =>
      (await page(url, `sort_by=created_at&sort_dir=${direction}&limit=200`)).models.map(
        ({ created_at }) => created_at,
      );
    const names = async (direction: string) =>
      (await page(url, `sort_by=name&sort_dir=${direction}&limit=200`)).models.map(({ name }) => name);
    for (let round = 0; round < 5; round++) {
      const [ascending, descending] = [await created('asc'), await created('desc')];
      expect(ascending).toEqual([...ascending].sort());
      expect(descending).toEqual([...descending].sort().reverse());
      const [up, down] = [await names('asc'), await names('desc')];
      expect(up).toEqual([...up].sort());
      expect(down).toEqual([...down].sort().reverse());
    }
    expect((await page(url, 'sort_by=file_size_bytes&limit=200')).models.length).toBe(list.items().length);
    expect(list.reads).toBe(21);
    expect(list.history().length).toBeGreaterThan(3);
  });

  it('writes the same moments with many offsets where the scenario says so', async () => {
    const { url, list } = await start({ scenario: 'offsets', size: 150 });
    list.rest();
    const { models } = await page(url, 'sort_by=created_at&sort_dir=asc&limit=200');
    expect(new Set(models.map(({ created_at }) => created_at.slice(26))).size).toBeGreaterThan(8);
    expect(models.map(({ created_at }) => parseInstant(created_at))).toEqual(
      list.items().map(({ createdAt }) => createdAt),
    );
    const texts = models.map(({ created_at }) => created_at);
    expect(texts).not.toEqual([...texts].sort());
  });

  it('knows its own organization alone, and no datasets of it', async () => {
    const { url } = await start({ organization: 'umbrella' });
    expect((await page(url, 'limit=200', 'umbrella')).models[0]?.name).toMatch(/^umbrella\//);
    expect((await ask(`${url}/api/v1/org/acme/models`)).status).toBe(404);
    expect((await ask(`${url}/api/v1/org/umbrella/datasets`)).body).toMatchObject({ datasets: [], total: 0 });
    expect((await ask(`${url}/api/v1/org/umbrella/models?limit=0`)).status).toBe(422);
  });

  it('tells the truth at its control address: what is listed, and all that happened', async () => {
    const adversary = await start();
    expect(await truthOf(adversary)).toMatchObject({
      scenario: 'wild',
      seed: 7,
      organization: 'acme',
      reads: 0,
      resting: false,
      happenings: { count: 0, list: [] },
    });
    await page(adversary.url);
    const after = await truthOf(adversary);
    expect(after.reads).toBe(1);
    expect(after.listed).toEqual(adversary.list.items().map(({ id }) => id));
    expect(after.happenings.count).toBe(2);
    expect(after.happenings.list).toMatchObject([
      { before_read: 1, what: 'removed', other: null },
      { before_read: 1, what: 'arrived', id: after.listed.at(-1), other: null },
    ]);
  });

  it('stands still when it is told to, and moves again', async () => {
    const adversary = await start();
    expect(await ask(`${adversary.url}/adversary/rest`, post)).toEqual({
      status: 200,
      body: { scenario: 'wild', seed: 7, reads: 0, resting: true },
    });
    const pages = [await page(adversary.url), await page(adversary.url)];
    expect(pages[0]).toEqual(pages[1]);
    expect((await truthOf(adversary)).happenings.count).toBe(0);
    expect((await ask(`${adversary.url}/adversary/move`, post)).body).toMatchObject({ reads: 2, resting: false });
    await page(adversary.url);
    expect((await truthOf(adversary)).happenings.count).toBe(2);
  });

  it('says who was listed throughout since a number of reads', async () => {
    const adversary = await start();
    for (let read = 0; read < 10; read++) await page(adversary.url);
    const since = async (reads: string) => (await ask(`${adversary.url}/adversary/present-throughout${reads}`)).body;
    expect(await since('?since=4')).toEqual({ since: 4, reads: 10, ids: adversary.list.presentThroughout(4) });
    expect(await since('')).toEqual({ since: 0, reads: 10, ids: adversary.list.presentThroughout(0) });
    expect(await since('?since=10')).toMatchObject({ ids: adversary.list.items().map(({ id }) => id) });
    expect(adversary.list.presentThroughout(0).length).toBeLessThan(adversary.list.presentThroughout(4).length);
  });

  it.each([
    ['GET', '/adversary/rest', 405, 'use POST'],
    ['POST', '/adversary', 405, 'use GET'],
    ['GET', '/adversary/sleep', 404, '/present-throughout'],
    ['GET', '/adversary/present-throughout?since=1', 422, 'since is a number of reads from 0 to 0'],
    ['GET', '/adversary/present-throughout?since=-1', 422, 'since is a number of reads from 0 to 0'],
    ['GET', '/adversary/rest/now', 404, 'Not found'],
  ])('refuses %s %s with %i and says why', async (method, path, status, detail) => {
    const { url } = await start();
    const answer = await ask(`${url}${path}`, { method });
    expect(answer).toMatchObject({ status, body: { code: status, detail: expect.stringContaining(detail) } });
  });

  it('takes a scenario of one’s own, and refuses a name that it does not know', async () => {
    const own = { ...scenarioByName('quiet'), name: 'halving', rates: { remove: 25 } };
    expect(await page((await start({ scenario: own })).url)).toMatchObject({ total: 25 });
    // As a caller in JavaScript may: the types know better.
    const misspelt: { scenario: never } = JSON.parse('{ "scenario": "wilder" }');
    await expect(startAdversary({ ...misspelt, seed: 1 })).rejects.toThrow('there is no scenario "wilder"');
  });
});

describe('the fake catalog with moving lists', () => {
  it('serves them next to others, each at its own pace, and another one when it is told to', async () => {
    const [wild, quiet] = [new MovingList(scenarioByName('wild'), 1), new MovingList(scenarioByName('quiet'), 2)];
    const catalog = await startFakeCatalog({ organizations: { plain: { models: [] } }, moving: { wild, quiet } });
    open.push(catalog);
    await page(catalog.url, 'limit=20', 'wild');
    await page(catalog.url, 'limit=20', 'wild');
    await page(catalog.url, 'limit=20', 'quiet');
    expect([wild.reads, quiet.reads]).toEqual([2, 1]);
    expect(await page(catalog.url, '', 'plain')).toMatchObject({ total: 0 });
    const next = new MovingList(scenarioByName('quiet'), 3, { size: 3 });
    catalog.setMovingList('wild', next);
    expect(await page(catalog.url, '', 'wild')).toMatchObject({ total: 3 });
    catalog.removeOrganization('wild');
    expect((await ask(`${catalog.url}/api/v1/org/wild/models`)).status).toBe(404);
    expect(next.reads).toBe(1);
  });

  it('asks for credentials and obeys scripts before a list moves', async () => {
    const list = new MovingList(scenarioByName('wild'), 1);
    const catalog = await startFakeCatalog({ organizations: {}, moving: { acme: list }, token: 'secret' });
    open.push(catalog);
    expect((await ask(`${catalog.url}/api/v1/org/acme/models`)).status).toBe(401);
    expect(list.reads).toBe(0);
    catalog.script(() => ({ act: 'change', change: (page) => ({ ...page, total: -1 }) }));
    const headers = { authorization: 'Bearer secret' };
    expect((await ask(`${catalog.url}/api/v1/org/acme/models`, { headers })).body).toMatchObject({ total: -1 });
  });
});
