import type { DemoNextStep } from './summary.ts';

/** What the demo's last screen tells its reader to try. Every command exists and can be typed as it stands. */
export const DEMO_NEXT_STEPS: readonly DemoNextStep[] = [
  { command: 'npx catalog-mirror report movers', purpose: 'any view as a table' },
  { command: 'npx catalog-mirror export movers > movers.csv', purpose: 'any view as CSV or Parquet' },
  { command: 'npx catalog-mirror psql', purpose: 'all views, in SQL' },
  {
    command: 'CATALOG_URL=… CATALOG_TOKEN=… CATALOG_ORGANIZATIONS=… npx catalog-mirror sync',
    purpose: 'mirror your own catalog: its address, your token, its organizations',
  },
];
