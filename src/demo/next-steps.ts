import type { DemoNextStep } from './summary.ts';

/** What the demo's last screen tells its reader to try. Every command exists and can be typed as it stands. */
export const DEMO_NEXT_STEPS: readonly DemoNextStep[] = [
  { command: 'npx catalog-mirror psql', purpose: 'ask the views of schema report, in SQL' },
  { command: 'npx catalog-mirror report models', purpose: 'a view as a table: the most downloaded models' },
  { command: 'npx catalog-mirror runs list', purpose: 'every run, how it ended and what it found' },
  {
    command: 'CATALOG_URL=… CATALOG_TOKEN=… CATALOG_ORGANIZATIONS=… npx catalog-mirror sync',
    purpose: 'mirror your own catalog: its address, your token, and the organizations, separated by commas',
  },
];
