import { describe, expect, it } from 'vitest';
import { artifact, artifacts } from '../mirror/harness.ts';
import { writeHistory } from '../report/history.ts';
import { createTestDatabase, postgresAvailable } from '../support/database.ts';
import { QUEUES, useCommands } from './ground.ts';
import { tooWide } from './terminal.ts';

const PLAIN = { NO_COLOR: '1' };
const NARROW = { columns: 80 };
const LISTS = { acme: artifacts(1, 5), globex: artifacts(1, 3, 'globex') };

interface Told {
  readonly summary: string;
  readonly queue: { readonly status: string; readonly reason?: string };
  readonly listings: readonly {
    readonly organization: string;
    readonly artifacts: number;
    readonly openLetters: number;
    readonly inSettings: boolean | null;
    readonly nextFire: { readonly at: string; readonly from: string } | null;
    readonly standing: { readonly verdict: string };
  }[];
}

describe.skipIf(!postgresAvailable)('status', () => {
  const ground = useCommands(LISTS);
  const told = async (env = {}): Promise<Told> => (await ground.run(['status', '--json'], env)).json() as Told;

  it('tells before anything is mirrored what the settings want, and when the cron will fire', async () => {
    const { code, out } = await ground.run(['status'], PLAIN, NARROW);
    expect(code).toBe(0);
    expect(tooWide(out)).toEqual([]);
    expect(out).toMatch(/^0 of 2 organizations are up to date; acme was never mirrored; 1 more is not\.$/m);
    expect(out).toMatch(/^queue +in PostgreSQL, no schedules yet/m);
    expect(out).toMatch(/^acme +never run .* in \d+ (h|min|s)$/m);
    expect((await told()).listings.map(({ nextFire }) => nextFire?.from)).toEqual(['settings', 'settings']);
  });

  it('tells what is up to date and what failed, why, and what to do', async () => {
    ground.catalog.removeOrganization('globex');
    await ground.run(['sync']);
    const { code, out } = await ground.run(['status'], PLAIN, NARROW);
    expect(code).toBe(0);
    expect(tooWide(out)).toEqual([]);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(
      /^1 of 2 organizations are up to date, as of [\d-]+; globex failed on [\d-]+: .*404.* mirror catalog-mirror \d/,
    );
    expect(out).toMatch(/^letters +1 letter open: `catalog-mirror dead-letters list`$/m);
    expect(out).toMatch(/^acme +certified +[\d-]+ +1 of 1 +5 +0 /m);
    expect(out).toMatch(/^globex +failed +– +0 of 1 +0 +1 /m);
    expect(out).toContain('`catalog-mirror sync globex`');
    const data = await told();
    expect(data.summary).toMatch(/^1 of 2 organizations/);
    expect(data.listings).toMatchObject([
      { organization: 'acme', artifacts: 5, openLetters: 0, inSettings: true, standing: { verdict: 'up to date' } },
      { organization: 'globex', artifacts: 0, openLetters: 1, standing: { verdict: 'not up to date' } },
    ]);
  });

  it('answers with --check by its exit code as sync does', async () => {
    const check = async (): Promise<number> => (await ground.run(['status', '--check'])).code;
    expect(await check()).toBe(3);
    await ground.run(['sync']);
    expect(await check()).toBe(0);
    ground.catalog.removeOrganization('globex');
    await ground.run(['sync', 'globex']);
    expect(await check()).toBe(4);
  });

  it('shows a held removal with the command that approves it', async () => {
    const many = artifacts(1, 30);
    ground.catalog.setOrganization('acme', { models: many });
    await ground.run(['sync', 'acme']);
    ground.catalog.setOrganization('acme', { models: many.slice(0, 10) });
    await ground.run(['sync', 'acme']);
    const { out } = await ground.run(['status'], PLAIN, NARROW);
    const [letter] = await ground.rows<{ id: string }>("SELECT id FROM mirror.dead_letters WHERE state = 'open'");
    expect(out).toMatch(/^acme +held /m);
    expect(out).toContain(`\`catalog-mirror dead-letters replay ${letter?.id}\``);
  });

  it('takes a replay of single records for no run of the listing', async () => {
    ground.catalog.put('globex', { ...artifact(9, {}, 'globex'), download_count: -4 });
    await ground.run(['sync', 'globex']);
    // What is replayed is read by another rule than when it was filed: the stored text itself is mended.
    await ground.rows(
      `UPDATE mirror.dead_letters SET payload = replace(payload, '"download_count":-4', '"download_count":4')`,
    );
    await ground.run(['dead-letters', 'replay', '--organization', 'globex']);
    const runs = await ground.rows("SELECT state, requests FROM mirror.runs WHERE trigger = 'replay'");
    expect(runs).toEqual([{ state: 'partial', requests: 0 }]);
    expect((await told()).listings.find(({ organization }) => organization === 'globex')).toMatchObject({
      standing: { verdict: 'up to date' },
    });
  });

  it('leaves out of account what the settings no longer name', async () => {
    await ground.run(['sync']);
    const only = { CATALOG_ORGANIZATIONS: 'acme' };
    expect((await told(only)).summary).toMatch(/^acme is up to date, as of [\d-]+\.$/);
    const { out } = await ground.run(['status'], { ...PLAIN, ...only }, NARROW);
    expect(out).toMatch(/^globex is not in the settings: it stays as of [\d-]+\.$/m);
    await ground.run(['organizations', 'retire', 'globex', '--yes'], only);
    expect((await ground.run(['status'], { ...PLAIN, ...only }, NARROW)).out).toMatch(/^globex is retired\.$/m);
  });

  it('reads a database without a catalog in the settings, as the demo leaves one', async () => {
    await ground.run(['sync']);
    const { code, out } = await ground.run(['status'], { ...PLAIN, CATALOG_URL: undefined }, NARROW);
    expect(code).toBe(0);
    expect(out).toMatch(/^Both organizations are up to date, as of [\d-]+\.$/m);
    expect(out).toMatch(/^queue +in PostgreSQL, nothing is scheduled$/m);
  });

  it('makes no queue where there is none', async () => {
    const database = await createTestDatabase();
    try {
      const { out } = await ground.run(['status'], { ...PLAIN, DATABASE_URL: database.connectionString }, NARROW);
      expect(out).toMatch(/^queue +in PostgreSQL, no schedules yet/m);
      const { rows } = await database.pool.query("SELECT FROM pg_namespace WHERE nspname = 'catalog_mirror_queue'");
      expect(rows).toEqual([]);
    } finally {
      await database.drop();
    }
  });

  it('shows the rest where the queue cannot be asked, and says why', async () => {
    await ground.run(['sync']);
    const away = { REDIS_URL: 'redis://127.0.0.1:1' };
    const { code, out } = await ground.run(['status'], { ...PLAIN, ...away }, NARROW);
    expect(code).toBe(0);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(
      /queue cannot be asked: Redis: .*ECONNREFUSED.*Next fires are those of the settings\./,
    );
    expect(out).toMatch(/^acme +certified .* in \d+ (h|min|s)$/m);
    expect((await told(away)).queue).toMatchObject({ status: 'unknown' });
  });

  it('lets no organization and no error act on the terminal', async () => {
    await writeHistory(ground.database.pool, {
      runs: [{ day: '2025-01-01', organization: 'ac\u202eme\u001b[2J', state: 'failed', error: 'no \u009b2J\nluck' }],
      artifacts: [],
    });
    const { out } = await ground.run(['status'], { FORCE_COLOR: '0', CATALOG_URL: undefined }, { columns: 160 });
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(out).toContain('ac\\u202eme\\u001b[2J');
    const json = await ground.run(['status', '--json'], { CATALOG_URL: undefined });
    expect(json.out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe.each(QUEUES)('status with schedules in $queue', ({ queue, available }) => {
  const ground = useCommands(LISTS, { queue });

  it.skipIf(!available)('says when they fire next, as the queue has it', async () => {
    const worker = ground.start(['worker']);
    await worker.said(/schedules: .*2 added|2 added/);
    worker.signal('SIGTERM');
    await worker.ended;
    const status = (await ground.run(['status', '--json'])).json() as Told;
    expect(status.listings.map(({ nextFire }) => nextFire?.from)).toEqual(['queue', 'queue']);
    const { out } = await ground.run(['status'], PLAIN, { columns: 160 });
    expect(out).toContain(`queue      in ${queue}, 2 schedules; next acme, in `);
  });
});
