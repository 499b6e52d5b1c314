/**
 * A fake catalog in a process of its own: `ORGANIZATIONS ARTIFACTS`. Says its address in its first line, and at
 * `/bench/requests` which pages it was asked for.
 */
import { once } from 'node:events';
import { jsonAnswer } from '../../src/fake/misbehaviour.ts';
import { startFakeCatalog } from '../../src/fake/server.ts';
import { listsOf } from './lists.ts';

const [organizations = '', artifacts = ''] = process.argv.slice(2);
const catalog = await startFakeCatalog({
  organizations: listsOf(Number(organizations), Number(artifacts)),
  control: ({ path }) => {
    if (path !== '/bench/requests') return undefined;
    return jsonAnswer(200, {
      requests: catalog.requests.map(({ organization, query: { page = '', limit = '' } }) => ({
        organization: organization ?? '',
        page: Number(page),
        limit: Number(limit),
      })),
    });
  },
});
process.stdout.write(`${catalog.url}\n`);
await once(process, 'SIGTERM');
await catalog.close();
