import type { BuiltProgram } from '../../../test/support/built-program.ts';
import { type Goal, told } from '../goals.ts';
import { organizationName } from '../pages.ts';
import { inDatabase, startCatalog } from '../servers.ts';
import { createMirror } from '../sync.ts';
import { measureWritten } from '../written.ts';

const ARTIFACTS_OF_EACH = 10;

/** What one organization costs, in milliseconds: of the clock, and of the sync's own processor time. */
interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

export interface OrganizationsRound {
  readonly first: Cost;
  readonly unchanged: Cost;
  readonly peakRssMb: number;
}

/** Many organizations with few artifacts each, in one `sync`. */
export async function measureOrganizations(
  program: BuiltProgram,
  adminUrl: string,
  organizations: number,
): Promise<OrganizationsRound> {
  const catalog = await startCatalog({ organizations, artifacts: ARTIFACTS_OF_EACH, pageSize: 200 });
  try {
    return await inDatabase(adminUrl, async (database, pool) => {
      const mirror = createMirror(program, database, catalog);
      await mirror.migrate();
      const idleMs = await mirror.idleMs();
      const names = Array.from({ length: organizations }, (_, number) => organizationName(number));
      const night = async () => (await measureWritten(pool, () => mirror.sync(names))).result;
      const [first, unchanged] = [await night(), await night()];
      const costOf = ({ ms, cpuMs }: Cost): Cost => ({
        ms: (ms - idleMs) / organizations,
        cpuMs: cpuMs / organizations,
      });
      return {
        first: costOf(first),
        unchanged: costOf(unchanged),
        peakRssMb: Math.max(first.peakRssMb, unchanged.peakRssMb),
      };
    });
  } finally {
    await catalog.stop();
  }
}

export function goalsOfOrganizations(rounds: readonly OrganizationsRound[], organizations: number): readonly Goal[] {
  const what = `each of ${organizations} organizations of ${ARTIFACTS_OF_EACH}:`;
  return [
    told(rounds, `${what} first load`, 'ms', ({ first }) => first.ms),
    told(rounds, `${what} of that the sync's own processor time`, 'ms', ({ first }) => first.cpuMs),
    told(rounds, `${what} unchanged night`, 'ms', ({ unchanged }) => unchanged.ms),
    told(rounds, `${what} of that the sync's own processor time`, 'ms', ({ unchanged }) => unchanged.cpuMs),
    told(rounds, `${what} peak memory`, 'MB', ({ peakRssMb }) => peakRssMb),
  ];
}
