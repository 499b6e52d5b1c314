/**
 * Fetch and JSON.parse alone, 8 at once, and nothing kept: `URL ORGANIZATION PAGES PAGE_SIZE`. Says how many milliseconds
 * that took, its own start not counted, and how many items there were.
 */
import pLimit from 'p-limit';
import { Agent } from 'undici';

const SIDE_BY_SIDE = 8;
const [url = '', organization = '', pages = '', pageSize = ''] = process.argv.slice(2);
const agent = new Agent();
const limit = pLimit(SIDE_BY_SIDE);
let items = 0;
const begunAt = performance.now();
await Promise.all(
  Array.from({ length: Number(pages) }, (_, at) =>
    limit(async () => {
      const path = `/api/v1/org/${organization}/models?page=${at + 1}&limit=${pageSize}`;
      const { body } = await agent.request({ origin: url, path, method: 'GET' });
      const { models } = JSON.parse(await body.text()) as { models: unknown[] };
      items += models.length;
    }),
  ),
);
const ms = performance.now() - begunAt;
await agent.destroy();
process.stdout.write(JSON.stringify({ ms, items }));
