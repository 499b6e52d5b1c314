import type pg from 'pg';
import { createCatalogClient } from '../../src/catalog/client.ts';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import { createMirror } from '../../src/mirror/mirror-organization.ts';
import type { MirrorOrganization, RunSummary } from '../../src/mirror/types.ts';
import { bindCatalog } from '../../src/store/catalog-address.ts';
import { LOADS_FROM } from '../../src/store/staging.ts';
import { artifact, artifactId, artifacts, mirrored } from '../mirror/harness.ts';
import { FakeClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

export const PAGE_SIZE = 8;

/** Which night of a mirror is looked at, and what it meets. */
export interface Night {
  readonly name: string;
  readonly moment: Date;
  /** Default PAGE_SIZE. */
  readonly pageSize?: number;
  /** Everything before it: quiet nights, and what changed in the catalog since. */
  prepare(catalog: FakeCatalog, quietNight: (day: string) => Promise<RunSummary>): Promise<void>;
}

/** A page of each kind of trouble: all arrive at once, one of them in a record that breaks the contract. */
export const FIRST_NIGHT: Night = {
  name: 'the first night',
  moment: new Date('2025-01-03T03:00:00Z'),
  async prepare(catalog) {
    for (const item of artifacts(1, 95)) catalog.put('acme', item);
    catalog.update('acme', artifactId(5), { version: null });
  },
};

/** As many as it takes to be applied while they are read. */
export const LONG_FIRST_NIGHT: Night = {
  name: 'a long first night',
  moment: new Date('2025-01-03T03:00:00Z'),
  pageSize: 200,
  async prepare(catalog) {
    catalog.setOrganization('acme', { models: artifacts(1, LOADS_FROM + 700) });
    catalog.update('acme', artifactId(5), { version: null });
  },
};

/** Whatever a night can write: arrivals, counters, changes, both endings, a return, a bad record, one that was mended. */
export const LATER_NIGHT: Night = {
  name: 'a later night',
  moment: new Date('2025-01-03T03:00:00Z'),
  async prepare(catalog, quietNight) {
    await FIRST_NIGHT.prepare(catalog, quietNight);
    await quietNight('2025-01-01');
    catalog.remove('acme', artifactId(60));
    await quietNight('2025-01-02');
    catalog.put('acme', artifact(60));
    for (let n = 10; n <= 30; n++) catalog.update('acme', artifactId(n), { download_count: 10_000 + n });
    catalog.update('acme', artifactId(31), { framework: 'gguf', download_count: 1 });
    catalog.update('acme', artifactId(5), { version: '1.0.0' });
    catalog.update('acme', artifactId(50), { version: null });
    for (const n of [40, 41, 42]) catalog.remove('acme', artifactId(n));
    catalog.put('acme', artifact(140, { name: 'acme/model-40', version: '2.0.0' }));
    for (const item of artifacts(96, 105)) catalog.put('acme', item);
  },
};

/** A catalog as it is in one night, and a database that holds the mirror as it was before it. */
export interface NightGround {
  readonly night: Night;
  readonly catalog: FakeCatalog;
  /** A worker of this process, whose clock shows the moment of the night. */
  worker(pool: pg.Pool): MirrorOrganization;
  /** One last attempt of a job of that worker. */
  attempt(worker: MirrorOrganization, runId?: string | null): ReturnType<MirrorOrganization>;
  /** Sets the clock of its workers to the moment of the night again: one that waited for PostgreSQL moved it. */
  turnClockBack(): void;
  /** The settings of a `sync` that mirrors this night into that database. */
  settings(databaseUrl: string): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @param pool on an empty mirror, which is brought to the evening before the night */
export async function openNight(night: Night, pool: pg.Pool): Promise<NightGround> {
  const catalog = await startFakeCatalog({ organizations: { acme: { models: [] } } });
  const clock = new FakeClock();
  const client = createCatalogClient({ url: catalog.url, version: '0.0.0-test', clock });
  const { pageSize = PAGE_SIZE } = night;
  const catalogUrl = await bindCatalog(pool, `${catalog.url}/api/v1`, night.moment);
  const worker = (own: pg.Pool): MirrorOrganization =>
    createMirror({
      pool: own,
      clock,
      organizations: [mirrored('acme')],
      catalogUrl,
      clientFor: () => client,
      pageSize,
      pageConcurrency: 4,
      maxPasses: 3,
      maxExtraReads: 1,
      maxLooks: 12,
      maxRemoval: 0.2,
      resumeMinutes: 60,
    });
  const attempt: NightGround['attempt'] = (mirror, runId = null) =>
    mirror({
      organization: 'acme',
      kind: 'models',
      trigger: 'manual',
      runId,
      approves: null,
      records: [],
      lastAttempt: true,
      onRunOpened: async () => {},
      signal: new AbortController().signal,
    });
  const quietNight = async (day: string): Promise<RunSummary> => {
    clock.set(`${day}T03:00:00Z`);
    const outcome = await attempt(worker(pool));
    if (outcome.status !== 'closed' || outcome.run.state !== 'certified') {
      throw new Error(`the night of ${day} before the one that is looked at is not certified`);
    }
    return outcome.run;
  };
  await night.prepare(catalog, quietNight);
  clock.set(night.moment);
  return {
    night,
    catalog,
    worker,
    attempt,
    turnClockBack: () => clock.set(night.moment),
    settings: (databaseUrl) => ({
      CATALOG_URL: catalog.url,
      CATALOG_ORGANIZATIONS: 'acme',
      DATABASE_URL: databaseUrl,
      MIRROR_PAGE_SIZE: String(pageSize),
      MIRROR_PAGE_CONCURRENCY: '4',
    }),
    async close() {
      await client.close();
      await catalog.close();
    },
  };
}

/** The evening before the night, in a database of its own that is gone afterwards. */
export async function withNight<T>(
  night: Night,
  use: (ground: NightGround, database: TestDatabase) => Promise<T>,
): Promise<T> {
  const database = await createTestDatabase({ withQueue: true });
  try {
    const ground = await openNight(night, database.pool);
    try {
      return await use(ground, database);
    } finally {
      await ground.close();
    }
  } finally {
    await database.drop();
  }
}
