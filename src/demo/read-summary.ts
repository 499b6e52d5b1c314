import type pg from 'pg';
import { readCoverage } from '../report/read-coverage.ts';
import { readChanges } from './queries/changes.ts';
import { readMovers } from './queries/movers.ts';
import { readOrganizations } from './queries/organizations.ts';
import { readOverview } from './queries/overview.ts';
import { readStates } from './queries/states.ts';
import type { DemoSummary } from './summary.ts';

const MOVERS = 6;
const CHANGES_OF_EACH = 3;

/**
 * What a played month looks like in the mirror, from the views of schema report alone. At least one run must be over.
 */
export async function readDemoSummary(
  db: pg.Pool | pg.PoolClient,
): Promise<Omit<DemoSummary, 'elapsedMs' | 'unrecordedDays' | 'nextSteps'>> {
  const { firstDay, lastDay, nights, coveredDays, ...artifacts } = await readOverview(db);
  const { counts, most } = await readChanges(db, CHANGES_OF_EACH);
  const { uncovered } = await readCoverage(db, {});
  const organizations = await readOrganizations(db, { firstDay, lastDay });
  return {
    firstDay,
    lastDay,
    nights,
    runs: await readStates(db),
    artifacts: { ...artifacts, ...counts },
    downloads: {
      counted: sum(organizations, ({ downloads }) => downloads ?? 0),
      resets: sum(organizations, ({ resets }) => resets),
    },
    coveredDays,
    uncoveredDays: [...new Set(uncovered.map(({ day }) => day))],
    uncovered,
    organizations,
    movers: await readMovers(db, lastDay, MOVERS),
    changes: most,
  };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
