import type { BuiltProgram } from '../../../test/support/built-program.ts';
import { organizationName, type Shape } from '../pages.ts';
import { type CopyLimit, copyLimit, drizzleNight, parseAlone } from '../peers.ts';
import { type BenchCatalog, inDatabase, startCatalog } from '../servers.ts';
import { createMirror } from '../sync.ts';
import { measureWritten, type Written } from '../written.ts';

/** The three nights that every tool is measured by. */
export const NIGHTS = ['first', 'unchanged', 'changed'] as const;
export type NightName = (typeof NIGHTS)[number];

/** So many of all counters move in the night `changed`. */
export const CHANGED_SHARE = 0.05;

export interface Night {
  /** The whole process. */
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakRssMb: number;
  readonly written: Written;
}

export type Nights = Readonly<Record<NightName, Night>>;

/** One run over all: the mirror, its peers and the limits side by side, on one catalog and one server. */
export interface NightsRound {
  /** A `sync` with nothing to do, in milliseconds. */
  readonly idleMs: number;
  readonly mirror: Nights;
  readonly drizzle: Nights;
  readonly parseMs: number;
  readonly limit: CopyLimit;
}

/** Measures one round, each tool in a database of its own. */
export async function measureNights(
  program: BuiltProgram,
  adminUrl: string,
  shape: Shape,
  say: (line: string) => void,
): Promise<NightsRound> {
  const catalog = await startCatalog(shape);
  try {
    say('fetch and parse alone');
    const parsed = await parseAlone(shape, catalog);
    say('COPY and history alone');
    const limit = await inDatabase(adminUrl, (_, pool) => copyLimit(shape, pool));
    const { idleMs, nights } = await measureMirror(program, adminUrl, catalog, say);
    say('page-by-page Drizzle');
    const drizzle = await inDatabase(adminUrl, (database, pool) =>
      threeNights(catalog, (night) =>
        measureWritten(pool, () => drizzleNight(shape, catalog, database, DAYS[night])).then(asNight),
      ),
    );
    return { idleMs, mirror: nights, drizzle, parseMs: parsed.ms, limit };
  } finally {
    await catalog.stop();
  }
}

const DAYS: Readonly<Record<NightName, string>> = {
  first: '2025-01-01',
  unchanged: '2025-01-02',
  changed: '2025-01-03',
};

/** The mirror alone: what it takes for nothing, and for the nights. */
async function measureMirror(
  program: BuiltProgram,
  adminUrl: string,
  catalog: BenchCatalog,
  say: (line: string) => void,
): Promise<{ readonly idleMs: number; readonly nights: Nights }> {
  say('catalog-mirror');
  return inDatabase(adminUrl, async (database, pool) => {
    const mirror = createMirror(program, database, catalog);
    await mirror.migrate();
    const idleMs = await mirror.idleMs();
    const nights = await threeNights(catalog, () =>
      measureWritten(pool, () => mirror.sync([organizationName(0)])).then(asNight),
    );
    return { idleMs, nights };
  });
}

async function threeNights(catalog: BenchCatalog, measure: (night: NightName) => Promise<Night>): Promise<Nights> {
  const first = await measure('first');
  await catalog.passNight(0);
  const unchanged = await measure('unchanged');
  await catalog.passNight(CHANGED_SHARE);
  const changed = await measure('changed');
  return { first, unchanged, changed };
}

function asNight({
  result,
  written,
}: {
  readonly result: { readonly ms: number; readonly cpuMs: number; readonly peakRssMb: number };
  readonly written: Written;
}): Night {
  return { ms: result.ms, cpuMs: result.cpuMs, peakRssMb: result.peakRssMb, written };
}
