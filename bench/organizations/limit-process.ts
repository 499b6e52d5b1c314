/**
 * Reads pages of a catalog as fast as it can and keeps nothing: `URL SIDE_BY_SIDE`, and the pages as one line of JSON on
 * stdin. Says how many milliseconds it took.
 */
import pLimit from 'p-limit';
import { z } from 'zod';
import { createCatalogClient } from '../../src/catalog/client.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import { createPageReader } from '../../src/catalog/page-reader.ts';
import { createSystemClock } from '../../src/clock.ts';

const pages = z.array(z.object({ organization: z.string(), page: z.int(), limit: z.int() }));

const [url = '', sideBySide = ''] = process.argv.slice(2);
const clock = createSystemClock();
const client = createCatalogClient({ url, version: 'bench', clock });
// With its retries, as the mirror reads: a server may close a connection at the moment it is used again.
const readPage = createPageReader(client, MODELS, { clock });
const limit = pLimit(Number(sideBySide));
process.stdin.setEncoding('utf8');
const asked = pages.parse(JSON.parse((await process.stdin.toArray()).join('')));
const begunAt = performance.now();
await Promise.all(
  asked.map((page) => limit(() => readPage({ ...page, sortBy: 'created_at', sortDir: 'asc', includePublic: false }))),
);
process.stdout.write(`${performance.now() - begunAt}\n`);
await client.close();
