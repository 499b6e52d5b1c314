import { createHmac } from 'node:crypto';
import type { Credentials } from './client.ts';

/**
 * The name under which all that use the same token at the same catalog share their pace. The token is the key of a keyed
 * digest over the address: whoever reads the name cannot get the token back from it, nor see that two catalogs are asked
 * with the same one.
 *
 * @param url the catalog's base address
 * @param credentials null for a catalog that is asked without any
 */
export function paceKey(url: URL, credentials: Credentials | null): string {
  const [scheme, secret] =
    credentials === null
      ? ['none', '']
      : 'token' in credentials
        ? ['bearer', credentials.token]
        : ['api-key', credentials.apiKey];
  return createHmac('sha256', secret)
    .update(JSON.stringify(['pace', scheme, url.href]))
    .digest('hex')
    .slice(0, 32);
}
