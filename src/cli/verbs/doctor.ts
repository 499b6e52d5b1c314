import { kindByName } from '../../catalog/kinds.ts';
import { acceptCatalog } from '../../store/catalog-address.ts';
import { countOf } from '../../terminal/format.ts';
import { renderTable } from '../../terminal/table.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createClientPool } from '../parts/clients.ts';
import { type OpenDatabase, openDatabase } from '../parts/database.ts';
import { openQueue, requireCatalog } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';

interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `doctor`: looks at every part that a mirror needs and says of each whether it can be used, and why not. */
export async function doctor(context: Context, options: { readonly acceptCatalog: boolean }): Promise<ExitCode> {
  if (options.acceptCatalog) requireCatalog(context);
  const findings: Finding[] = [];
  const look = async (part: string, check: () => Promise<string>): Promise<void> => {
    try {
      findings.push({ part, ok: true, detail: await check() });
    } catch (error) {
      findings.push({ part, ok: false, detail: error instanceof Error ? error.message : String(error) });
    }
  };
  let database: OpenDatabase | null = null;
  try {
    await look('database', async () => {
      database = await openDatabase(context);
      const { rows } = await database.pool.query<{ version: string }>(
        "SELECT current_setting('server_version') AS version",
      );
      return `PostgreSQL ${rows[0]?.version ?? '?'}, schema up to date`;
    });
    await look('queue', async () => {
      if (database === null) throw new Error('not looked at: it needs the database');
      const backend = await openQueue(context, database);
      await backend.close();
      return `answers on ${backend.store}`;
    });
    await look('catalog address', () => checkAddress(context, database, options.acceptCatalog));
    await checkOrganizations(context, look);
  } finally {
    await (database as OpenDatabase | null)?.close();
  }
  return report(context, findings);
}

async function checkAddress(context: Context, database: OpenDatabase | null, accept: boolean): Promise<string> {
  const { url } = context.settings.catalog;
  if (url === null) return 'none is configured: only the demo can run';
  if (database === null) throw new Error('not looked at: it needs the database');
  if (accept) {
    await acceptCatalog(database.pool, url.href, context.clock.now());
    return `this database mirrors ${url.href} from now on`;
  }
  const { rows } = await database.pool.query<{ url: string }>('SELECT url FROM mirror.catalog');
  const bound = rows[0]?.url;
  if (bound !== undefined && bound !== url.href) {
    throw new Error(`this database mirrors ${bound}; doctor --accept-catalog makes it ${url.href}`);
  }
  return bound === undefined ? `${url.href}, nothing mirrored yet` : bound;
}

/** One small request for each organization and kind: whether the address, the token and the slug are right. */
async function checkOrganizations(
  context: Context,
  look: (part: string, check: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const { url } = context.settings.catalog;
  if (url === null) return;
  const clients = createClientPool(context, url);
  try {
    for (const organization of context.settings.organizations) {
      for (const name of organization.kinds) {
        await look(`${name} of ${organization.organization}`, async () => {
          const kind = kindByName(name);
          if (kind === undefined) throw new Error(`there is no kind ${name}`);
          const page = await clients.clientFor(organization).readPage(
            kind,
            {
              organization: organization.organization,
              sortBy: 'created_at',
              sortDir: 'asc',
              page: 1,
              limit: 1,
              includePublic: organization.includePublic,
            },
            { signal: context.signal },
          );
          return countOf(page.total, 'item');
        });
      }
    }
  } finally {
    await clients.close();
  }
}

function report(context: Context, findings: readonly Finding[]): ExitCode {
  const isWell = findings.every(({ ok }) => ok);
  if (context.output.json) context.printJson({ ok: isWell, findings });
  else {
    context.print(
      renderTable(
        findings,
        [
          { header: 'part', value: ({ part }) => part },
          {
            header: '',
            value: ({ ok }) => (ok ? 'ok' : 'not ok'),
            mayCut: false,
            style: ({ ok }, colours) => (ok ? colours.good : colours.bad),
          },
          { header: 'detail', value: ({ detail }) => detail },
        ],
        { width: Number.POSITIVE_INFINITY, colours: context.colours },
      ),
    );
  }
  return isWell ? EXIT.ok : EXIT.failure;
}
