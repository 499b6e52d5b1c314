import type { LetterOutbox } from '../../letters/types.ts';
import { createMirror } from '../../mirror/mirror-organization.ts';
import type { MirrorOrganization } from '../../mirror/types.ts';
import { openQueueBackend, type QueueBackend, type QueueLocation } from '../../queue/backend.ts';
import { openPaces } from '../../queue/pace/paces.ts';
import type { OrganizationSettings } from '../../settings/organizations.ts';
import { bindCatalog } from '../../store/catalog-address.ts';
import { createLetterOutbox } from '../../store/dead-letters/letter-outbox.ts';
import { visible } from '../../terminal/safe-text.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';
import { createClientPool } from './clients.ts';
import { type OpenDatabase, openDatabase } from './database.ts';

/** Everything that `sync` and `worker` need: database, queue, catalog, and the function that mirrors. */
export interface OpenMirror {
  readonly database: OpenDatabase;
  readonly backend: QueueBackend;
  readonly mirror: MirrorOrganization;
  readonly outbox: LetterOutbox;
  close(): Promise<void>;
}

/**
 * Opens the mirror that the settings describe.
 *
 * @throws UsageError where no catalog or no organization is configured, or the database mirrors another catalog
 */
export async function openMirror(context: Context): Promise<OpenMirror> {
  const { settings, clock } = context;
  const url = requireCatalog(context);
  requireOrganizations(context);
  // One to stage with, and one for what is applied meanwhile.
  const database = await openDatabase(context, 2 * settings.mirror.organizationConcurrency);
  const location = queueLocation(context, database);
  const paces = openPaces(location, { log: (line) => context.say(visible(line)), clock });
  const clients = createClientPool(context, url, paces);
  const close = async (): Promise<void> => {
    await clients.close();
    await paces.close();
    await database.close();
  };
  try {
    const bound = await bindCatalog(database.pool, url.href, clock.now());
    if (bound !== url.href) throw anotherCatalog(bound, url.href);
    const backend = await openQueueBackend(location, { log: (line) => context.say(visible(line)), clock });
    return {
      database,
      backend,
      mirror: createMirror({
        pool: database.pool,
        clock,
        organizations: settings.organizations,
        catalogUrl: url.href,
        clientFor: (organization) => clients.clientFor(settings.forOrganization(organization)),
        ...settings.mirror,
      }),
      outbox: createLetterOutbox(database.pool),
      async close() {
        await backend.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The catalog's address, or a sentence that says how to set it. */
export function requireCatalog({ settings }: Context): URL {
  if (settings.catalog.url !== null) return settings.catalog.url;
  throw new UsageError(
    'No catalog is configured.',
    'Set CATALOG_URL to its address, CATALOG_TOKEN to your token and CATALOG_ORGANIZATIONS to the slugs to mirror; ' +
      'or run `catalog-mirror demo` to see a recorded month.',
  );
}

/** The organizations to mirror, or a sentence that says how to set them. */
export function requireOrganizations({ settings: { organizations } }: Context): readonly OrganizationSettings[] {
  if (organizations.length > 0) return organizations;
  throw new UsageError(
    'No organization is configured, so there is nothing to mirror.',
    'Set CATALOG_ORGANIZATIONS to the slugs to mirror, separated by commas: CATALOG_ORGANIZATIONS=acme,umbrella',
  );
}

/** The queue: on Redis where REDIS_URL is set, else in a schema of its own in the mirror's database. */
export function openQueue(context: Context, database: OpenDatabase): Promise<QueueBackend> {
  return openQueueBackend(queueLocation(context, database), {
    log: (line) => context.say(visible(line)),
    clock: context.clock,
  });
}

function queueLocation({ settings }: Context, database: OpenDatabase): QueueLocation {
  return settings.redisUrl === null
    ? { store: 'postgres', databaseUrl: database.connectionString }
    : { store: 'redis', redisUrl: settings.redisUrl.reveal() };
}

function anotherCatalog(bound: string, url: string): UsageError {
  return new UsageError(
    `This database mirrors another catalog: ${bound}, and CATALOG_URL names ${url}.`,
    'Use another database for the other catalog; or, where it is the same catalog at a new address, run ' +
      '`catalog-mirror doctor --accept-catalog` once.',
  );
}
