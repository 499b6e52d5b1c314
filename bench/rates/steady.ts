import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFakeCatalog } from '../../src/fake/server.ts';
import { packageRoot } from '../../src/package-root.ts';
import { mostInASecond } from '../../test/support/moments.ts';
import { listsOf, organizationNames } from '../organizations/lists.ts';
import { startChild } from '../parts/child.ts';
import type { Reading } from './reading.ts';

const ENTRY = fileURLToPath(new URL('./reader-process.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;
/** How long all of them have read before what they do counts. */
const UNDER_WAY_MS = 2_000;

export interface SteadyOptions extends Pick<Reading, 'by' | 'perSecond' | 'location'> {
  readonly processes: number;
  readonly seconds: number;
}

/** What processes did together that keep one limit. */
export interface Steady {
  /** Requests in a second, over the whole time. */
  readonly mean: number;
  /** The most requests that arrived in one second, wherever it is cut. */
  readonly most: number;
  /** The least that one process read, as a part of what it would have if all were equal. */
  readonly leastShare: number;
}

/**
 * Has processes read as fast as the limit lets them, and counts what arrives at the catalog.
 *
 * @throws Error where a process ends by itself or has not begun in time
 */
export async function measureSteady({ processes, seconds, ...reading }: SteadyOptions): Promise<Steady> {
  const names = organizationNames(processes);
  const arrivals: { readonly organization: string; readonly at: number }[] = [];
  let begin = () => {};
  const haveBegun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const silent = new Set(names);
  const catalog = await startFakeCatalog({ organizations: listsOf(processes, 1), token: 'token' });
  catalog.script(({ organization }) => {
    arrivals.push({ organization: organization ?? '', at: performance.now() });
    silent.delete(organization ?? '');
    if (silent.size === 0) begin();
    return undefined;
  });
  const children = names.map((organization) =>
    startChild(['--import', 'tsx', ENTRY], {
      cwd: packageRoot(),
      input: JSON.stringify({ ...reading, url: catalog.url, organization } satisfies Reading),
    }),
  );
  try {
    await Promise.race([
      haveBegun,
      ...children.map((child) => child.ended),
      setTimeout(READY_WITHIN_MS, undefined, { ref: false }),
    ]);
    if (silent.size > 0) throw new Error(`not all have begun: ${children.flatMap(({ lines }) => lines).join('\n')}`);
    await setTimeout(UNDER_WAY_MS);
    const from = performance.now();
    await setTimeout(seconds * 1_000);
    const counted = arrivals.filter(({ at }) => at >= from);
    const shares = names.map((name) => counted.filter(({ organization }) => organization === name).length);
    return {
      mean: counted.length / seconds,
      most: mostInASecond(counted.map(({ at }) => at)),
      leastShare: (Math.min(...shares) * processes) / counted.length,
    };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await catalog.close();
  }
}
