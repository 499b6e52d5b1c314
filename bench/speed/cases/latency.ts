import type { BuiltProgram } from '../../../test/support/built-program.ts';
import { atLeast, type Goal } from '../goals.ts';
import { organizationName, type Shape } from '../pages.ts';
import { inDatabase, startCatalog } from '../servers.ts';
import { createMirror } from '../sync.ts';
import { measureWritten } from '../written.ts';

const PAGES = 1_000;
const SIDE_BY_SIDE = 8;

export interface LatencyRound {
  /** What the pages take where nothing else takes any time. */
  readonly boundMs: number;
  /** Less what a `sync` takes that has nothing to do. */
  readonly firstMs: number;
  readonly unchangedMs: number;
}

/** A catalog whose pages take their time. */
export async function measureLatency(
  program: BuiltProgram,
  adminUrl: string,
  { latencyMs, pageSize }: { readonly latencyMs: number; readonly pageSize: number },
): Promise<LatencyRound> {
  const shape: Shape = { organizations: 1, artifacts: PAGES * pageSize, pageSize, latencyMs };
  const catalog = await startCatalog(shape);
  try {
    return await inDatabase(adminUrl, async (database, pool) => {
      const settings = { MIRROR_PAGE_CONCURRENCY: String(SIDE_BY_SIDE), MIRROR_PAGE_SIZE: String(pageSize) };
      const mirror = createMirror(program, database, catalog, settings);
      await mirror.migrate();
      // An empty organization has one page: it takes its time too, and is not what a longer list pays for.
      const idleMs = (await mirror.idleMs()) - latencyMs;
      const night = async () =>
        (await measureWritten(pool, () => mirror.sync([organizationName(0)]))).result.ms - idleMs;
      return { boundMs: (PAGES * latencyMs) / SIDE_BY_SIDE, firstMs: await night(), unchangedMs: await night() };
    });
  } finally {
    await catalog.stop();
  }
}

export function goalsOfLatency(rounds: readonly LatencyRound[], pageSize: number): readonly Goal[] {
  const what = `${PAGES} slow pages of ${pageSize}, ${SIDE_BY_SIDE} at once, against the bound:`;
  return [
    atLeast(rounds, `${what} unchanged night`, 0.95, ({ boundMs, unchangedMs }) => boundMs / unchangedMs),
    atLeast(rounds, `${what} first load`, 0.95, ({ boundMs, firstMs }) => boundMs / firstMs),
  ];
}
