/**
 * A catalog address that cannot be used. Its text never repeats the address: what is wrong with one is often that it
 * holds a password.
 */
export class CatalogAddressError extends Error {
  override readonly name = 'CatalogAddressError';
  /** What is wrong, as a sentence part: `it holds a user name or password`. */
  readonly problem: string;
  /** How to write it instead, as a sentence part. */
  readonly howToWrite: string;

  constructor(problem: string, howToWrite: string) {
    super(`the catalog's address cannot be used: ${problem}; ${howToWrite}`);
    this.problem = problem;
    this.howToWrite = howToWrite;
  }
}

const EXAMPLE = 'write it as in https://catalog.example.com';

/** Whether a URL's host is this machine itself, so that nothing leaves it unencrypted. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

/**
 * Reads the base address of a catalog, with or without `/api/v1` and a slash at the end.
 *
 * @param text the address as a person wrote it
 * @param options.allowHttp whether http is allowed for a host that is not loopback
 * @returns the address that paths of the contract are appended to: it ends in `/api/v1`, without a slash
 * @throws CatalogAddressError saying what is wrong and how to write it, without repeating the text
 */
export function parseCatalogUrl(text: string, options: { readonly allowHttp?: boolean } = {}): URL {
  const trimmed = text.trim();
  if (trimmed === '') throw new CatalogAddressError('it is empty', EXAMPLE);
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    throw new CatalogAddressError('it is not an absolute URL', EXAMPLE);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new CatalogAddressError('it is not an https address', EXAMPLE);
  }
  if (url.username !== '' || url.password !== '') {
    throw new CatalogAddressError(
      'it holds a user name or password',
      'leave them out and set CATALOG_TOKEN or CATALOG_API_KEY instead',
    );
  }
  if (trimmed.includes('?') || trimmed.includes('#')) {
    throw new CatalogAddressError('it has a query (?) or a fragment (#)', 'leave out all from the ? or # on');
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && options.allowHttp !== true) {
    throw new CatalogAddressError(
      'it is http, which would send the token unencrypted',
      'write https://, or set CATALOG_ALLOW_HTTP=true if the network may read it',
    );
  }
  const prefix = url.pathname
    .replace(/\/+$/, '')
    .replace(/\/api\/v1$/, '')
    .replace(/\/+$/, '');
  url.pathname = `${prefix}/api/v1`;
  return url;
}
