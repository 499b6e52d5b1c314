import type { BuiltProgram } from '../../../test/support/built-program.ts';
import { atMost, type Goal } from '../goals.ts';
import { organizationName, type Shape } from '../pages.ts';
import { inDatabase, startCatalog } from '../servers.ts';
import { createMirror } from '../sync.ts';
import { measureWritten } from '../written.ts';

/** So many times as large a catalog beside the usual one. */
const LARGER = 5;

interface Size {
  /** An unchanged night less what a `sync` takes that has nothing to do. */
  readonly unchangedMs: number;
  readonly peakRssMb: number;
}

export interface SizesRound {
  readonly usual: Size;
  readonly larger: Size;
}

/** Memory and time at two sizes: a first load and an unchanged night each. */
export async function measureSizes(
  program: BuiltProgram,
  adminUrl: string,
  shape: Shape,
  say: (line: string) => void,
): Promise<SizesRound> {
  const measure = (artifacts: number) => measureSize(program, adminUrl, { ...shape, artifacts }, say);
  return { usual: await measure(shape.artifacts), larger: await measure(LARGER * shape.artifacts) };
}

async function measureSize(
  program: BuiltProgram,
  adminUrl: string,
  shape: Shape,
  say: (line: string) => void,
): Promise<Size> {
  say(`${shape.artifacts} artifacts`);
  const catalog = await startCatalog(shape);
  try {
    return await inDatabase(adminUrl, async (database, pool) => {
      const mirror = createMirror(program, database, catalog);
      await mirror.migrate();
      const idleMs = await mirror.idleMs();
      const night = () => measureWritten(pool, () => mirror.sync([organizationName(0)]));
      const { result: first } = await night();
      const { result: unchanged } = await night();
      return { unchangedMs: unchanged.ms - idleMs, peakRssMb: Math.max(first.peakRssMb, unchanged.peakRssMb) };
    });
  } finally {
    await catalog.stop();
  }
}

export function goalsOfSizes(rounds: readonly SizesRound[], { artifacts }: Shape): readonly Goal[] {
  const sizes = `${LARGER * artifacts} artifacts against ${artifacts}`;
  return [
    atMost(
      rounds,
      `memory: peak RSS at ${sizes}`,
      [1.2, 'times'],
      ({ usual, larger }) => larger.peakRssMb / usual.peakRssMb,
    ),
    atMost(rounds, `memory: peak RSS at ${LARGER * artifacts}`, [250, 'MB'], ({ larger }) => larger.peakRssMb),
    atMost(rounds, `growth: unchanged night at ${sizes}`, [5.3, 'times'], ({ usual, larger }) => {
      return larger.unchangedMs / usual.unchangedMs;
    }),
  ];
}
