import { type CatalogClient, type Credentials, createCatalogClient } from '../../catalog/client.ts';
import { paceKey } from '../../catalog/pace-key.ts';
import { packageVersion } from '../../package-root.ts';
import type { Paces } from '../../queue/pace/paces.ts';
import type { OrganizationSettings } from '../../settings/organizations.ts';
import type { Context } from '../shell.ts';

/** One client for each token, so that a 429 that one organization meets slows all that use the same token. */
export interface ClientPool {
  clientFor(organization: OrganizationSettings): CatalogClient;
  close(): Promise<void>;
}

/**
 * @param url the catalog's base address
 * @param paces shared with other processes; without it each token's pace is this pool's alone
 */
export function createClientPool({ settings, clock }: Context, url: URL, paces?: Paces): ClientPool {
  const clients = new Map<string, CatalogClient>();
  const version = packageVersion();
  return {
    clientFor({ credentials }) {
      const key = JSON.stringify(credentials === null ? null : [credentials.scheme, credentials.secret.reveal()]);
      const known = clients.get(key);
      if (known !== undefined) return known;
      const clientCredentials = toClientCredentials(credentials);
      const client = createCatalogClient({
        url: url.href,
        allowHttp: settings.catalog.allowHttp,
        credentials: clientCredentials,
        version,
        clock,
        timeoutMs: settings.catalog.timeoutMs,
        maxRequestsPerSecond: settings.catalog.maxRequestsPerSecond ?? undefined,
        pace: paces?.paceOf(paceKey(url, clientCredentials)),
      });
      clients.set(key, client);
      return client;
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function toClientCredentials(credentials: OrganizationSettings['credentials']): Credentials | null {
  if (credentials === null) return null;
  const value = credentials.secret.reveal();
  return credentials.scheme === 'bearer' ? { token: value } : { apiKey: value };
}
