import { createColours } from '../../src/terminal/colours.ts';
import { type Column, renderTable } from '../../src/terminal/table.ts';
import type { Quiet, Refusal } from './quiet.ts';
import type { Steady } from './steady.ts';

/** What was measured on one queue. */
export interface Measured {
  readonly queue: string;
  readonly quiet: Quiet;
  readonly shared: Steady;
  /** rate-limiter-flexible at the same limit, with the same processes. */
  readonly flexible: Steady;
}

const right = { align: 'right' } as const;
const table = { width: Number.POSITIVE_INFINITY, colours: createColours(false) };
const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(3);

interface SteadyRow extends Steady {
  readonly queue: string;
  readonly by: string;
}

const STEADY: readonly Column<SteadyRow>[] = [
  { header: 'queue', value: ({ queue }) => queue },
  { header: 'pace', value: ({ by }) => by },
  { header: 'requests/s', value: ({ mean }) => mean.toFixed(1), ...right },
  { header: 'worst second', value: ({ most }) => String(most), ...right },
  { header: 'least share', value: ({ leastShare }) => `${Math.round(100 * leastShare)} %`, ...right },
];

interface RefusalRow extends Refusal {
  readonly queue: string;
}

const REFUSALS: readonly Column<RefusalRow>[] = [
  { header: 'queue', value: ({ queue }) => queue },
  { header: 'Retry-After', value: ({ header }) => header },
  { header: 'asked (s)', value: ({ asked }) => seconds(asked), ...right },
  { header: 'waited', value: ({ own }) => seconds(own), ...right },
  { header: 'same token', value: ({ other }) => seconds(other), ...right },
  { header: 'other token', value: ({ free }) => `${free} requests`, ...right },
];

/** The measurements as tables. */
export function renderMeasured(all: readonly Measured[], perSecond: number): string {
  const steady = all.flatMap(({ queue, shared, flexible }) => [
    { queue, by: 'catalog-mirror', ...shared },
    { queue, by: 'rate-limiter-flexible', ...flexible },
  ]);
  const refusals = all.flatMap(({ queue, quiet }) => quiet.refusals.map((refusal) => ({ queue, ...refusal })));
  const costs = all.map(
    ({ queue, quiet: { attempts, retries, states } }) =>
      `${queue}: attempts of the jobs ${attempts.join(', ')}; requests repeated ${retries.join(', ')}; runs ${states.join(', ')}\n`,
  );
  return (
    `A limit of ${perSecond} requests a second\n\n${renderTable(steady, STEADY, table)}\n` +
    `A 429 with Retry-After, in seconds until the next request\n\n${renderTable(refusals, REFUSALS, table)}\n${costs.join('')}`
  );
}
