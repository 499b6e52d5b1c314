import { createCatalogClient } from '../../src/catalog/client.ts';
import type { FakeArtifact } from '../../src/fake/listing.ts';
import { type FakeCatalog, startFakeCatalog } from '../../src/fake/server.ts';
import type { MirrorDependencies, MirroredOrganization } from '../../src/mirror/dependencies.ts';
import { createMirror } from '../../src/mirror/mirror-organization.ts';
import type { MirrorOutcome, MirrorRequest, RunSummary } from '../../src/mirror/types.ts';
import { FakeClock } from '../support/clock.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

export interface Harness {
  readonly catalog: FakeCatalog;
  readonly database: TestDatabase;
  readonly clock: FakeClock;
  /** One attempt of one job, with what the test wants otherwise than usual. */
  attempt(organization: string, request?: Partial<MirrorRequest>): Promise<MirrorOutcome>;
  /** Sets the clock to 03:00 UTC of a day and mirrors one organization in one last attempt. */
  night(day: string, organization?: string, request?: Partial<MirrorRequest>): Promise<RunSummary>;
  /** The settings of the next attempts. */
  configure(changes: Partial<MirrorDependencies>): void;
  rows<Row extends Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** A mirror over a fake catalog and a database of its own. The caller closes it. */
export async function openHarness(options: {
  readonly lists: Readonly<Record<string, readonly FakeArtifact[]>>;
  /** Default: every organization of `lists`, without include_public. */
  readonly organizations?: readonly MirroredOrganization[];
  readonly pageSize?: number;
  /** The most items that the catalog puts on a page; default 200. */
  readonly maxLimit?: number;
}): Promise<Harness> {
  const catalog = await startFakeCatalog({
    organizations: Object.fromEntries(Object.entries(options.lists).map(([name, models]) => [name, { models }])),
    ...(options.maxLimit === undefined ? {} : { maxLimit: options.maxLimit }),
  });
  const database = await createTestDatabase();
  const clock = new FakeClock();
  const client = createCatalogClient({ url: catalog.url, version: '0.0.0-test', clock });
  let dependencies: MirrorDependencies = {
    pool: database.pool,
    clock,
    organizations: options.organizations ?? Object.keys(options.lists).map((organization) => mirrored(organization)),
    catalogUrl: `${catalog.url}/api/v1`,
    clientFor: () => client,
    pageSize: options.pageSize ?? 10,
    pageConcurrency: 4,
    maxPasses: 3,
    maxExtraReads: 1,
    maxLooks: 12,
    maxRemoval: 0.2,
    resumeMinutes: 60,
  };
  let mirror = createMirror(dependencies);
  const attempt: Harness['attempt'] = (organization, request = {}) =>
    mirror({
      organization,
      kind: 'models',
      trigger: 'manual',
      runId: null,
      approves: null,
      records: [],
      lastAttempt: true,
      onRunOpened: async () => {},
      signal: new AbortController().signal,
      ...request,
    });
  return {
    catalog,
    database,
    clock,
    attempt,
    async night(day, organization = 'acme', request = {}) {
      clock.set(`${day}T03:00:00Z`);
      const outcome = await attempt(organization, request);
      if (outcome.status !== 'closed') throw new Error(`the run of ${organization} on ${day} is ${outcome.status}`);
      return outcome.run;
    },
    configure(changes) {
      dependencies = { ...dependencies, ...changes };
      mirror = createMirror(dependencies);
    },
    async rows(sql, parameters = []) {
      return (await database.pool.query(sql, parameters)).rows;
    },
    async close() {
      await client.close();
      await catalog.close();
      await database.drop();
    },
  };
}

export function mirrored(organization: string, changes: Partial<MirroredOrganization> = {}): MirroredOrganization {
  return { organization, kinds: ['models'], includePublic: false, timeZone: 'UTC', ...changes };
}

/** The n-th artifact of an organization: ids and creation times rise with n, one second apart. */
export function artifact(n: number, fields: FakeArtifact = {}, organization = 'acme'): FakeArtifact {
  return {
    id: artifactId(n, organization),
    name: `${organization}/model-${n}`,
    version: '1.0.0',
    created_at: new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString(),
    download_count: n * 10,
    ...fields,
  };
}

export function artifactId(n: number, organization = 'acme'): string {
  const prefix = Buffer.from(organization.padEnd(4, '_').slice(0, 4)).toString('hex');
  return `${prefix}-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** Artifacts `from` to `to`, both included. */
export function artifacts(from: number, to: number, organization = 'acme'): FakeArtifact[] {
  return Array.from({ length: to - from + 1 }, (_, index) => artifact(from + index, {}, organization));
}
