import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { packageRoot } from '../../src/package-root.ts';
import { startChild } from '../parts/child.ts';

/** How many pages one process reads at a time: more than any worker does. */
const SIDE_BY_SIDE = 16;
const WITHIN_MS = 600_000;
const ENTRY = fileURLToPath(new URL('./limit-process.ts', import.meta.url));

const answer = z.object({
  requests: z.array(z.object({ organization: z.string(), page: z.int(), limit: z.int() })),
});

/** A page that was asked for. */
export type AskedPage = z.output<typeof answer>['requests'][number];

/** The pages that the catalog was asked for so far. */
export async function askedPages(catalogUrl: string): Promise<readonly AskedPage[]> {
  const response = await fetch(`${catalogUrl}/bench/requests`);
  return answer.parse(await response.json()).requests;
}

/**
 * Has processes read these pages once more, as fast as the catalog gives them and this machine parses them, and keep
 * nothing: what no mirror on the same machine can surpass.
 *
 * @returns how long the slowest process took, in milliseconds
 */
export async function measureLimit(
  catalogUrl: string,
  pages: readonly AskedPage[],
  processes: number,
): Promise<number> {
  const children = Array.from({ length: processes }, (_, at) =>
    startChild(['--import', 'tsx', ENTRY, catalogUrl, String(SIDE_BY_SIDE)], {
      cwd: packageRoot(),
      input: JSON.stringify(pages.filter((_page, index) => index % processes === at)),
    }),
  );
  try {
    const said = await Promise.all(children.map((child) => child.said(/^[\d.]+$/, WITHIN_MS)));
    return Math.max(...said.map(Number));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}
