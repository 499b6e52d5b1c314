import { Failure } from '../../catalog/failure.ts';
import { kindByName } from '../../catalog/kinds.ts';
import type { Settings } from '../../settings/settings.ts';
import { acceptCatalog, readBoundCatalog } from '../../store/catalog-address.ts';
import { countOf } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { displayWidth, padToWidth, wrapToWidth } from '../../terminal/width.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createClientPool } from '../parts/clients.ts';
import { type OpenDatabase, openDatabase } from '../parts/database.ts';
import { openQueue, requireCatalog } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';

interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do where it is not well; null where that is said already. */
  readonly hint: string | null;
}

/** `doctor`: looks at every part that a mirror needs and says of each whether it can be used, and why not. */
export async function doctor(context: Context, options: { readonly acceptCatalog: boolean }): Promise<ExitCode> {
  if (options.acceptCatalog) requireCatalog(context);
  const findings: Finding[] = [];
  const look = async (part: string, check: () => Promise<string>): Promise<void> => {
    try {
      findings.push({ part, ok: true, detail: await check(), hint: null });
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      const detail = error instanceof Error ? error.message : String(error);
      findings.push({ part, ok: false, detail, hint: error instanceof Failure ? error.hint : null });
    }
  };
  let database: OpenDatabase | null = null;
  try {
    await look('database', async () => {
      database = await openDatabase(context);
      const { rows } = await database.pool.query<{ version: string }>(
        "SELECT current_setting('server_version') AS version",
      );
      const { readerRole } = database.migration;
      const readers =
        readerRole.status === 'ready'
          ? ''
          : `; catalog_reader could not be set up (${readerRole.reason}): \`catalog-mirror migrate\` says what a DBA can run`;
      return `PostgreSQL ${rows[0]?.version ?? '?'}, schema up to date${readers}`;
    });
    await look('queue', async () => {
      if (database === null) throw new Error('not looked at: it needs the database');
      const backend = await openQueue(context, database);
      await backend.close();
      return `answers on ${backend.store}`;
    });
    findings.push({ part: 'secrets', ok: true, detail: whichAreSet(context.settings.secrets), hint: null });
    await look('catalog address', () => checkAddress(context, database, options.acceptCatalog));
    await checkOrganizations(context, look);
  } finally {
    await (database as OpenDatabase | null)?.close();
  }
  return report(context, findings);
}

/** Secrets are never shown: only whether they are there (design section 6). */
function whichAreSet(secrets: Settings['secrets']): string {
  const names = (wanted: boolean): string =>
    secrets
      .filter(({ isSet }) => isSet === wanted)
      .map(({ name }) => name)
      .join(', ') || 'none';
  return `set: ${names(true)}; not set: ${names(false)}`;
}

async function checkAddress(context: Context, database: OpenDatabase | null, accept: boolean): Promise<string> {
  const { url } = context.settings.catalog;
  if (url === null) return 'none is configured: only the demo can run';
  if (database === null) throw new Error('not looked at: it needs the database');
  if (accept) {
    await acceptCatalog(database.pool, url.href, context.clock.now());
    return `this database mirrors ${url.href} from now on`;
  }
  const bound = await readBoundCatalog(database.pool);
  if (bound !== null && bound !== url.href) {
    throw new Error(`this database mirrors ${bound}; \`catalog-mirror doctor --accept-catalog\` makes it ${url.href}`);
  }
  return bound === null ? `${url.href}, nothing mirrored yet` : bound;
}

/** One small request for each organization and kind: whether the address, the token and the slug are right. */
async function checkOrganizations(
  context: Context,
  look: (part: string, check: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const { url } = context.settings.catalog;
  if (url === null) return;
  if (context.settings.organizations.length === 0) {
    await look('organizations', () => {
      throw new Error('none is configured: set CATALOG_ORGANIZATIONS to the slugs to mirror, separated by commas');
    });
  }
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
  else context.print(renderFindings(context, findings));
  return isWell ? EXIT.ok : EXIT.failure;
}

/** One line for each part, and below it what to do where it is not well. */
function renderFindings({ output, colours }: Context, findings: readonly Finding[]): string {
  const partWidth = Math.max(...findings.map(({ part }) => displayWidth(visible(part)))) + 2;
  const margin = ' '.repeat(partWidth + 8);
  const wrapped = (text: string): string[] => wrapToWidth(visible(text), output.stdout.columns - margin.length);
  return findings
    .map(({ part, ok, detail, hint }) => {
      const state = ok ? colours.good('ok') : colours.bad('not ok');
      const lead = `${padToWidth(visible(part), partWidth)}${state}${' '.repeat(ok ? 6 : 2)}`;
      const lines = [
        ...wrapped(detail),
        ...(hint === null ? [] : wrapped(`→ ${hint}`).map((line) => line.replace('→', colours.accent('→')))),
      ];
      return lines.map((line, index) => `${index === 0 ? lead : margin}${line}\n`).join('');
    })
    .join('');
}
